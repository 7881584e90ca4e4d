#include "bridge/warehouse_stages.h"

#include <fmt/format.h>

#include <algorithm>

#include "bridge/warehouse_driver.h"
#include "engine/file_transfer.h"
#include "flow/engine/content.h"
#include "load/stage.h"

namespace bridge {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c == '\'' ? '\'' : '\\';
    out += c;
  }
  return out + "'";
}

std::int64_t whole(const engine::Value& value) {
  const auto* number = std::get_if<engine::Decimal>(&value);
  return number == nullptr ? 0 : static_cast<std::int64_t>(number->digits);
}
std::string text(const engine::Value& value) {
  const auto* characters = std::get_if<std::string>(&value);
  return characters == nullptr ? std::string() : *characters;
}

}  // namespace

base::Status WarehouseStages::upload(const flow::StageUpload& upload) {
  TRY(const auto session, open_session(runner_, upload.account));
  // PUT finds the stage, and says where its files are.
  TRY(const auto plan,
      session->run(fmt::format("PUT {} {} AUTO_COMPRESS = FALSE", quoted("file:///" + upload.file), upload.stage)));
  if (plan.transfer == nullptr) return base::fail(base::ErrorKind::Internal, "PUT answered without a plan");
  TRY(auto writer, objects_.begin_put(plan.transfer->bucket, plan.transfer->prefix + upload.file));
  std::string buffer(std::min<std::uint64_t>(upload.content.length, kPieceBytes), '\0');
  for (std::uint64_t offset = 0; offset < upload.content.length;) {
    TRY(const auto read, flow::read_content(upload.content, offset, buffer));
    TRY_VOID(writer->append(std::string_view(buffer).substr(0, read)));
    offset += read;
  }
  TRY_VOID(writer->commit({.token = store::WriteToken{upload.token.source, upload.token.id}}));
  return {};
}

base::Status WarehouseStages::insert_files(const flow::SnowflakeAccount& account, const std::string& pipe,
                                           const std::vector<std::string>& paths) {
  TRY(const auto session, open_session(runner_, account));
  for (const auto& path : paths)
    TRY_VOID(session->run(fmt::format("ALTER PIPE {} REFRESH PREFIX = {}", pipe, quoted(path))));
  return {};
}

base::Result<std::vector<flow::IngestedFile>> WarehouseStages::insert_report(const flow::SnowflakeAccount& account,
                                                                             const std::string& pipe,
                                                                             const std::vector<std::string>& paths) {
  TRY(const auto session, open_session(runner_, account));
  const auto parts = load::name_parts(pipe);
  if (parts.size() != 3)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("a pipe needs its database and schema: {}", pipe));
  std::string names;
  for (const auto& path : paths) names += (names.empty() ? "" : ", ") + quoted(path);
  TRY(const auto answer,
      session->run(fmt::format("SELECT file_name, error_count, first_error_message, status FROM "
                               "SNOWFLAKE.ACCOUNT_USAGE.COPY_HISTORY WHERE pipe_catalog_name = {} AND "
                               "pipe_schema_name = {} AND pipe_name = {} AND file_name IN ({})",
                               quoted(parts[0]), quoted(parts[1]), quoted(parts[2]), names)));
  std::vector<flow::IngestedFile> files;
  for (std::uint64_t row = 0; row < answer.result->row_count(); ++row) {
    flow::IngestedFile file{.path = text(answer.result->value(row, 0)),
                            .complete = true,
                            .errors_seen = static_cast<std::uint64_t>(whole(answer.result->value(row, 1))),
                            .first_error = text(answer.result->value(row, 2))};
    if (text(answer.result->value(row, 3)) == "Load failed")
      file.errors_seen = std::max<std::uint64_t>(1, file.errors_seen);
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace bridge
