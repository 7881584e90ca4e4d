#include "load/copy.h"

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "load/decoder.h"
#include "load/history_tables.h"

namespace load {
namespace {

using catalog::LogicalType;
using engine::Value;

constexpr int kWideningsMax = 9;  // a column widens once, but ALTER may add others meanwhile
constexpr std::string_view kPurgeAdvice =
    "If you are running a copy command, please make sure files are not deleted when they are being loaded or files are "
    "not being loaded into two different "
    "tables concurrently with auto purge option.";

Value number(std::uint64_t value) { return engine::Decimal{static_cast<base::Int128>(value), 0}; }

std::vector<engine::ResultColumn> result_columns() {
  return {{"file", LogicalType::text()},
          {"status", LogicalType::text()},
          {"rows_parsed", LogicalType::number()},
          {"rows_loaded", LogicalType::number()},
          {"error_limit", LogicalType::number()},
          {"errors_seen", LogicalType::number()},
          {"first_error", LogicalType::text()},
          {"first_error_line", LogicalType::number()},
          {"first_error_character", LogicalType::number()},
          {"first_error_column_name", LogicalType::text()}};
}

std::vector<Value> result_row(const FileReport& report) {
  const RowError* first = report.count.errors.empty() ? nullptr : &report.count.errors.front();
  const bool placed = first && first->at.line != 0;
  return {report.shown,
          std::string(name_of(report.status)),
          number(report.count.rows_parsed),
          number(report.count.rows_loaded),
          report.error_limit ? number(*report.error_limit) : Value{},
          number(report.count.errors_seen),
          first ? Value{first->problem.message} : Value{},
          placed ? number(first->at.line) : Value{},
          placed ? number(first->at.character) : Value{},
          first && !first->column.empty() ? Value{first->column} : Value{}};
}

FileReport known_file(const CopyPlan& plan, const StagedFile& file) {
  FileReport report{.file = file,
                    .shown = plan.location.shown_name(file.key),
                    .relative = plan.location.relative_name(file.key),
                    .status = LoadStatus::LoadSkipped};
  report.count.errors_seen = 1;
  report.count.errors.push_back({{0, "", "other", "File was loaded before."}, {}, "", 0, 0, ""});
  return report;
}

std::string missing_name(const CopyPlan& plan, const StagedFile& file) {
  const std::string_view path = std::string_view(file.key).substr(plan.location.prefix.size());
  if (!plan.location.reference.starts_with('@')) return plan.location.reference + std::string(path);
  return plan.location.reference + (path.starts_with('/') ? "" : "/") + std::string(path);
}

base::Error missing_error(const CopyPlan& plan, const StagedFile& file) {
  return {base::ErrorKind::NotFound,
          91016,
          "22000",
          fmt::format("Remote file '{}' was not found. {}", missing_name(plan, file), kPurgeAdvice),
          {}};
}

FileReport missing_file(const CopyPlan& plan, const StagedFile& file) {
  FileReport report{.file = file,
                    .shown = plan.location.shown_name(file.key),
                    .relative = plan.location.relative_name(file.key),
                    .status = LoadStatus::LoadFailed};
  report.missing = true;
  report.error_limit = 1;
  report.count.errors_seen = 1;
  report.count.errors.push_back({{91016, "22000", "other",
                                  fmt::format("Remote file '{}' was not found. There are several potential causes. The "
                                              "file might not exist. The required credentials "
                                              "may be missing or invalid. {}",
                                              missing_name(plan, file), kPurgeAdvice)},
                                 {},
                                 "",
                                 0,
                                 0,
                                 ""});
  return report;
}

std::string path_of(const CopyPlan& plan, const StagedFile& file) { return plan.location.bucket + "/" + file.key; }

/// Stops before a file when the bytes admitted so far exceed the limit.
std::vector<StagedFile> within_size(std::vector<StagedFile> files, std::optional<std::uint64_t> limit) {
  if (!limit) return files;
  std::uint64_t admitted = 0;
  std::size_t count = 0;
  while (count < files.size() && admitted <= *limit) admitted += files[count++].size;
  files.resize(count);
  return files;
}

std::shared_ptr<const engine::ResultSet> result_of(const CopyPlan& plan, const std::vector<FileReport>& reports) {
  if (reports.empty()) return engine::make_status("Copy executed with 0 files processed.");
  std::vector<std::vector<Value>> rows;
  for (const FileReport& report : reports)
    if (!plan.options.return_failed_only || report.status != LoadStatus::Loaded) rows.push_back(result_row(report));
  return engine::make_result(result_columns(), std::move(rows));
}

std::vector<StagedFile> purged_files(const CopyPlan& plan, const std::vector<FileReport>& reports) {
  std::vector<StagedFile> files;
  if (!plan.options.purge) return files;
  for (const FileReport& report : reports)
    if (report.status == LoadStatus::Loaded && !report.missing) files.push_back(report.file);
  return files;
}

std::vector<std::string> purge_statements(const CopyPlan& plan, const std::vector<FileReport>& reports) {
  std::vector<std::string> statements;
  for (const StagedFile& file : purged_files(plan, reports))
    statements.push_back(fmt::format("INSERT INTO meta.purge_intents VALUES ({}, {}, {})",
                                     sql_text(plan.location.bucket), sql_text(file.key), file.sequence));
  return statements;
}

engine::EngineSession::WorkOptions work_options(const engine::StatementContext& context) {
  engine::EngineSession::WorkOptions options{.query_id = context.query_id, .now = context.now};
  if (context.parameters) options.lock_timeout = std::chrono::seconds{context.parameters->number("LOCK_TIMEOUT")};
  options.cancel = context.cancel;
  return options;
}

}  // namespace

base::Result<CopyCommand::Choice> CopyCommand::choose(const CopyPlan& plan) {
  Choice choice;
  if (!plan.options.files) {
    std::optional<Pattern> pattern;
    if (plan.options.pattern) {
      TRY(pattern, Pattern::compile(*plan.options.pattern));
    }
    TRY(auto files, list_files(buckets_, plan.location));
    TRY(choice.candidates, matching(plan.location, std::move(files), pattern));
    return choice;
  }
  std::vector<std::string> keys;
  for (const std::string& name : *plan.options.files) keys.push_back(plan.location.key_of(name));
  TRY(const auto found, find_files(buckets_, plan.location, keys));
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (found[i])
      choice.candidates.push_back(*found[i]);
    else if (is_missing(found[i].error()))
      choice.missing.push_back({.key = keys[i], .etag = {}});
    else
      return base::fail(found[i].error());
  std::ranges::sort(choice.candidates, {}, &StagedFile::key);
  return choice;
}

base::Result<std::vector<FileReport>> CopyCommand::load(engine::EngineSession& session,
                                                        const engine::StatementContext& context,
                                                        const sql::CopyIntoTable& statement, CopyPlan& plan) {
  const auto options = work_options(context);
  for (int attempt = 0;; ++attempt) {
    TRY(const Choice choice, choose(plan));
    if (!choice.missing.empty() && plan.options.on_error.mode == OnError::Mode::Abort)
      return base::fail(missing_error(plan, choice.missing.front()));
    std::vector<FileClaims::Key> keys;
    for (const StagedFile& file : choice.candidates)
      keys.emplace_back(plan.table->id.value, path_of(plan, file), file.etag);
    TRY(auto claim, claims_.claim(std::move(keys), options.lock_timeout, context.cancel));

    TRY(auto work, session.begin_work(options));
    TRY_VOID(work->lock(plan.table->id, engine::LockMode::Shared));
    TRY_VOID(work->start());
    TRY(plan, plan_copy(work->catalog(), context, statement));  // what was waited for may have changed it
    std::set<FileIdentity> known;
    if (!plan.options.force) {
      TRY(known, loaded_by_copy(*work, *plan.table));
    }
    std::vector<StagedFile> fresh;
    std::vector<FileReport> skipped;
    for (const StagedFile& file : choice.candidates) {
      if (!known.contains({path_of(plan, file), file.etag}))
        fresh.push_back(file);
      else if (plan.options.files)
        skipped.push_back(known_file(plan, file));
    }
    TRY(LoadedFiles loaded,
        load_files(database_, *work, buckets_, plan, within_size(std::move(fresh), plan.options.size_limit)));
    if (!loaded.too_wide.empty()) {
      work.reset();
      if (attempt >= kWideningsMax)
        return base::fail(base::ErrorKind::Internal, "columns stay too narrow after they have been widened");
      TRY_VOID(widen_columns(session, *plan.table, loaded.too_wide, options));
      continue;
    }
    TRY_VOID(record_history(*work, {.table = plan.table.get()}, plan.location, loaded.reports, context.query_id,
                            context.now));
    if (buckets_.is_local(plan.location.place())) TRY_VOID(write_meta(*work, purge_statements(plan, loaded.reports)));
    // The claim lasts as long as the transaction: to its COMMIT when the client has one open.
    work->on_commit([claim](engine::Work&) -> base::Status { return {}; }, [claim] {});
    if (plan.options.purge && buckets_.is_local(plan.location.place()))
      work->on_commit([](engine::Work&) -> base::Status { return {}; }, [this] { purge_committed(); });
    else if (plan.options.purge)
      work->on_commit([](engine::Work&) -> base::Status { return {}; },
                      [this, location = plan.location, files = purged_files(plan, loaded.reports)] {
                        purge_elsewhere(location, files);
                      });
    TRY_VOID(work->commit());
    std::vector<FileReport> reports = std::move(loaded.reports);
    std::ranges::move(skipped, std::back_inserter(reports));
    std::ranges::sort(reports, {}, [](const FileReport& report) { return report.file.key; });
    for (const StagedFile& file : choice.missing) reports.push_back(missing_file(plan, file));
    return reports;
  }
}

base::Result<std::shared_ptr<const engine::ResultSet>> CopyCommand::run(engine::EngineSession& session,
                                                                        const engine::StatementContext& context,
                                                                        const sql::CopyIntoTable& statement) {
  const auto catalog = database_.catalog();
  TRY(CopyPlan plan, plan_copy(*catalog, context, statement));
  if (plan.options.validation == ValidationMode::Rows) return preview(session, context, statement);
  if (plan.options.validation != ValidationMode::None) return validate(session, context, plan);
  TRY(const auto reports, load(session, context, statement, plan));
  return result_of(plan, reports);
}

void CopyCommand::purge_committed() {
  base::kill_point("purge.intent_committed");
  // The rows are in: what goes wrong here is tried again after the next purge and at the next start.
  if (const auto status = apply_purges(); !status)
    LOG_WARN("load.purge_postponed error=\"{}\"", status.error().message);
}

void CopyCommand::purge_elsewhere(const StageLocation& location, const std::vector<StagedFile>& files) {
  base::kill_point("purge.remote_committed");
  const auto purge = [&]() -> base::Status {
    std::vector<std::string> keys, loaded;
    for (const StagedFile& file : files) keys.push_back(file.key);
    // A newer file of that name stays.
    TRY(const auto found, find_files(buckets_, location, keys));
    for (std::size_t i = 0; i < files.size(); ++i)
      if (found[i] && found[i]->etag == files[i].etag) loaded.push_back(files[i].key);
    TRY(const auto bucket, open_bucket(buckets_, location));
    TRY(const auto kept, bucket->remove(loaded));
    if (kept.empty()) return {};
    return base::fail(base::ErrorKind::Unavailable, fmt::format("{}: {}", kept.front().key, kept.front().why));
  };
  // The rows are in, and stay: a file that cannot be removed is not an error of the statement.
  if (const auto status = purge(); !status)
    LOG_WARN("load.purge_failed bucket={} error=\"{}\"", location.bucket, status.error().message);
}

base::Status CopyCommand::apply_purges() {
  const std::lock_guard lock(purges_mutex_);  // two at once would clear the same intents, and clash
  const auto session = database_.open_session();
  TRY(auto work, session->begin_work({.query_id = "purge", .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY(const auto rows,
      work->query(
          "SELECT bucket, key, sequence FROM meta.purge_intents",
          {{"bucket", LogicalType::text()}, {"key", LogicalType::text()}, {"sequence", LogicalType::number()}}));
  if (rows->row_count() == 0) return {};
  std::vector<std::string> done;
  for (std::uint64_t row = 0; row < rows->row_count(); ++row) {
    const auto bucket = std::get<std::string>(rows->value(row, 0));
    const auto key = std::get<std::string>(rows->value(row, 1));
    const auto sequence = static_cast<std::uint64_t>(std::get<engine::Decimal>(rows->value(row, 2)).digits);
    // Only the object that was loaded: a newer one of that name stays, and one that is gone is fine.
    const auto removed = buckets_.local().remove(bucket, key, {.if_sequence = sequence});
    if (!removed && removed.error().kind == base::ErrorKind::Unavailable) return base::fail(removed.error());
    done.push_back(std::to_string(sequence));
  }
  base::kill_point("purge.objects_removed");
  TRY_VOID(work->execute(fmt::format("DELETE FROM meta.purge_intents WHERE sequence IN ({})", fmt::join(done, ", "))));
  TRY_VOID(work->commit());
  base::kill_point("purge.intents_cleared");
  return {};
}

/// Loads the first rows, shows them and undoes it all.
base::Result<std::shared_ptr<const engine::ResultSet>> CopyCommand::preview(engine::EngineSession& session,
                                                                            const engine::StatementContext& context,
                                                                            const sql::CopyIntoTable& statement) {
  auto options = work_options(context);
  options.own_commit = true;
  for (int attempt = 0; attempt <= kWideningsMax; ++attempt) {
    TRY(auto work, session.begin_work(options));
    TRY(CopyPlan plan, plan_copy(work->catalog(), context, statement));
    TRY_VOID(work->lock(plan.table->id, engine::LockMode::Shared));
    TRY_VOID(work->start());
    TRY(plan, plan_copy(work->catalog(), context, statement));
    plan.options.on_error = {};
    TRY(Choice choice, choose(plan));
    if (!choice.missing.empty()) return base::fail(missing_error(plan, choice.missing.front()));
    if (!plan.options.force) {
      TRY(const auto known, loaded_by_copy(*work, *plan.table));
      std::erase_if(choice.candidates,
                    [&](const StagedFile& file) { return known.contains({path_of(plan, file), file.etag}); });
    }
    const std::string rows = work->rows(*plan.table);
    // Images are numbered as they are made: those of this load come after all that it sees.
    TRY(const auto newest,
        work->query(fmt::format("SELECT coalesce(max(_seq), 0) FROM {} AS x", rows), {{"SEQ", LogicalType::number()}}));
    TRY(const LoadedFiles loaded, load_files(database_, *work, buckets_, plan,
                                             within_size(std::move(choice.candidates), plan.options.size_limit)));
    if (!loaded.too_wide.empty()) {
      work.reset();
      TRY_VOID(widen_columns(session, *plan.table, loaded.too_wide, options));
      continue;
    }
    std::string list;
    std::vector<engine::ResultColumn> columns;
    for (const catalog::Column& column : std::get<catalog::TableBody>(plan.table->body).columns) {
      list += fmt::format("{}c{}", list.empty() ? "" : ", ", column.id.value);
      columns.push_back({column.name, column.type, column.nullable});
    }
    return work->query(fmt::format("SELECT {} FROM {} AS x WHERE _seq > {} ORDER BY _seq", list, rows,
                                   base::to_string(std::get<engine::Decimal>(newest->value(0, 0)).digits)),
                       std::move(columns));
  }
  return base::fail(base::ErrorKind::Internal, "columns stay too narrow after they have been widened");
}

base::Result<std::shared_ptr<const engine::ResultSet>> CopyCommand::validate(engine::EngineSession& session,
                                                                             const engine::StatementContext& context,
                                                                             const CopyPlan& plan) {
  TRY(const Choice choice, choose(plan));
  TRY(auto work, session.begin_work(work_options(context)));
  TRY_VOID(work->start());
  std::set<FileIdentity> known;
  if (!plan.options.force && plan.options.validation == ValidationMode::Errors) {
    TRY(known, loaded_by_copy(*work, *plan.table));
  }
  std::vector<catalog::Column> columns;
  const auto& body = std::get<catalog::TableBody>(plan.table->body);
  for (const catalog::ColumnId id : plan.columns)
    columns.push_back(*std::ranges::find(body.columns, id, &catalog::Column::id));
  std::vector<std::vector<Value>> result;
  const auto add = [&](const std::string& file, const RowError& error) {
    const bool placed = error.at.line != 0;
    result.push_back({error.problem.message, file, placed ? number(error.at.line) : Value{},
                      placed ? number(error.at.character) : Value{}, placed ? number(error.at.byte_offset) : Value{},
                      error.problem.category, number(static_cast<std::uint64_t>(error.problem.number)),
                      error.problem.sqlstate, error.column.empty() ? Value{} : Value{error.column}, number(error.row),
                      number(error.row_start_line), error.rejected});
  };
  for (const StagedFile& file : choice.candidates) {
    if (known.contains({path_of(plan, file), file.etag})) continue;
    for (catalog::Column& column : columns) column.wide = true;  // nothing is stored, so nothing needs to be narrow
    TRY(CsvRows rows, CsvRows::make(plan.table->name, columns, plan.options.format, plan.settings,
                                    {.truncate = plan.options.truncate, .check_column_count = !plan.column_list}));
    ScratchSink scratch(rows.carriers());
    TRY(auto reader, open_file(buckets_, plan.location, file));
    const std::string name = plan.location.relative_name(file.key);
    TRY(auto text, open_text(object_source(std::move(reader)), name, plan.options.format));
    CsvParser parser(std::move(text), plan.options.format);
    FileCount count;
    if (const auto status = rows.load(parser, scratch, count); !status)
      count.errors.push_back(
          {{status.error().number, status.error().sqlstate, "other", status.error().message}, {}, "", 0, 0, ""});
    for (const RowError& error : count.errors) add(name, error);
  }
  for (const StagedFile& file : choice.missing)
    add(plan.location.relative_name(file.key),
        {{100112, "22000", "other",
          fmt::format("Remote file '{}' was not found. {}", missing_name(plan, file), kPurgeAdvice)},
         {},
         "",
         0,
         0,
         ""});
  return engine::make_result(reject_columns(), std::move(result));
}

}  // namespace load
