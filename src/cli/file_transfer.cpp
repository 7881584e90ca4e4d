#include "cli/file_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/disk.h"
#include "http/client.h"
#include "http/gzip.h"
#include "sql/parser.h"
#include "sql/printer.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using catalog::LogicalType;
using engine::FileTransfer;

base::Error client_error(int number, std::string message) {
  return {base::ErrorKind::InvalidValue, number, "22000", std::move(message), {}};
}

/// The far side of a transfer.
class Stage {
 public:
  virtual ~Stage() = default;
  /// False when a file of that name was there and stays.
  virtual base::Result<bool> put(const std::string& name, const std::string& bytes) = 0;
  virtual base::Result<std::string> get(std::size_t file) = 0;
};

class LocalStage final : public Stage {
 public:
  LocalStage(const FileTransfer& transfer, store::ObjectStore& objects) : transfer_(transfer), objects_(objects) {}

  base::Result<bool> put(const std::string& name, const std::string& bytes) override {
    store::CommitOptions options;
    if (!transfer_.overwrite) options.conditions.if_none_match = "*";
    const auto put = objects_.put(transfer_.bucket, transfer_.prefix + name, bytes, {}, options);
    if (put) return true;
    if (!transfer_.overwrite && put.error().kind == base::ErrorKind::Conflict) return false;
    return base::fail(put.error());
  }
  base::Result<std::string> get(std::size_t file) override {
    return objects_.get(transfer_.bucket, transfer_.prefix + transfer_.files[file].name);
  }

 private:
  const FileTransfer& transfer_;
  store::ObjectStore& objects_;
};

/// By presigned URLs; each upload asks for its own, as the drivers do.
class RemoteStage final : public Stage {
 public:
  RemoteStage(const FileTransfer& transfer, std::string_view statement, engine::StatementSession& session)
      : transfer_(transfer), statement_(statement), session_(session) {}

  base::Result<bool> put(const std::string& name, const std::string& bytes) override {
    TRY(auto statement, sql::parse_statement(statement_));
    auto* node = std::get_if<sql::PutFiles>(&statement.node);
    if (node == nullptr) return base::fail(base::ErrorKind::Internal, "an upload without PUT");
    node->file_uri = "file://" + name;
    TRY(const auto outcome, session_.run(sql::print(statement)));
    if (!outcome.transfer || outcome.transfer->urls.empty())
      return base::fail(base::ErrorKind::Unavailable, "the server names no URL for the upload");
    TRY(const auto response, send("PUT", outcome.transfer->urls[0], bytes));
    return !response.headers.find("x-freshet-skipped");
  }
  base::Result<std::string> get(std::size_t file) override {
    if (file >= transfer_.urls.size())
      return base::fail(base::ErrorKind::Unavailable, "the server names no URL for the download");
    TRY(auto response, send("GET", transfer_.urls[file], {}));
    return std::move(response.body);
  }

 private:
  static base::Result<http::Response> send(std::string method, const std::string& text, std::string body) {
    TRY(const auto url, http::parse_url(text));
    if (url.scheme != "http")
      return base::fail(base::ErrorKind::Unsupported, "https is not supported for files of stages");
    http::Client client({.host = url.host, .port = url.port, .timeout = std::chrono::minutes(5)});
    TRY(auto response,
        client.send({.method = std::move(method), .target = url.target, .headers = {}, .body = std::move(body)}));
    if (response.status >= 300)
      return base::fail(base::ErrorKind::Unavailable,
                        fmt::format("the server did not move the file (HTTP {}): {}", response.status, response.body));
    return response;
  }

  const FileTransfer& transfer_;
  const std::string statement_;
  engine::StatementSession& session_;
};

/// '*' is any text, '?' any character.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t at = 0, star = std::string_view::npos, again = 0, i = 0;
  while (i < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      again = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++again;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

fs::path local_path(const std::string& text) {
  const char* home = std::getenv("HOME");
  return text.starts_with("~/") && home != nullptr ? fs::path(home) / text.substr(2) : fs::path(text);
}

base::Result<std::vector<fs::path>> local_files(const std::string& text) {
  const auto path = local_path(text);
  const auto pattern = path.filename().string();
  std::vector<fs::path> files;
  std::error_code error;
  if (pattern.find_first_of("*?") == std::string::npos) {
    if (fs::is_regular_file(path, error)) files.push_back(path);
  } else {
    for (const auto& entry : fs::directory_iterator(path.has_parent_path() ? path.parent_path() : ".", error))
      if (std::error_code ignored; entry.is_regular_file(ignored) && matches(pattern, entry.path().filename().string()))
        files.push_back(entry.path());
    std::ranges::sort(files);
  }
  if (files.empty()) return base::fail(client_error(253006, "File doesn't exist: " + text));
  return files;
}

/// The upper-case name of a file's compression, by its name and then by its first bytes.
std::string_view compression_of(const FileTransfer& transfer, std::string_view name, std::string_view bytes) {
  struct Known {
    std::string_view name, ending, magic, option;
  };
  static constexpr auto kKnown = std::to_array<Known>({{"GZIP", ".gz", "\x1f\x8b", "gzip"},
                                                       {"BZ2", ".bz2", "BZh", "bz2"},
                                                       {"BROTLI", ".br", "", "brotli"},
                                                       {"ZSTD", ".zst", "\x28\xb5\x2f\xfd", "zstd"},
                                                       {"DEFLATE", ".deflate", "", "deflate"},
                                                       {"RAW_DEFLATE", ".raw_deflate", "", "raw_deflate"},
                                                       {"PARQUET", ".parquet", "PAR1", ""},
                                                       {"ORC", ".orc", "ORC", ""}});
  const bool automatic = transfer.source_compression == "auto_detect";
  for (const auto& known : kKnown)
    if (automatic ? name.ends_with(known.ending) : transfer.source_compression == known.option) return known.name;
  for (const auto& known : kKnown)
    if (automatic && !known.magic.empty() && bytes.starts_with(known.magic)) return known.name;
  return "NONE";
}

engine::Value number(std::uint64_t value) { return engine::Decimal{static_cast<std::int64_t>(value), 0}; }

using Rows = std::vector<std::vector<engine::Value>>;

std::shared_ptr<const engine::ResultSet> table(std::initializer_list<std::string_view> names, Rows rows) {
  std::vector<engine::ResultColumn> columns;
  for (const auto name : names)
    columns.push_back(
        {std::string(name), name.ends_with("size") ? LogicalType::number(38, 0) : LogicalType::text(), false});
  return engine::make_result(std::move(columns), std::move(rows));
}

base::Result<std::shared_ptr<const engine::ResultSet>> upload(const FileTransfer& transfer, Stage& stage) {
  base::PosixDisk disk;
  TRY(const auto files, local_files(transfer.local));
  Rows rows;
  for (const auto& file : files) {
    TRY(auto bytes, disk.read_all(file.string()));
    const auto name = file.filename().string();
    const auto size = bytes.size();
    const auto compression = compression_of(transfer, name, bytes);
    const bool packs = transfer.auto_compress && compression == "NONE";
    if (packs) bytes = http::gzip(bytes);
    const auto target = packs ? name + ".gz" : name;
    TRY(const bool stored, stage.put(target, bytes));
    rows.push_back({name, target, number(size), number(stored ? bytes.size() : 0), std::string(compression),
                    std::string(packs ? "GZIP" : compression), std::string(stored ? "UPLOADED" : "SKIPPED"),
                    std::string()});
  }
  return table({"source", "target", "source_size", "target_size", "source_compression", "target_compression", "status",
                "message"},
               std::move(rows));
}

base::Result<std::shared_ptr<const engine::ResultSet>> download(const FileTransfer& transfer, Stage& stage) {
  const auto folder = local_path(transfer.local);
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return base::fail(client_error(253005, "The local path is not a directory: " + transfer.local));
  base::PosixDisk disk;
  Rows rows;
  for (std::size_t i = 0; i < transfer.files.size(); ++i) {
    const auto& name = transfer.files[i].name;
    TRY(const auto bytes, stage.get(i));
    TRY_VOID(disk.replace_all((folder / fs::path(name).filename()).string(), bytes));
    rows.push_back({name, number(bytes.size()), std::string("DOWNLOADED"), std::string()});
  }
  return table({"file", "size", "status", "message"}, std::move(rows));
}

}  // namespace

base::Result<std::shared_ptr<const engine::ResultSet>> move_files(const FileTransfer& transfer,
                                                                  std::string_view statement,
                                                                  engine::StatementSession& session,
                                                                  store::ObjectStore* objects) {
  std::unique_ptr<Stage> stage;
  if (objects != nullptr)
    stage = std::make_unique<LocalStage>(transfer, *objects);
  else
    stage = std::make_unique<RemoteStage>(transfer, statement, session);
  return transfer.direction == FileTransfer::Direction::Upload ? upload(transfer, *stage) : download(transfer, *stage);
}

}  // namespace cli
