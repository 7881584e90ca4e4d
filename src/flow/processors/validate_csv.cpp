#include "flow/processors/validate_csv.h"

#include <fmt/format.h>

#include "flow/content/buffered_content.h"
#include "flow/content/csv_rows.h"
#include "flow/content/text_ends.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/csv_checks.h"

namespace flow {
namespace {

constexpr std::string_view kWhole = "FlowFile validation", kByLine = "Line by line validation";

constexpr Allowed kStrategies[] = {{kByLine}, {kWhole}};
constexpr Property kProperties[] = {
    {.name = "Schema",
     .old_name = "validate-csv-schema",
     .help =
         "What each column must be: ParseInt(), Optional(StrMinMax(1,5)), NotNull() and so on, with commas between; "
         "without it, as many columns as the header has",
     .scope = Scope::FlowFile},
    {.name = "CSV Source Attribute",
     .help = "The CSV is in this attribute, not in the content; for the whole flowfile only",
     .scope = Scope::Environment},
    {.name = "Header",
     .old_name = "validate-csv-header",
     .help = "The first row holds names",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Delimiter Character",
     .old_name = "validate-csv-delimiter",
     .fallback = ",",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Quote Character",
     .old_name = "validate-csv-quote",
     .fallback = "\"",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Max Lines Per Row",
     .help = "0: any number",
     .fallback = "0",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "End of Line Symbols",
     .old_name = "validate-csv-eol",
     .help = "Written between rows; \\n, \\r and \\t mean these characters",
     .fallback = "\\n",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Validation Strategy",
     .old_name = "validate-csv-strategy",
     .help = "All or nothing, or valid and invalid lines apart",
     .fallback = kWhole,
     .required = true,
     .allowed = kStrategies},
    {.name = "Include Violations",
     .old_name = "validate-csv-violations",
     .help = "The message names all that is wrong with the first invalid line, not just one thing",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"valid"}, {"invalid", true}};

/// Rows of one kind, on their way into a flowfile.
struct Part {
  explicit Part(Session& session) : content(session) {}
  base::Status add(std::string_view row, std::string_view between) {
    if (!begun)
      begun = true;
    else
      TRY_VOID(content.append(between));
    return content.append(row);
  }
  BufferedContent content;
  bool begun = false;
  std::uint64_t rows = 0;
};

class ValidateCsv final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    by_line_ = configuration.text("Validation Strategy") == kByLine;
    header_ = configuration.flag("Header");
    all_violations_ = configuration.flag("Include Violations");
    lines_max_ = configuration.integer_or("Max Lines Per Row", 0);
    attribute_ = configuration.text_or("CSV Source Attribute", "");
    const auto schema = configuration.text("Schema");
    if (schema && !schema->empty()) {
      const auto checks = parse_csv_schema(*schema);
      if (!checks) return in_property(configuration, "Schema", checks.error());
    } else if (!header_ && (schema || !configuration.is_set("Schema"))) {
      return in_property(configuration, "Schema", "is required when 'Header' is false");
    }
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto options, options_for(configuration, session, *file));
    TRY(const auto schema, configuration.evaluate_or("Schema", session, *file, ""));
    std::vector<CsvCheck> checks;
    if (!schema.empty()) {
      TRY(checks, parse_csv_schema(schema));
    }
    auto reader = session.read(*file);
    const std::string attribute = attribute_.empty() ? std::string{} : file->attribute(attribute_);
    TextSource text(attribute);
    CsvRows rows(!by_line_ && !attribute_.empty() ? static_cast<ByteSource&>(text) : reader, options.rows);
    Part valid(session), invalid(session);
    // One that is empty for this flowfile alone has no columns.
    const auto known = configuration.text("Schema");
    const bool from_header = known ? known->empty() : !configuration.is_set("Schema");
    TRY(auto problem, read_header(rows, from_header, checks, valid, invalid));
    if (!problem) {
      TRY(problem, validate(rows, checks, options.line_end, valid, invalid));
    }
    return by_line_ ? send_parts(session, *file, valid, invalid, problem) : send_whole(session, *file, problem);
  }

 private:
  struct FileOptions {
    CsvRows::Options rows;
    std::string line_end;
  };
  using Problem = std::optional<std::string>;

  base::Result<FileOptions> options_for(const Configuration& configuration, const Session& session,
                                        const FlowFile& file) const {
    FileOptions options;
    options.rows.lines_max = lines_max_;
    for (auto& [name, character] : {std::pair<std::string_view, char*>{"Delimiter Character", &options.rows.delimiter},
                                    {"Quote Character", &options.rows.quote}}) {
      TRY(const auto text, configuration.evaluate_or(name, session, file, ""));
      if (text.empty()) return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is empty", name));
      *character = text.front();
    }
    TRY(auto line_end, configuration.evaluate_or("End of Line Symbols", session, file, "\n"));
    for (const auto& [from, into] :
         {std::pair<std::string_view, std::string_view>{"\\n", "\n"}, {"\\r", "\r"}, {"\\t", "\t"}})
      for (auto at = line_end.find(from); at != std::string::npos; at = line_end.find(from))
        line_end.replace(at, 2, into);
    options.line_end = std::move(line_end);
    return options;
  }

  base::Result<Problem> read_header(CsvRows& rows, bool from_header, std::vector<CsvCheck>& checks, Part& valid,
                                    Part& invalid) const {
    if (!header_) return Problem{};
    auto row = rows.next();
    if (!row && row.error().kind == base::ErrorKind::InvalidValue) return Problem(row.error().message);
    if (!row) return std::move(row).failure();
    if (from_header && !*row) return Problem("No schema or CSV header could be identified.");
    if (!*row) return Problem{};
    const CsvCheck any{.kind = CsvCheck::Kind::NotEmpty, .optional = true};
    if (from_header) checks.assign((**row).columns.size(), any);
    if (by_line_)
      for (auto* part : {&valid, &invalid}) TRY_VOID(part->add((**row).text, ""));
    return Problem{};
  }

  /// Answers with the first violation.
  base::Result<Problem> validate(CsvRows& rows, const std::vector<CsvCheck>& checks, const std::string& line_end,
                                 Part& valid, Part& invalid) const {
    std::vector<CsvColumnMemory> memory(checks.size());
    Problem first;
    for (;;) {
      auto row = rows.next();
      if (!row && row.error().kind == base::ErrorKind::InvalidValue) {
        if (by_line_) ++invalid.rows;
        return first ? first : Problem(row.error().message);
      }
      if (!row) return std::move(row).failure();
      if (!*row) return first;
      TRY(auto problem, check_row(**row, checks, memory));
      if (problem && !first) first = problem;
      if (problem && !by_line_) return first;
      if (!by_line_) continue;
      auto& part = problem ? invalid : valid;
      ++part.rows;
      TRY_VOID(part.add((**row).text, line_end));
    }
  }

  base::Result<Problem> check_row(const CsvRows::Row& row, const std::vector<CsvCheck>& checks,
                                  std::vector<CsvColumnMemory>& memory) const {
    if (row.columns.size() != checks.size())
      return Problem(
          fmt::format("The number of columns to be processed ({}) must match the number of CellProcessors "
                      "({}): check that the number of CellProcessors you have defined matches the expected "
                      "number of columns being read/written",
                      row.columns.size(), checks.size()));
    std::string all;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      TRY(const auto violation, csv_violation(checks[i], row.columns[i], memory[i]));
      if (!violation) continue;
      if (!all_violations_)
        return Problem(fmt::format("{} at {{line={}, row={}, column={}}}", *violation, row.line, row.number, i + 1));
      if (all.empty()) all = fmt::format("At {{line={}, row={}}}", row.line, row.number);
      all += fmt::format(", {} at {{column={}}}", *violation, i + 1);
    }
    return all.empty() ? Problem{} : Problem(std::move(all));
  }

  static base::Status send_whole(Session& session, FlowFile& file, const Problem& problem) {
    if (problem) session.put_attribute(file, "validation.error.message", *problem);
    const std::string relationship = problem ? "invalid" : "valid";
    session.report(EventType::Route, file, {.relationship = relationship});
    session.transfer(file, relationship, problem.value_or(""));
    return {};
  }

  static base::Status send_parts(Session& session, FlowFile& file, Part& valid, Part& invalid, const Problem& problem) {
    const auto total = std::to_string(valid.rows + invalid.rows);
    const auto send = [&](Part& part, std::string_view relationship) -> base::Result<FlowFile*> {
      auto& piece = session.create(file);
      TRY(auto claim, part.content.finish());
      session.set_content(piece, std::move(claim));
      session.put_attribute(piece, fmt::format("count.{}.lines", relationship), std::to_string(part.rows));
      session.put_attribute(piece, "count.total.lines", total);
      session.report(EventType::Route, piece, {.relationship = std::string(relationship)});
      session.transfer(piece, relationship, problem.value_or(""));
      return &piece;
    };
    if (!problem || valid.rows > 0) {
      TRY(auto* sent, send(valid, "valid"));
      (void)sent;
    }
    if (problem) {
      TRY(auto* sent, send(invalid, "invalid"));
      session.put_attribute(*sent, "validation.error.message", *problem);
    }
    session.remove(file);
    return {};
  }

  bool by_line_ = false, header_ = true, all_violations_ = false;
  std::uint64_t lines_max_ = 0;
  std::string attribute_;
};

}  // namespace

const Description kValidateCsv{
    .type = "org.apache.nifi.processors.standard.ValidateCsv",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Checks the columns of CSV content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new ValidateCsv); },
};

}  // namespace flow
