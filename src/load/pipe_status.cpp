#include <ctime>

#include "load/pipe_state.h"

namespace load {
namespace {

using catalog::LogicalType;

std::string iso(std::int64_t ns) {
  const std::time_t seconds = static_cast<std::time_t>(ns / 1'000'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", text, ns % 1'000'000'000 / 1'000'000);
}

std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (result += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\u{:04x}", static_cast<int>(c));
    else
      result += c;
  }
  return result + '"';
}

}  // namespace

base::Result<std::string> PipeRunner::status_json(catalog::ObjectId id) {
  const std::lock_guard lock(pipes_mutex_);
  const auto catalog = database_.catalog();
  const auto record = catalog->find(id);
  if (!record || record->dropped) return base::fail(catalog::not_found(catalog::ObjectKind::Pipe, ""));
  TRY_VOID(take_events(catalog->list(catalog::ObjectKind::Pipe, std::nullopt)));
  TRY(const Pipe* pipe, find(*record));
  const auto& body = std::get<catalog::PipeBody>(record->body);
  std::string state = load::execution_state(*catalog, *record);
  if (state == "RUNNING" && !pipe->error.empty())
    state = pipe->compilation_error ? "STALLED_COMPILATION_ERROR" : "STALLED_EXECUTION_ERROR";
  const auto location = pipe_location(*catalog, *record);
  const auto below = [&](const std::string& key) {
    return location && key.starts_with(location->prefix) ? key.substr(location->prefix.size()) : key;
  };
  std::string json =
      fmt::format("{{\"executionState\":{},\"pendingFileCount\":{}", json_text(state), pipe->waiting.size());
  const auto add = [&](std::string_view name, const std::string& text) {
    json += fmt::format(",\"{}\":{}", name, json_text(text));
  };
  if (!pipe->waiting.empty()) {
    add("oldestPendingFilePath", below(pipe->waiting.front().file.key));
    add("oldestFileTimestamp", iso(static_cast<std::int64_t>(pipe->waiting.front().received_at_ns)));
  }
  if (pipe->ingested_ns) {
    add("lastIngestedTimestamp", iso(*pipe->ingested_ns));
    add("lastIngestedFilePath", pipe->ingested_path);
  }
  if (body.auto_ingest) {
    add("notificationChannelName", fmt::format("arn:aws:sqs:local:000000000000:freshet-pipe-{}", id.value));
    json += ",\"numOutstandingMessagesOnChannel\":0";
    if (pipe->received_ns) add("lastReceivedMessageTimestamp", iso(*pipe->received_ns));
  }
  if (pipe->forwarded_ns) {
    add("lastForwardedMessageTimestamp", iso(*pipe->forwarded_ns));
    add("lastForwardedFilePath", below(pipe->forwarded_path));
  }
  if (!pipe->error.empty()) {
    add("error", pipe->error);
    add("lastPipeErrorTimestamp", iso(*pipe->error_ns));
  }
  return json + "}";
}

base::Result<PipeLedger> PipeRunner::ledger(catalog::ObjectId id) {
  const std::lock_guard lock(pipes_mutex_);
  const auto catalog = database_.catalog();
  const auto record = catalog->find(id);
  if (!record) return base::fail(catalog::not_found(catalog::ObjectKind::Pipe, ""));
  TRY_VOID(take_events(catalog->list(catalog::ObjectKind::Pipe, std::nullopt)));
  TRY(const Pipe* pipe, find(*record));
  TRY(auto work, session_->begin_work({.query_id = "pipe", .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY(const auto rows,
      work->query(
          fmt::format("SELECT count(*) FILTER (status <> 'LOAD_FAILED'), count(*) FILTER (status = 'LOAD_FAILED'), "
                      "coalesce(sum(row_count), 0)::BIGINT, "
                      "coalesce(sum(row_parsed - row_count), 0)::BIGINT FROM meta.load_history WHERE pipe_id = {}",
                      id.value),
          std::vector<engine::ResultColumn>(4, {"n", LogicalType::number()})));
  const auto at = [&](std::size_t column) {
    return static_cast<std::uint64_t>(std::get<engine::Decimal>(rows->value(0, column)).digits);
  };
  PipeLedger ledger{.loaded_files = at(0),
                    .failed_files = at(1),
                    .pending_files = pipe->waiting.size(),
                    .ignored_events = pipe->ignored_events,
                    .rows_loaded = at(2),
                    .rows_rejected = at(3)};
  ledger.received_files = ledger.loaded_files + ledger.failed_files + ledger.pending_files;
  return ledger;
}

}  // namespace load
