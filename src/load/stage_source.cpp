#include "load/stage_source.h"

#include "engine/carrier.h"
#include "load/decoder.h"
#include "sql/printer.h"

namespace load {
namespace {

using catalog::LogicalType;
using engine::Carrier;

constexpr std::size_t kWidthMin = 64;  // $n beyond the widest record is NULL
constexpr std::size_t kRowsPerInsert = 1000;

tl::unexpected<base::Error> unsupported(std::string_view what) {
  return base::fail({base::ErrorKind::Unsupported, 2, "0A000", fmt::format("SQL compilation error:\nUnsupported feature '{}'.", what), {}});
}

std::string timestamp_text(base::Instant time) { return fmt::format("make_timestamp({})", time.ns / 1000); }

/// Calls `take` for every record that is no skipped blank line.
template <class Take>
base::Status each_record(store::ObjectStore& store, const StageLocation& location, const StagedFile& file, const FileFormat& format, Take take) {
  TRY(auto reader, store.open_reader(location.bucket, file.key));
  const std::string name = location.relative_name(file.key);
  TRY(auto text, open_text(object_source(std::shared_ptr<const store::ObjectReader>(std::move(reader))), name, format));
  CsvParser parser(std::move(text), format);
  for (;;) {
    TRY(const CsvRecord* record, parser.next());
    if (!record) return {};
    if (record->problem) {
      const FilePosition at = position_in(*record, record->problem_at);
      return base::fail({base::ErrorKind::InvalidValue, record->problem->number, record->problem->sqlstate,
                         fmt::format("{}\n  File '{}', line {}, character {}\n  Row {}, column", record->problem->message, name, at.line, at.character, record->number), {}});
    }
    if (format.skip_blank_lines && record->blank()) continue;
    TRY_VOID(take(parser, *record));
    parser.forget();
  }
}

/// The value of a field as $n: NULL by NULL_IF and for unenclosed empties, else text.
std::string field_text(const CsvParser& parser, const CsvRecord& record, const CsvField& field, const FileFormat& format, std::string& scratch) {
  const std::string_view raw = record.text_of(field);
  const auto null = [&](std::string_view text) { return std::ranges::find(format.null_if, text) != format.null_if.end(); };
  if (null(raw) || (raw.empty() && !field.enclosed && format.empty_field_as_null)) return "NULL";
  const std::string_view text = parser.unescaped(record, field, scratch);
  return null(text) ? "NULL" : sql_text(text);
}

const sql::Select* select_of(const sql::Query& query) { return std::get_if<sql::Select>(&query.body); }

/// Answers with the rows of one file, whatever the reference says.
class OneFile final : public engine::RelationSource {
 public:
  OneFile(engine::Relation relation) : relation_(std::move(relation)) {}
  base::Result<std::optional<engine::Relation>> relation(const sql::TableRef& ref, engine::BindContext&) override {
    if (!std::holds_alternative<sql::StageTable>(ref.node) && !std::holds_alternative<sql::LocationTable>(ref.node)) return std::nullopt;
    return relation_;
  }

 private:
  engine::Relation relation_;
};

}  // namespace

base::Result<engine::Relation> staged_rows(engine::Work& work, store::ObjectStore& store, const StageLocation& location, const std::vector<StagedFile>& files,
                                           const FileFormat& format, base::Instant scan_time, std::uint64_t& records) {
  if (format.type != FileType::Csv) return unsupported(fmt::format("queries on staged files of type {}", name_of(format.type)));
  TRY_VOID(check_readable(format));
  std::size_t width = 1;
  for (const StagedFile& file : files)
    TRY_VOID(each_record(store, location, file, format, [&](const CsvParser&, const CsvRecord& record) -> base::Status {
      width = std::max(width, record.fields.size());
      return {};
    }));
  std::string columns;
  for (std::size_t i = 1; i <= width; ++i) columns += fmt::format("NULL::VARCHAR AS f{}, ", i);
  TRY(const std::string table, work.scratch("SELECT " + columns + "NULL::VARCHAR AS m_name, NULL::BIGINT AS m_row, NULL::VARCHAR AS m_key, NULL::TIMESTAMP AS m_modified LIMIT 0"));

  std::vector<std::string> rows;
  const auto flush = [&]() -> base::Status {
    if (!rows.empty()) TRY_VOID(work.execute(fmt::format("INSERT INTO {} VALUES {}", table, fmt::join(rows, ", "))));
    rows.clear();
    return {};
  };
  std::string scratch;
  for (const StagedFile& file : files) {
    const std::string tail = fmt::format(", {}, {}", sql_text(file.etag), timestamp_text(file.last_modified));
    const std::string name = sql_text(location.relative_name(file.key));
    std::uint64_t number = 0;
    TRY_VOID(each_record(store, location, file, format, [&](const CsvParser& parser, const CsvRecord& record) -> base::Status {
      std::string row = "(";
      for (std::size_t i = 0; i < width; ++i)
        row += (i < record.fields.size() ? field_text(parser, record, record.fields[i], format, scratch) : "NULL") + ", ";
      rows.push_back(row + name + fmt::format(", {}", ++number) + tail + ")");
      ++records;
      return rows.size() == kRowsPerInsert ? flush() : base::Status{};
    }));
  }
  TRY_VOID(flush());

  const std::int64_t length = location.kind == StageLocation::Kind::Table ? LogicalType::kMaxTextLength : 134'217'728;
  engine::Relation relation;
  std::string sql = "(SELECT ";
  for (std::size_t i = 1; i <= std::max(width, kWidthMin); ++i) {
    sql += i <= width ? fmt::format("f{}, ", i) : fmt::format("NULL::VARCHAR AS f{}, ", i);
    relation.columns.push_back({.name = fmt::format("${}", i), .type = LogicalType::text(length), .carrier = Carrier::Text, .physical = fmt::format("f{}", i), .in_star = false});
  }
  relation.sql = sql + fmt::format("m_name, m_row, m_key, m_modified, {} AS m_scan FROM {})", timestamp_text(scan_time), table);
  const auto add = [&](std::string name, LogicalType type, std::string physical) {
    relation.columns.push_back({.name = std::move(name), .type = type, .carrier = engine::carrier_of(type, false), .physical = std::move(physical), .in_star = false});
  };
  add("METADATA$FILENAME", LogicalType::text(), "m_name");
  add("METADATA$FILE_ROW_NUMBER", LogicalType::number(), "m_row");
  add("METADATA$FILE_CONTENT_KEY", LogicalType::text(), "m_key");
  add("METADATA$FILE_LAST_MODIFIED", LogicalType::timestamp_ntz(), "m_modified");
  add("METADATA$START_SCAN_TIME", LogicalType::timestamp_ltz(), "m_scan");
  return relation;
}

base::Result<std::optional<engine::Relation>> StageSource::relation(const sql::TableRef& ref, engine::BindContext& context) {
  const auto* staged = std::get_if<sql::StageTable>(&ref.node);
  const auto* url = std::get_if<sql::LocationTable>(&ref.node);
  if (!staged && !url) return std::nullopt;
  const sql::Location place = staged ? sql::Location{staged->stage} : sql::Location{sql::StringLiteral{url->url}};
  const auto& catalog = context.work.catalog();
  const auto& statement = context.statement;
  TRY(const StageLocation location, locate(catalog, statement.names, statement.user, place));
  sql::Options written;
  for (const sql::Argument& argument : staged ? staged->options : url->options) {
    const auto* text = std::get_if<sql::StringLiteral>(&argument.value.node);
    if (!argument.name || !text || (argument.name->name != "FILE_FORMAT" && argument.name->name != "PATTERN"))
      return base::fail(invalid_parameter(argument.name ? argument.name->name : "?"));
    written.push_back({.name = *argument.name, .value = {.node = sql::OptionString{text->value}}});
  }
  TRY(const CopyOptions options, CopyOptions::read(written, location.stage.get(), catalog, statement.names));
  std::optional<Pattern> pattern;
  if (options.pattern) {
    TRY(pattern, Pattern::compile(*options.pattern));
  }
  TRY(auto files, list_files(store_, location));
  TRY(files, matching(location, std::move(files), pattern));
  std::uint64_t records = 0;
  TRY(auto relation, staged_rows(context.work, store_, location, files, options.format, statement.now, records));
  return relation;
}

base::Status check_transformation(const sql::Query& query) {
  const sql::Select* select = select_of(query);
  if (!select) return unsupported("COPY from a set operation or VALUES");
  if (!query.with.empty()) return unsupported("WITH in a COPY transformation");
  if (!query.order_by.empty() || query.order_by_all) return unsupported("ORDER BY in a COPY transformation");
  if (query.limit || query.offset || select->top) return unsupported("LIMIT in a COPY transformation");
  if (select->where) return unsupported("WHERE in a COPY transformation");
  if (!select->group_by.empty() || select->group_by_all || select->having) return unsupported("GROUP BY in a COPY transformation");
  if (select->qualify) return unsupported("QUALIFY in a COPY transformation");
  if (select->distinct) return unsupported("DISTINCT in a COPY transformation");
  TRY_VOID(source_of(query));
  return {};
}

base::Result<sql::Location> source_of(const sql::Query& query) {
  const sql::Select* select = select_of(query);
  if (select && select->from.size() == 1) {
    if (const auto* staged = std::get_if<sql::StageTable>(&select->from[0].node)) return sql::Location{staged->stage};
    if (const auto* url = std::get_if<sql::LocationTable>(&select->from[0].node)) return sql::Location{sql::StringLiteral{url->url}};
  }
  return unsupported("COPY from a query that reads anything but one stage");
}

base::Result<Transformed> transform_file(engine::Work& work, store::ObjectStore& store, const CopyPlan& plan, const StagedFile& file, bool keep) {
  Transformed result;
  engine::StatementContext statement = plan.context;
  TRY(engine::Relation relation, staged_rows(work, store, plan.location, {file}, plan.options.format, statement.now, result.records));
  OneFile source(std::move(relation));
  engine::BindContext context{.statement = statement, .work = work, .sources = {&source}};
  TRY(const engine::BoundQuery bound, engine::bind_query(*plan.transformation, context));
  const auto table = work.catalog().find(plan.table->id);
  if (!table) return base::fail(catalog::not_found(catalog::ObjectKind::Table, plan.table->name));
  if (bound.columns.size() != plan.columns.size())
    return base::fail({base::ErrorKind::InvalidValue, 2020, "21S01",
                       fmt::format("SQL compilation error:\nInsert value list does not match column list expecting {} but got {}", plan.columns.size(), bound.columns.size()), {}});
  std::string list = "SELECT CAST(NULL AS BIGINT) AS _row";
  for (const catalog::Column& column : std::get<catalog::TableBody>(table->body).columns) {
    const auto place = std::ranges::find(plan.columns, column.id);
    if (place == plan.columns.end()) {
      const auto constant = plan.defaults.find(column.id);
      if (std::ranges::find(plan.identities, column.id, &CopyPlan::Identity::column) != plan.identities.end())
        return unsupported(fmt::format("COPY transformation that leaves out column {} with AUTOINCREMENT", column.name));
      list += fmt::format(", CAST({} AS {})", constant == plan.defaults.end() ? "NULL" : constant->second, engine::physical_type(column));
      continue;
    }
    const auto index = static_cast<std::size_t>(place - plan.columns.begin());
    engine::BoundExpr value{.expr = {.node = sql::RawSql{fmt::format("x._{}", index)}}, .type = bound.columns[index].type, .carrier = bound.columns[index].carrier};
    TRY(value, engine::assign(std::move(value), column.type, engine::carrier_of(column), context));
    list += ", " + sql::print(value.expr, sql::Dialect::DuckDb);
  }
  const std::string rows = list + " FROM (" + bound.sql + ") AS x";
  if (!keep) {
    TRY_VOID(work.scratch(rows));
    return result;
  }
  TRY(const auto changed, work.change(*table, {.ended_sql = "", .made_sql = rows}));
  result.rows = static_cast<std::uint64_t>(changed.made);
  return result;
}

}  // namespace load
