#include "load/stage_source.h"

#include "engine/carrier.h"
#include "load/decoder.h"
#include "load/json_documents.h"
#include "sql/printer.h"

namespace load {
namespace {

using catalog::LogicalType;
using engine::Carrier;

constexpr std::size_t kWidthMin = 64;  // $n beyond the widest record is NULL
constexpr std::size_t kRowsPerInsert = 1000;

base::Failure<base::Error> unsupported(std::string_view what) {
  return base::fail({base::ErrorKind::Unsupported,
                     2,
                     "0A000",
                     fmt::format("SQL compilation error:\nUnsupported feature '{}'.", what),
                     {}});
}

std::string timestamp_text(base::Instant time) { return fmt::format("make_timestamp({})", time.ns / 1000); }

/// Calls `take` for every record that is no skipped blank line.
template <class Take>
base::Status each_record(store::Buckets& buckets, const StageLocation& location, const StagedFile& file,
                         const FileFormat& format, Take take) {
  TRY(auto reader, open_file(buckets, location, file));
  const std::string name = location.relative_name(file.key);
  TRY(auto text, open_text(object_source(std::move(reader)), name, format));
  CsvParser parser(std::move(text), format);
  for (;;) {
    TRY(const CsvRecord* record, parser.next());
    if (!record) return {};
    if (record->problem) {
      const FilePosition at = position_in(*record, record->problem_at);
      return base::fail({base::ErrorKind::InvalidValue,
                         record->problem->number,
                         record->problem->sqlstate,
                         fmt::format("{}\n  File '{}', line {}, character {}\n  Row {}, column",
                                     record->problem->message, name, at.line, at.character, record->number),
                         {}});
    }
    if (format.skip_blank_lines && record->blank()) continue;
    TRY_VOID(take(parser, *record));
    parser.forget();
  }
}

/// The value of a field as $n: NULL by NULL_IF and for unenclosed empties, else text.
std::string field_text(const CsvParser& parser, const CsvRecord& record, const CsvField& field,
                       const FileFormat& format, std::string& scratch) {
  const std::string_view raw = record.text_of(field);
  const auto null = [&](std::string_view text) {
    return std::ranges::find(format.null_if, text) != format.null_if.end();
  };
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
    if (!std::holds_alternative<sql::StageTable>(ref.node) && !std::holds_alternative<sql::LocationTable>(ref.node))
      return std::nullopt;
    return relation_;
  }

 private:
  engine::Relation relation_;
};

}  // namespace

namespace {

/// Collects rows for a scratch table and inserts them by the thousand.
class ScratchRows {
 public:
  static base::Result<ScratchRows> make(engine::Work& work, std::string_view fields) {
    TRY(std::string table, work.scratch(fmt::format("SELECT {}NULL::VARCHAR AS m_name, NULL::BIGINT AS m_row, "
                                                    "NULL::VARCHAR AS m_key, NULL::TIMESTAMP AS m_modified LIMIT 0",
                                                    fields)));
    return ScratchRows(work, std::move(table));
  }
  /// `fields`: the values of a record, each with a comma behind it.
  base::Status add(std::string_view fields, const StageLocation& location, const StagedFile& file,
                   std::uint64_t number) {
    rows_.push_back(fmt::format("({}{}, {}, {}, {})", fields, sql_text(location.relative_name(file.key)), number,
                                sql_text(file.etag), timestamp_text(file.last_modified)));
    return rows_.size() == kRowsPerInsert ? flush() : base::Status{};
  }
  base::Status flush() {
    if (!rows_.empty())
      TRY_VOID(work_.execute(fmt::format("INSERT INTO {} VALUES {}", table_, fmt::join(rows_, ", "))));
    rows_.clear();
    return {};
  }
  const std::string& table() const { return table_; }

 private:
  ScratchRows(engine::Work& work, std::string table) : work_(work), table_(std::move(table)) {}
  engine::Work& work_;
  std::string table_;
  std::vector<std::string> rows_;
};

void add_metadata(engine::Relation& relation) {
  const auto add = [&](std::string name, LogicalType type, std::string physical) {
    relation.columns.push_back({.name = std::move(name),
                                .type = type,
                                .carrier = engine::carrier_of(type, false),
                                .physical = std::move(physical),
                                .in_star = false});
  };
  add("METADATA$FILENAME", LogicalType::text(), "m_name");
  add("METADATA$FILE_ROW_NUMBER", LogicalType::number(), "m_row");
  add("METADATA$FILE_CONTENT_KEY", LogicalType::text(), "m_key");
  add("METADATA$FILE_LAST_MODIFIED", LogicalType::timestamp_ntz(), "m_modified");
  add("METADATA$START_SCAN_TIME", LogicalType::timestamp_ltz(), "m_scan");
}

base::Result<StagedRows> csv_rows(engine::Work& work, store::Buckets& buckets, const StageLocation& location,
                                  const std::vector<StagedFile>& files, const FileFormat& format,
                                  base::Instant scan_time) {
  StagedRows staged;
  std::size_t width = 1;
  for (const StagedFile& file : files)
    TRY_VOID(
        each_record(buckets, location, file, format, [&](const CsvParser&, const CsvRecord& record) -> base::Status {
          width = std::max(width, record.fields.size());
          return {};
        }));
  std::string columns;
  for (std::size_t i = 1; i <= width; ++i) columns += fmt::format("NULL::VARCHAR AS f{}, ", i);
  TRY(ScratchRows rows, ScratchRows::make(work, columns));
  std::string scratch;
  for (const StagedFile& file : files) {
    std::uint64_t number = 0;
    bool header = format.parse_header;
    TRY_VOID(each_record(
        buckets, location, file, format, [&](const CsvParser& parser, const CsvRecord& record) -> base::Status {
          if (header) {
            header = false;
            if (&file == &files.front())
              for (const CsvField& field : record.fields)
                staged.header.emplace_back(parser.unescaped(record, field, scratch));
            return {};
          }
          std::string fields;
          for (std::size_t i = 0; i < width; ++i)
            fields +=
                (i < record.fields.size() ? field_text(parser, record, record.fields[i], format, scratch) : "NULL") +
                ", ";
          ++staged.records;
          return rows.add(fields, location, file, ++number);
        }));
  }
  TRY_VOID(rows.flush());
  const std::int64_t length = location.kind == StageLocation::Kind::Table ? LogicalType::kMaxTextLength : 134'217'728;
  std::string sql = "(SELECT ";
  for (std::size_t i = 1; i <= std::max(width, kWidthMin); ++i) {
    sql += i <= width ? fmt::format("f{}, ", i) : fmt::format("NULL::VARCHAR AS f{}, ", i);
    staged.relation.columns.push_back({.name = fmt::format("${}", i),
                                       .type = LogicalType::text(length),
                                       .carrier = Carrier::Text,
                                       .physical = fmt::format("f{}", i),
                                       .in_star = false});
  }
  staged.relation.sql = sql + fmt::format("m_name, m_row, m_key, m_modified, {} AS m_scan FROM {})",
                                          timestamp_text(scan_time), rows.table());
  add_metadata(staged.relation);
  return staged;
}

/// Calls `take` with each document of a JSON file, as canonical text.
template <class Take>
base::Status each_json_document(store::Buckets& buckets, const StageLocation& location, const StagedFile& file,
                                const FileFormat& format, Take take) {
  TRY(auto reader, open_file(buckets, location, file));
  TRY(auto text, open_text(object_source(std::move(reader)), location.relative_name(file.key), format));
  JsonDocuments documents(std::move(text), format);
  for (;;) {
    TRY(const auto document, documents.next());
    if (!document) return {};
    TRY_VOID(take(*document));
  }
}

/// The same with each row of a Parquet file: an object of its columns, NULLs left out.
template <class Take>
base::Status each_parquet_row(engine::Work& work, store::Buckets& buckets, const StageLocation& location,
                              const StagedFile& file, Take take) {
  constexpr std::string_view kRowNumber = "file_row_number";  // how the engine names it
  TRY(const auto reader, open_file(buckets, location, file, store::ReadAs::File));
  const std::string path = reader->whole_file();
  const std::string name = location.relative_name(file.key);
  if (path.empty())
    return base::fail(
        {base::ErrorKind::InvalidValue, 100330, "22000", fmt::format("File '{}' is no Parquet file.", name), {}});
  const auto rows = work.query(
      fmt::format("SELECT CAST(to_json(x) AS VARCHAR) AS _0 FROM read_parquet({}, {} = true) AS x ORDER BY {}",
                  sql_text(path), kRowNumber, kRowNumber),
      {{.name = "ROW", .type = LogicalType::text()}});
  if (!rows)
    return base::fail({base::ErrorKind::InvalidValue,
                       100330,
                       "22000",
                       fmt::format("File '{}' cannot be read as Parquet.", name),
                       {}});
  for (std::uint64_t row = 0; row < (*rows)->row_count(); ++row) {
    std::string problem;
    auto value = engine::parse_json(std::get<std::string>((*rows)->value(row, 0)), problem);
    if (!value)
      return base::fail(
          {base::ErrorKind::InvalidValue, 100069, "22P02", fmt::format("Error parsing JSON: {}", problem), {}});
    std::erase_if(value->members, [&](const engine::JsonMember& member) { return member.first == kRowNumber; });
    TRY_VOID(take(document_text(*std::move(value), true)));
  }
  return {};
}

base::Result<StagedRows> document_rows(engine::Work& work, store::Buckets& buckets, const StageLocation& location,
                                       const std::vector<StagedFile>& files, const FileFormat& format,
                                       base::Instant scan_time) {
  StagedRows staged;
  TRY(ScratchRows rows, ScratchRows::make(work, "NULL::BLOB AS f1, "));
  for (const StagedFile& file : files) {
    std::uint64_t number = 0;
    const auto take = [&](const std::string& document) {
      ++staged.records;
      return rows.add(fmt::format("encode({}), ", sql_text(document)), location, file, ++number);
    };
    if (format.type == FileType::Json) {
      TRY_VOID(each_json_document(buckets, location, file, format, take));
    } else {
      TRY_VOID(each_parquet_row(work, buckets, location, file, take));
    }
  }
  TRY_VOID(rows.flush());
  staged.relation.columns.push_back(
      {.name = "$1", .type = LogicalType::variant(), .carrier = Carrier::Blob, .physical = "f1", .in_star = false});
  staged.relation.sql = fmt::format("(SELECT f1, m_name, m_row, m_key, m_modified, {} AS m_scan FROM {})",
                                    timestamp_text(scan_time), rows.table());
  add_metadata(staged.relation);
  return staged;
}

}  // namespace

base::Result<StagedRows> staged_rows(engine::Work& work, store::Buckets& buckets, const StageLocation& location,
                                     const std::vector<StagedFile>& files, const FileFormat& format,
                                     base::Instant scan_time) {
  switch (format.type) {
    case FileType::Csv:
      TRY_VOID(check_readable(format));
      return csv_rows(work, buckets, location, files, format, scan_time);
    case FileType::Json:
      TRY_VOID(check_readable(format));
      if (format.allow_duplicate) return unsupported("ALLOW_DUPLICATE = TRUE");
      if (format.enable_octal) return unsupported("ENABLE_OCTAL = TRUE");
      return document_rows(work, buckets, location, files, format, scan_time);
    case FileType::Parquet: return document_rows(work, buckets, location, files, format, scan_time);
    case FileType::Avro:
    case FileType::Orc:
    case FileType::Xml: break;
  }
  return unsupported(fmt::format("staged files of type {}", name_of(format.type)));
}

base::Result<std::optional<engine::Relation>> StageSource::relation(const sql::TableRef& ref,
                                                                    engine::BindContext& context) {
  const auto* staged = std::get_if<sql::StageTable>(&ref.node);
  const auto* url = std::get_if<sql::LocationTable>(&ref.node);
  if (!staged && !url) return std::nullopt;
  const sql::Location place = staged ? sql::Location{staged->stage} : sql::Location{sql::StringLiteral{url->url}};
  const auto& catalog = context.work.catalog();
  const auto& statement = context.statement;
  TRY(const StageLocation location, locate(catalog, statement.names, statement.user, place));
  sql::Options written;
  for (const sql::Argument& argument : staged ? staged->options : url->options) {
    const bool is_format = argument.name && argument.name->name == "FILE_FORMAT";
    const auto* text = std::get_if<sql::StringLiteral>(&argument.value.node);
    const auto* name = is_format ? std::get_if<sql::ColumnRef>(&argument.value.node) : nullptr;
    if (name)
      written.push_back(
          {.name = *argument.name, .value = {.node = sql::OptionWord{.name = {.parts = name->parts}, .written = {}}}});
    else if (text && (is_format || (argument.name && argument.name->name == "PATTERN")))
      written.push_back({.name = *argument.name, .value = {.node = sql::OptionString{text->value}}});
    else
      return base::fail(invalid_parameter(argument.name ? argument.name->name : "?"));
  }
  TRY(const CopyOptions options, CopyOptions::read(written, location.stage.get(), catalog, statement.names));
  std::optional<Pattern> pattern;
  if (options.pattern) {
    TRY(pattern, Pattern::compile(*options.pattern));
  }
  TRY(auto files, list_files(buckets_, location));
  TRY(files, matching(location, std::move(files), pattern));
  TRY(StagedRows rows, staged_rows(context.work, buckets_, location, files, options.format, statement.now));
  return std::move(rows.relation);
}

base::Status check_transformation(const sql::Query& query) {
  const sql::Select* select = select_of(query);
  if (!select) return unsupported("COPY from a set operation or VALUES");
  if (!query.with.empty()) return unsupported("WITH in a COPY transformation");
  if (!query.order_by.empty() || query.order_by_all) return unsupported("ORDER BY in a COPY transformation");
  if (query.limit || query.offset || select->top) return unsupported("LIMIT in a COPY transformation");
  if (select->where) return unsupported("WHERE in a COPY transformation");
  if (!select->group_by.empty() || select->group_by_all || select->having)
    return unsupported("GROUP BY in a COPY transformation");
  if (select->qualify) return unsupported("QUALIFY in a COPY transformation");
  if (select->distinct) return unsupported("DISTINCT in a COPY transformation");
  TRY_VOID(source_of(query));
  return {};
}

base::Result<sql::Location> source_of(const sql::Query& query) {
  const sql::Select* select = select_of(query);
  if (select && select->from.size() == 1) {
    if (const auto* staged = std::get_if<sql::StageTable>(&select->from[0].node)) return sql::Location{staged->stage};
    if (const auto* url = std::get_if<sql::LocationTable>(&select->from[0].node))
      return sql::Location{sql::StringLiteral{url->url}};
  }
  return unsupported("COPY from a query that reads anything but one stage");
}

namespace {

sql::TypeName type_name(const LogicalType& type) {
  const std::string text = catalog::to_text(type);
  sql::TypeName name{.name = text.substr(0, text.find('('))};
  using catalog::TypeKind;
  if (type.kind == TypeKind::Number)
    name.params = {type.precision, type.scale};
  else if (type.kind == TypeKind::Text || type.kind == TypeKind::Binary)
    name.params = {type.length};
  else if (type.kind == TypeKind::Time || type.is_timestamp())
    name.params = {type.scale};
  return name;
}

bool same_name(std::string_view one, std::string_view other, MatchBy match) {
  if (match == MatchBy::CaseSensitive) return one == other;
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  return std::ranges::equal(one, other, {}, upper, upper);
}

/// MATCH_BY_COLUMN_NAME as a transformation: each column of the table from the field of its name, cast; NULL where
/// there is none.
sql::Query matched_columns(const CopyPlan& plan, const std::vector<std::string>& header) {
  sql::Select select;
  const bool documents = plan.options.format.type != FileType::Csv;
  const auto& body = std::get<catalog::TableBody>(plan.table->body);
  for (const catalog::ColumnId id : plan.columns) {
    const catalog::Column& column = *std::ranges::find(body.columns, id, &catalog::Column::id);
    sql::Expr value{.node = sql::NullLiteral{}};
    if (documents && plan.options.match == MatchBy::CaseSensitive) {
      value.node =
          sql::PathAccess{.value = sql::Expr{.node = sql::PositionalRef{{}, 1}}, .key = column.name, .quoted = true};
    } else if (documents) {
      value.node = sql::FunctionCall{.name = {.parts = {{.name = "GET_IGNORE_CASE"}}},
                                     .arguments = {{.name = {}, .value = {.node = sql::PositionalRef{{}, 1}}},
                                                   {.name = {}, .value = {.node = sql::StringLiteral{column.name}}}}};
    } else {
      const auto field = std::ranges::find_if(
          header, [&](const std::string& name) { return same_name(name, column.name, plan.options.match); });
      if (field != header.end())
        value.node = sql::PositionalRef{{}, static_cast<std::uint32_t>(field - header.begin() + 1)};
    }
    select.items.push_back({.value = {.node = sql::Cast{.kind = sql::CastKind::Cast,
                                                        .value = std::move(value),
                                                        .type = type_name(column.type)}},
                            .alias = {}});
  }
  select.from.push_back({.node = sql::StageTable{}, .alias = {}, .sample = {}});
  return {.body = std::move(select)};
}

}  // namespace

base::Result<Transformed> transform_file(engine::Work& work, store::Buckets& buckets, const CopyPlan& plan,
                                         const StagedFile& file, bool keep) {
  Transformed result;
  engine::StatementContext statement = plan.context;
  TRY(StagedRows staged, staged_rows(work, buckets, plan.location, {file}, plan.options.format, statement.now));
  result.records = staged.records;
  const sql::Query query =
      plan.options.match == MatchBy::None ? *plan.transformation : matched_columns(plan, staged.header);
  OneFile source(std::move(staged.relation));
  engine::BindContext context{.statement = statement, .work = work, .sources = {&source}};
  TRY(const engine::BoundQuery bound, engine::bind_query(query, context));
  const auto table = work.catalog().find(plan.table->id);
  if (!table) return base::fail(catalog::not_found(catalog::ObjectKind::Table, plan.table->name));
  if (bound.columns.size() != plan.columns.size())
    return base::fail(
        {base::ErrorKind::InvalidValue,
         2020,
         "21S01",
         fmt::format("SQL compilation error:\nInsert value list does not match column list expecting {} but got {}",
                     plan.columns.size(), bound.columns.size()),
         {}});
  std::string list = "SELECT CAST(NULL AS BIGINT) AS _row";
  for (const catalog::Column& column : std::get<catalog::TableBody>(table->body).columns) {
    const auto place = std::ranges::find(plan.columns, column.id);
    if (place == plan.columns.end()) {
      const auto constant = plan.defaults.find(column.id);
      if (std::ranges::find(plan.identities, column.id, &CopyPlan::Identity::column) != plan.identities.end())
        return unsupported(
            fmt::format("COPY transformation that leaves out column {} with AUTOINCREMENT", column.name));
      list += fmt::format(", CAST({} AS {})", constant == plan.defaults.end() ? "NULL" : constant->second,
                          engine::physical_type(column));
      continue;
    }
    const auto index = static_cast<std::size_t>(place - plan.columns.begin());
    engine::BoundExpr value{.expr = {.node = sql::RawSql{fmt::format("x._{}", index)}},
                            .type = bound.columns[index].type,
                            .carrier = bound.columns[index].carrier};
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
