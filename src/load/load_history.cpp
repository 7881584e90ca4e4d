#include "load/load_history.h"

#include "load/utf8.h"

namespace load {
namespace {

using catalog::LogicalType;

constexpr std::size_t kRowsPerStatement = 500;

std::string segment_of(const catalog::Record& table) {
  return std::to_string(std::get<catalog::TableBody>(table.body).segments.back().id.value);
}

/// INSERTs of a few hundred rows each.
void add_inserts(std::vector<std::string>& statements, std::string_view table, const std::vector<std::string>& rows) {
  for (std::size_t i = 0; i < rows.size(); i += kRowsPerStatement)
    statements.push_back(fmt::format(
        "INSERT INTO meta.{} VALUES {}", table,
        fmt::join(rows.begin() + static_cast<std::ptrdiff_t>(i),
                  rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), i + kRowsPerStatement)), ", ")));
}

std::string history_row(const HistoryOwner& owner, const StageLocation& location, const FileReport& report,
                        const std::string& query_id, base::Instant now) {
  const RowError* first = report.count.errors.empty() ? nullptr : &report.count.errors.front();
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  return fmt::format(
      "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})", owner.table->id.value,
      segment_of(*owner.table), owner.pipe.value, sql_text(location.bucket + "/" + report.file.key),
      sql_text(report.relative), sql_text(location.reference), sql_text(report.file.etag), report.file.size,
      sql_text(name_of(report.status)), report.count.rows_loaded, report.count.rows_parsed, report.count.errors_seen,
      report.error_limit ? number(*report.error_limit) : "NULL", first ? sql_text(first->problem.message) : "NULL",
      first && first->at.line != 0 ? number(first->at.line) : "NULL",
      first && first->at.line != 0 ? number(first->at.character) : "NULL",
      first && !first->column.empty() ? sql_text(first->column) : "NULL", now.ns, report.received_at_ns,
      sql_text(query_id));
}

void add_rejects(std::vector<std::string>& rows, const HistoryOwner& owner, const FileReport& report,
                 const std::string& query_id, base::Instant now) {
  for (const RowError& error : report.count.errors)
    rows.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
                               owner.table->id.value, owner.pipe.value, sql_text(query_id), now.ns,
                               sql_text(error.problem.message), sql_text(report.relative), error.at.line,
                               error.at.character, error.at.byte_offset, sql_text(error.problem.category),
                               error.problem.number, sql_text(error.problem.sqlstate), sql_text(error.column),
                               error.row, error.row_start_line, sql_text(error.rejected)));
}

}  // namespace

std::vector<engine::MetaTable> load_meta_tables() {
  return {
      {"load_history",
       "table_id BIGINT, segment BIGINT, pipe_id BIGINT, path VARCHAR, file_name VARCHAR, stage_location VARCHAR, etag "
       "VARCHAR, file_size BIGINT, "
       "status VARCHAR, row_count BIGINT, row_parsed BIGINT, error_count BIGINT, error_limit BIGINT, first_error "
       "VARCHAR, first_error_line BIGINT, "
       "first_error_character BIGINT, first_error_column VARCHAR, loaded_at_ns BIGINT, received_at_ns BIGINT, query_id "
       "VARCHAR"},
      {"load_rejects",
       "table_id BIGINT, pipe_id BIGINT, query_id VARCHAR, at_ns BIGINT, error VARCHAR, file_name VARCHAR, line "
       "BIGINT, character BIGINT, "
       "byte_offset BIGINT, category VARCHAR, code BIGINT, sql_state VARCHAR, column_name VARCHAR, row_number BIGINT, "
       "row_start_line BIGINT, "
       "rejected_record VARCHAR"},
      {"purge_intents", "bucket VARCHAR, key VARCHAR, sequence BIGINT"},
      {"unload_intents", "staged BIGINT"},
      {"pipe_cursors", "pipe_id BIGINT, sequence BIGINT"},
      {"pipe_queue", "pipe_id BIGINT, key VARCHAR, received_at_ns BIGINT"},
  };
}

std::string_view name_of(LoadStatus status) {
  switch (status) {
    case LoadStatus::Loaded: return "LOADED";
    case LoadStatus::PartiallyLoaded: return "PARTIALLY_LOADED";
    case LoadStatus::LoadFailed: return "LOAD_FAILED";
    case LoadStatus::LoadSkipped: return "LOAD_SKIPPED";
  }
  return "";
}

std::string sql_text(std::string_view text) {
  std::string result = "'";
  const std::string repaired = valid_utf8(text) ? std::string(text) : repaired_utf8(text);
  for (const char c : repaired) {
    if (c == '\'')
      result += "''";
    else if (c == '\0')
      result += "\xEF\xBF\xBD";
    else
      result += c;
  }
  return result + '\'';
}

base::Result<std::set<FileIdentity>> loaded_by_copy(engine::Work& work, const catalog::Record& table) {
  TRY(const auto rows,
      work.query(fmt::format("SELECT path, etag FROM meta.load_history WHERE table_id = {} AND segment = {} AND "
                             "pipe_id = 0 AND status IN ('LOADED', 'PARTIALLY_LOADED')",
                             table.id.value, segment_of(table)),
                 {{"path", LogicalType::text()}, {"etag", LogicalType::text()}}));
  std::set<FileIdentity> files;
  for (std::uint64_t row = 0; row < rows->row_count(); ++row)
    files.emplace(std::get<std::string>(rows->value(row, 0)), std::get<std::string>(rows->value(row, 1)));
  return files;
}

base::Result<std::set<std::string>> taken_by_pipe(engine::Work& work, catalog::ObjectId pipe) {
  TRY(const auto rows, work.query(fmt::format("SELECT path FROM meta.load_history WHERE pipe_id = {}", pipe.value),
                                  {{"path", LogicalType::text()}}));
  std::set<std::string> files;
  for (std::uint64_t row = 0; row < rows->row_count(); ++row) files.insert(std::get<std::string>(rows->value(row, 0)));
  return files;
}

base::Status write_meta(engine::Work& work, std::vector<std::string> statements) {
  const auto run = [](engine::Work& within, const std::vector<std::string>& texts) -> base::Status {
    for (const std::string& text : texts) TRY_VOID(within.execute(text));
    return {};
  };
  if (!work.explicit_transaction()) return run(work, statements);
  work.on_commit([run, kept = std::move(statements)](engine::Work& commit) { return run(commit, kept); }, [] {});
  return {};
}

base::Status record_history(engine::Work& work, const HistoryOwner& owner, const StageLocation& location,
                            const std::vector<FileReport>& reports, const std::string& query_id, base::Instant now) {
  std::vector<std::string> history, rejects, statements;
  for (const FileReport& report : reports) {
    if (report.missing || report.status == LoadStatus::LoadSkipped) continue;
    history.push_back(history_row(owner, location, report, query_id, now));
    add_rejects(rejects, owner, report, query_id, now);
  }
  add_inserts(statements, "load_history", history);
  add_inserts(statements, "load_rejects", rejects);
  return write_meta(work, std::move(statements));
}

FileClaims::Claim::~Claim() {
  {
    const std::lock_guard lock(claims_.claims_mutex_);
    for (const Key& key : keys_) claims_.held_.erase(key);
  }
  claims_.released_.notify_all();
}

base::Result<std::shared_ptr<FileClaims::Claim>> FileClaims::claim(std::vector<Key> keys,
                                                                   std::chrono::milliseconds timeout,
                                                                   engine::CancelToken* cancel) {
  std::unique_lock lock(claims_mutex_);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto free = [&] { return std::ranges::none_of(keys, [&](const Key& key) { return held_.contains(key); }); };
  while (!free()) {
    if (cancel && cancel->cancelled())
      return base::fail({base::ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", {}});
    if (std::chrono::steady_clock::now() >= deadline)
      return base::fail({base::ErrorKind::Conflict,
                         625,
                         "57014",
                         "Statement has locked files that another statement is loading; it was aborted because the "
                         "number of waiters or the time exceeds the limit",
                         {}});
    released_.wait_for(lock, std::chrono::milliseconds{100});
  }
  held_.insert(keys.begin(), keys.end());
  return std::make_shared<Claim>(*this, std::move(keys));
}

}  // namespace load
