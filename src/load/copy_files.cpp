#include "load/copy.h"
#include "load/decoder.h"
#include "load/stage_source.h"

namespace load {
namespace {

using engine::ChunkColumn;

/// Rows go to the table; columns that count by themselves are filled here.
class TableSink final : public RowSink {
 public:
  TableSink(engine::Work& work, engine::Work::Appender& appender, const CopyPlan& plan)
      : work_(work), appender_(appender), plan_(plan) {}
  std::vector<ChunkColumn>& chunk() override { return appender_.chunk(); }
  base::Status flush(std::size_t rows) override {
    auto& columns = appender_.chunk();
    for (std::size_t i = 0; i < plan_.identities.size(); ++i) {
      const CopyPlan::Identity& identity = plan_.identities[i];
      TRY(const std::int64_t first, work_.reserve_sequence(identity.sequence, static_cast<std::int64_t>(rows)));
      const ChunkColumn& column = columns[plan_.columns.size() + i];
      for (std::size_t row = 0; row < rows; ++row) {
        const std::int64_t value = first + static_cast<std::int64_t>(row) * identity.step;
        if (column.carrier == engine::Carrier::Int128)
          column.as<base::Int128>()[row] = value;
        else
          column.as<std::int64_t>()[row] = value;
      }
    }
    return appender_.flush(rows);
  }

 private:
  engine::Work& work_;
  engine::Work::Appender& appender_;
  const CopyPlan& plan_;
};

base::Status read_file(store::Buckets& buckets, const CopyPlan& plan, const FileReport& report, CsvRows& rows,
                       RowSink& sink, FileCount& count) {
  TRY(auto reader, open_file(buckets, plan.location, report.file));
  TRY(auto text, open_text(object_source(std::move(reader)), report.relative, plan.options.format));
  CsvParser parser(std::move(text), plan.options.format);
  return rows.load(parser, sink, count);
}

/// A file that cannot be read to its end (damaged stream) has one more error and stops there.
void add_read_error(FileCount& count, const base::Error& error) {
  ++count.errors_seen;
  count.errors.push_back({{error.number, error.sqlstate, "other", error.message}, {}, "", 0, 0, ""});
}
bool is_of_the_file(const base::Error& error) { return error.number == 100330; }

void judge(FileReport& report, const OnError& on_error) {
  const FileCount& count = report.count;
  report.error_limit = on_error.error_limit(count.rows_parsed);
  const bool kept = on_error.keeps(count.errors_seen, count.rows_parsed);
  if (!kept) report.count.rows_loaded = 0;
  if (!kept || (count.errors_seen > 0 && report.count.rows_loaded == 0))
    report.status = LoadStatus::LoadFailed;
  else
    report.status = count.errors_seen > 0 ? LoadStatus::PartiallyLoaded : LoadStatus::Loaded;
}

base::Error abort_error(const FileReport& report, bool with_advice) {
  const RowError& error = report.count.errors.front();
  std::string text = fmt::format("{}\n  File '{}', line {}, character {}\n", error.problem.message, report.relative,
                                 error.at.line, error.at.character);
  const std::string start = error.row_start_line != error.at.line && error.problem.number != 100080
                                ? fmt::format(" starts at line {}", error.row_start_line)
                                : "";
  text += fmt::format("  Row {}{}, column {}", error.row, start, error.column);
  if (with_advice)
    text +=
        "\n  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' "
        "or 'CONTINUE' for the ON_ERROR option. "
        "For more information on loading options, please run 'info loading_data' in a SQL client.";
  return {base::ErrorKind::InvalidValue, error.problem.number, error.problem.sqlstate, std::move(text), {}};
}

/// Files through the SELECT of the plan, one by one. What fails inside it ends the engine's transaction, so a mode that
/// may drop a file tries it first in a transaction of its own.
base::Result<LoadedFiles> transform_files(engine::Database& database, engine::Work& work, store::Buckets& buckets,
                                          const CopyPlan& plan, const std::vector<StagedFile>& files) {
  LoadedFiles loaded;
  const OnError& on_error = plan.options.on_error;
  for (const StagedFile& file : files) {
    FileReport report{
        .file = file, .shown = plan.location.shown_name(file.key), .relative = plan.location.relative_name(file.key)};
    if (on_error.mode != OnError::Mode::Abort) {
      const auto session = database.open_session();
      TRY(auto probe, session->begin_work({.query_id = plan.context.query_id, .now = plan.context.now}));
      TRY_VOID(probe->start());
      if (const auto tried = transform_file(*probe, buckets, plan, file, false); !tried) {
        if (on_error.mode != OnError::Mode::SkipFile)
          return base::fail({base::ErrorKind::Unsupported,
                             2,
                             "0A000",
                             fmt::format("Unsupported feature 'ON_ERROR other than ABORT_STATEMENT and SKIP_FILE for "
                                         "rows that fail in a COPY transformation': {}",
                                         tried.error().message),
                             {}});
        add_read_error(report.count, tried.error());
        judge(report, on_error);
        loaded.reports.push_back(std::move(report));
        continue;
      }
    }
    TRY(const Transformed done, transform_file(work, buckets, plan, file, true));
    report.count.rows_parsed = done.records;
    report.count.rows_loaded = done.rows;
    judge(report, on_error);
    loaded.reports.push_back(std::move(report));
  }
  return loaded;
}

}  // namespace

base::Result<LoadedFiles> load_files(engine::Database& database, engine::Work& work, store::Buckets& buckets,
                                     const CopyPlan& plan, const std::vector<StagedFile>& files) {
  const auto table = work.catalog().find(plan.table->id);
  if (!table || table->dropped) return base::fail(catalog::not_found(catalog::ObjectKind::Table, plan.table->name));
  if (plan.transformation || plan.options.match != MatchBy::None)
    return transform_files(database, work, buckets, plan, files);
  const auto& body = std::get<catalog::TableBody>(table->body);
  std::vector<catalog::Column> columns;
  for (const catalog::ColumnId id : plan.columns) {
    const auto column = std::ranges::find(body.columns, id, &catalog::Column::id);
    if (column == body.columns.end())
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("a column of table '{}' was dropped while files were loaded", table->name));
    columns.push_back(*column);
  }
  const OnError& on_error = plan.options.on_error;
  const CsvRows::Options options{.truncate = plan.options.truncate,
                                 .check_column_count = !plan.column_list,
                                 .stop_at_error = on_error.mode == OnError::Mode::Abort};
  TRY(CsvRows rows, CsvRows::make(table->name, columns, plan.options.format, plan.settings, options));

  std::vector<catalog::ColumnId> filled = plan.columns;
  for (const CopyPlan::Identity& identity : plan.identities) filled.push_back(identity.column);
  std::unique_ptr<engine::Work::Appender> appender;
  LoadedFiles loaded;
  const bool preview = plan.options.validation == ValidationMode::Rows;
  std::uint64_t wanted = plan.options.validation_rows;  // of a preview
  for (const StagedFile& file : files) {
    if (preview) {
      if (wanted == 0) break;
      rows.stop_after(wanted);
    }
    FileReport report{
        .file = file, .shown = plan.location.shown_name(file.key), .relative = plan.location.relative_name(file.key)};
    // A mode that may drop the whole file looks first: what has been appended cannot be taken back alone.
    if (on_error.skips_files()) {
      ScratchSink scratch(rows.carriers());
      if (const auto status = read_file(buckets, plan, report, rows, scratch, report.count); !status) {
        if (!is_of_the_file(status.error())) return base::fail(status.error());
        add_read_error(report.count, status.error());
      }
      if (!rows.too_wide().empty()) break;
      judge(report, on_error);
      if (report.status == LoadStatus::LoadFailed) {
        loaded.reports.push_back(std::move(report));
        continue;
      }
      report.count = {};
    }
    if (!appender) {
      TRY(appender, work.append(*table, filled, plan.defaults));
    }
    TableSink sink(work, *appender, plan);
    if (const auto status = read_file(buckets, plan, report, rows, sink, report.count); !status) {
      if (!is_of_the_file(status.error()) || on_error.mode == OnError::Mode::Abort) return base::fail(status.error());
      add_read_error(report.count, status.error());
    }
    if (!rows.too_wide().empty()) break;
    if (on_error.mode == OnError::Mode::Abort && report.count.errors_seen > 0)
      return base::fail(abort_error(report, !preview));
    wanted -= std::min(wanted, report.count.rows_parsed);
    judge(report, on_error);
    loaded.reports.push_back(std::move(report));
  }
  loaded.too_wide = rows.too_wide();
  if (appender && loaded.too_wide.empty()) TRY_VOID(appender->close());
  return loaded;
}

base::Status widen_columns(engine::EngineSession& session, const catalog::Record& table,
                           const std::set<catalog::ColumnId>& columns,
                           const engine::EngineSession::WorkOptions& options) {
  engine::EngineSession::WorkOptions own = options;
  own.own_commit = true;
  TRY(auto work, session.begin_work(own));
  TRY_VOID(work->lock(table.id, engine::LockMode::Exclusive));
  const auto now = work->catalog().find(table.id);
  if (!now) return base::fail(catalog::not_found(catalog::ObjectKind::Table, table.name));
  return work->widen(*now, std::vector<catalog::ColumnId>(columns.begin(), columns.end()));
}

}  // namespace load
