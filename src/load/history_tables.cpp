#include "load/history_tables.h"

#include "load/load_history.h"

namespace load {
namespace {

using catalog::LogicalType;
using engine::ResultColumn;

ResultColumn text(std::string name) { return {.name = std::move(name), .type = LogicalType::text()}; }
ResultColumn count(std::string name) { return {.name = std::move(name), .type = LogicalType::number()}; }
ResultColumn time(std::string name) { return {.name = std::move(name), .type = LogicalType::timestamp_ltz(3)}; }

constexpr std::size_t kLoadHistoryRows = 10'000;

/// The tables of the catalog as rows (id, segment, database, schema, name), for joins with the history: in it a table
/// is an id.
std::string tables_sql(const catalog::Snapshot& catalog, const catalog::Record* only,
                       std::optional<catalog::ObjectId> database, const catalog::AccessPtr& access) {
  std::vector<std::string> rows;
  for (const catalog::RecordPtr& table : catalog.list(catalog::ObjectKind::Table, std::nullopt)) {
    if (table->kind != catalog::ObjectKind::Table || (only && table->id != only->id)) continue;
    const auto schema = catalog.find(table->container);
    const auto home = schema ? catalog.find(schema->container) : nullptr;
    if (!home || (database && home->id != *database)) continue;
    if (!catalog::visible(access, *table) || !catalog::visible(access, *schema)) continue;
    rows.push_back(fmt::format("({}, {}, {}, {}, {})", table->id.value,
                               std::get<catalog::TableBody>(table->body).segments.back().id.value, sql_text(home->name),
                               sql_text(schema->name), sql_text(table->name)));
  }
  if (rows.empty()) return "(SELECT 0 AS id, 0 AS segment, '' AS database, '' AS schema, '' AS name WHERE false)";
  return fmt::format("(SELECT * FROM (VALUES {}) AS v(id, segment, database, schema, name))", fmt::join(rows, ", "));
}

std::string pipes_sql(const catalog::Snapshot& catalog) {
  std::vector<std::string> rows{"(0, NULL, NULL, NULL)"};  // COPY
  for (const catalog::RecordPtr& pipe : catalog.list(catalog::ObjectKind::Pipe, std::nullopt)) {
    const auto schema = catalog.find(pipe->container);
    const auto home = schema ? catalog.find(schema->container) : nullptr;
    if (home)
      rows.push_back(fmt::format("({}, {}, {}, {})", pipe->id.value, sql_text(home->name), sql_text(schema->name),
                                 sql_text(pipe->name)));
  }
  return fmt::format("(SELECT * FROM (VALUES {}) AS v(id, database, schema, name))", fmt::join(rows, ", "));
}

std::string instant_sql(std::string_view ns) { return fmt::format("make_timestamp({} // 1000)", ns); }

std::string rejects_sql(std::string_view condition) {
  return fmt::format(
      "SELECT error, file_name, nullif(line, 0), CASE WHEN line = 0 THEN NULL ELSE \"character\" END, CASE WHEN line = "
      "0 THEN NULL ELSE byte_offset END, category, code, sql_state,"
      " nullif(column_name, ''), row_number, row_start_line, rejected_record FROM meta.load_rejects WHERE {} ORDER BY "
      "at_ns, file_name, row_number, byte_offset",
      condition);
}

}  // namespace

std::vector<ResultColumn> reject_columns() {
  return {text("ERROR"),        text("FILE"),        count("LINE"),           count("CHARACTER"),
          count("BYTE_OFFSET"), text("CATEGORY"),    count("CODE"),           text("SQL_STATE"),
          text("COLUMN_NAME"),  count("ROW_NUMBER"), count("ROW_START_LINE"), text("REJECTED_RECORD")};
}

HistoryResult copy_history(engine::Work& work, const CopyHistoryQuery& query) {
  const std::string sql = fmt::format(
      "SELECT h.file_name, h.stage_location, {}, h.row_count, h.row_parsed, h.file_size, h.first_error, "
      "h.first_error_line, h.first_error_character, h.first_error_column, h.error_count,"
      " h.error_limit, CASE h.status WHEN 'LOADED' THEN 'Loaded' WHEN 'PARTIALLY_LOADED' THEN 'Partially loaded' WHEN "
      "'LOAD_FAILED' THEN 'Load failed' ELSE 'Load skipped' END,"
      " t.database, t.schema, t.name, p.database, p.schema, p.name, CASE WHEN h.pipe_id = 0 THEN NULL ELSE {} END, "
      "CASE WHEN h.pipe_id = 0 THEN NULL ELSE h.file_size END"
      " FROM meta.load_history AS h JOIN {} AS t ON h.table_id = t.id AND h.segment = t.segment JOIN {} AS p ON "
      "h.pipe_id = p.id"
      " WHERE h.loaded_at_ns >= {} AND h.loaded_at_ns <= {}{} ORDER BY h.loaded_at_ns, h.file_name",
      instant_sql("h.loaded_at_ns"), instant_sql("h.received_at_ns"),
      tables_sql(work.catalog(), query.table, std::nullopt, nullptr), pipes_sql(work.catalog()), query.from.ns,
      query.until.ns, query.pipe ? fmt::format(" AND h.pipe_id = {}", query.pipe->value) : "");
  return work.query(sql, {text("FILE_NAME"),
                          text("STAGE_LOCATION"),
                          time("LAST_LOAD_TIME"),
                          count("ROW_COUNT"),
                          count("ROW_PARSED"),
                          count("FILE_SIZE"),
                          text("FIRST_ERROR_MESSAGE"),
                          count("FIRST_ERROR_LINE_NUMBER"),
                          count("FIRST_ERROR_CHARACTER_POS"),
                          text("FIRST_ERROR_COLUMN_NAME"),
                          count("ERROR_COUNT"),
                          count("ERROR_LIMIT"),
                          text("STATUS"),
                          text("TABLE_CATALOG_NAME"),
                          text("TABLE_SCHEMA_NAME"),
                          text("TABLE_NAME"),
                          text("PIPE_CATALOG_NAME"),
                          text("PIPE_SCHEMA_NAME"),
                          text("PIPE_NAME"),
                          time("PIPE_RECEIVED_TIME"),
                          count("BYTES_BILLED")});
}

HistoryResult load_history(engine::Work& work, std::optional<catalog::ObjectId> database, base::Instant now,
                           const catalog::AccessPtr& access) {
  const std::string sql = fmt::format(
      "SELECT t.schema, h.path, t.name, {}, CASE h.status WHEN 'LOADED' THEN 'LOADED' WHEN 'PARTIALLY_LOADED' THEN "
      "'PARTIALLY LOADED' ELSE 'LOAD FAILED' END, h.row_count, h.row_parsed,"
      " h.first_error, h.first_error_line, h.first_error_character, h.first_error_column, h.error_count, h.error_limit "
      "FROM meta.load_history AS h JOIN {} AS t ON h.table_id = t.id"
      " AND h.segment = t.segment WHERE h.pipe_id = 0 AND h.loaded_at_ns >= {} ORDER BY h.loaded_at_ns DESC, h.path "
      "LIMIT {}",
      instant_sql("h.loaded_at_ns"), tables_sql(work.catalog(), nullptr, database, access),
      (now - std::chrono::hours(24 * kHistoryDays)).ns, kLoadHistoryRows);
  return work.query(sql, {text("SCHEMA_NAME"), text("FILE_NAME"), text("TABLE_NAME"), time("LAST_LOAD_TIME"),
                          text("STATUS"), count("ROW_COUNT"), count("ROW_PARSED"), text("FIRST_ERROR_MESSAGE"),
                          count("FIRST_ERROR_LINE_NUMBER"), count("FIRST_ERROR_CHARACTER_POSITION"),
                          text("FIRST_ERROR_COL_NAME"), count("ERROR_COUNT"), count("ERROR_LIMIT")});
}

HistoryResult rejects_of_copy(engine::Work& work, const catalog::Record& table, const std::string& query_id) {
  return work.query(
      rejects_sql(fmt::format("pipe_id = 0 AND table_id = {} AND query_id = {}", table.id.value, sql_text(query_id))),
      reject_columns());
}

base::Result<std::string> newest_copy(engine::Work& work, const catalog::Record& table,
                                      const std::vector<std::string>& query_ids) {
  std::vector<std::string> ids;
  for (const std::string& id : query_ids) ids.push_back(sql_text(id));
  if (ids.empty()) return std::string{};
  TRY(const auto rows, work.query(fmt::format("SELECT arg_max(query_id, loaded_at_ns) FROM meta.load_history WHERE "
                                              "pipe_id = 0 AND table_id = {} AND query_id IN ({})",
                                              table.id.value, fmt::join(ids, ", ")),
                                  {text("QUERY_ID")}));
  const auto value = rows->value(0, 0);
  const auto* id = std::get_if<std::string>(&value);
  return id ? *id : std::string{};
}

HistoryResult rejects_of_pipe(engine::Work& work, catalog::ObjectId pipe, base::Instant from, base::Instant until) {
  return work.query(
      rejects_sql(fmt::format("pipe_id = {} AND at_ns >= {} AND at_ns <= {}", pipe.value, from.ns, until.ns)),
      reject_columns());
}

}  // namespace load
