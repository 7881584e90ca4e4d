// PUT and GET: the plan by which the client moves the bytes. Source: loading.md 2.7 to 2.9.
#include "engine/file_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "exec/create_object.h"
#include "exec/loading.h"
#include "exec/running.h"
#include "load/file_format.h"
#include "load/pattern.h"
#include "load/stage.h"

namespace exec {
namespace {

using engine::FileTransfer;

constexpr std::array<std::string_view, 8> kCompressions{"auto_detect", "gzip",    "bz2",         "brotli",
                                                        "zstd",        "deflate", "raw_deflate", "none"};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

base::Error invalid_value(std::string_view option, std::string_view value) {
  return compilation_error(1008, "22023", fmt::format("invalid value [{}] for parameter '{}'", value, option));
}

base::Result<std::string> local_path(std::string_view uri) {
  constexpr std::string_view kScheme = "file://";
  if (!lower(std::string(uri.substr(0, kScheme.size()))).starts_with(kScheme))
    return base::fail(
        compilation_error(1003, "42000", fmt::format("The local path must begin with file://, found: {}", uri)));
  return std::string(uri.substr(kScheme.size()));
}

base::Result<load::StageLocation> internal_location(Running& running, const sql::StageRef& reference,
                                                    std::string_view command) {
  TRY(auto location, load::locate(*running.catalog(), running.context.names, running.context.user, reference,
                                  command == "PUT" ? load::StageUse::Write : load::StageUse::Read));
  if (location.kind == load::StageLocation::Kind::External)
    return base::fail(
        {base::ErrorKind::Unsupported,
         2,
         "0A000",
         fmt::format("Unsupported feature '{} on external stages'; use the client of the storage itself: {}", command,
                     location.reference),
         {}});
  return location;
}

base::Result<bool> flag_of(const sql::Option& option) {
  const auto text = option_plain(option.value);
  if (lower(text) == "true") return true;
  if (lower(text) == "false") return false;
  return base::fail(invalid_value(option.name.name, text));
}

/// The options that both have, and what is in `more`.
template <class More>
base::Status read_options(const sql::Options& options, FileTransfer& transfer, const More& more) {
  for (const auto& option : options) {
    if (option.name.name != "PARALLEL") {
      TRY_VOID(more(option));
      continue;
    }
    const auto text = option_plain(option.value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), transfer.parallel);
    if (error != std::errc() || end != text.data() + text.size() || transfer.parallel < 1 || transfer.parallel > 99)
      return base::fail(invalid_value("PARALLEL", text));
  }
  return {};
}

Outcome outcome_of(FileTransfer transfer, std::uint32_t type) {
  Outcome outcome = status(std::string(kExecuted), type);
  outcome.transfer = std::make_shared<const FileTransfer>(std::move(transfer));
  return outcome;
}

}  // namespace

base::Result<Outcome> put_files(Running& running, const sql::PutFiles& node) {
  if (!running.services.loading) return base::fail(unsupported("stages without an object store"));
  TRY(const auto location, internal_location(running, node.stage, "PUT"));
  FileTransfer transfer{
      .direction = FileTransfer::Direction::Upload, .bucket = location.bucket, .prefix = location.prefix};
  TRY(transfer.local, local_path(node.file_uri));
  // A path names a folder here, with its slash or without.
  if (!transfer.prefix.empty() && !transfer.prefix.ends_with('/')) transfer.prefix += '/';
  TRY_VOID(read_options(node.options, transfer, [&](const sql::Option& option) -> base::Status {
    const auto& name = option.name.name;
    if (name == "AUTO_COMPRESS") {
      TRY(transfer.auto_compress, flag_of(option));
    } else if (name == "OVERWRITE") {
      TRY(transfer.overwrite, flag_of(option));
    } else if (name == "SOURCE_COMPRESSION") {
      transfer.source_compression = lower(option_plain(option.value));
      if (std::ranges::count(kCompressions, transfer.source_compression) == 0)
        return base::fail(invalid_value(name, option_plain(option.value)));
    } else {
      return base::fail(load::invalid_parameter(name));
    }
    return {};
  }));
  TRY_VOID(running.services.loading->buckets.local().ensure_bucket(location.bucket));
  return outcome_of(std::move(transfer), statement_type::kPut);
}

base::Result<Outcome> get_files(Running& running, const sql::GetFiles& node) {
  if (!running.services.loading) return base::fail(unsupported("stages without an object store"));
  TRY(const auto location, internal_location(running, node.stage, "GET"));
  FileTransfer transfer{.direction = FileTransfer::Direction::Download,
                        .bucket = location.bucket,
                        .prefix = location.root,
                        .parallel = 10};
  TRY(transfer.local, local_path(node.file_uri));
  std::optional<load::Pattern> pattern;
  TRY_VOID(read_options(node.options, transfer, [&](const sql::Option& option) -> base::Status {
    if (option.name.name != "PATTERN") return base::fail(load::invalid_parameter(option.name.name));
    TRY(auto compiled, load::Pattern::compile(option_plain(option.value)));
    pattern = std::move(compiled);
    return {};
  }));
  TRY(auto files, load::list_files(running.services.loading->buckets, location));
  TRY(files, load::matching(location, std::move(files), pattern));
  for (const auto& file : files)
    transfer.files.push_back({.name = file.key.substr(location.root.size()), .size = file.size});
  return outcome_of(std::move(transfer), statement_type::kGet);
}

}  // namespace exec
