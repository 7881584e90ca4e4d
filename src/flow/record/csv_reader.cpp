#include "flow/record/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "flow/record/csv_parser.h"
#include "flow/record/inference.h"

namespace flow::record {
namespace {

constexpr std::size_t kRows = 1000;

std::string_view without_quotes(std::string_view text) {
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

base::Result<std::unique_ptr<CsvParser>> open_parser(std::shared_ptr<const Input> input, const CsvReadOptions& options,
                                                     CsvFormat format) {
  TRY(auto source, TextSource::open(std::move(input), options.charset));
  return std::make_unique<CsvParser>(std::move(source), std::move(format));
}

/// The next record, reading on as needed; false at the end. What was taken before is gone.
base::Result<bool> next_record(CsvParser& parser, Arena& arena) {
  for (;;) {
    TRY(const auto step, parser.next(arena));
    if (step != CsvParser::Step::Wait) return step == CsvParser::Step::Record;
    TRY_VOID(parser.more());
  }
}

/// The names of a header, each once. One that comes twice stands at its last place: the columns after it are read one
/// place too far to the left, as Commons CSV and NiFi have it.
base::Result<std::vector<std::string>> read_header(CsvParser& parser, const CsvFormat& format) {
  Arena arena;
  TRY(const bool found, next_record(parser, arena));
  std::vector<std::string> names;
  if (!found) return names;
  for (const auto& field : parser.fields()) {
    if (field.data() == nullptr) continue;
    std::string name(field);
    const bool blank = name.find_first_not_of(" \t") == std::string::npos;
    if (blank && !format.allow_missing_names)
      return base::fail(base::ErrorKind::InvalidValue, "a name is missing in the header");
    if (const auto before = std::ranges::find(names, name); before != names.end()) {
      if (!format.allow_duplicate_names)
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("the header says '{}' twice", name));
      names.erase(before);
    }
    names.push_back(std::move(name));
  }
  return names;
}

constexpr std::size_t kPlainDigits = 18;  // that a whole number surely has room for

/// Digits as they mostly are, with a sign perhaps; nothing: the converter knows.
std::optional<std::int64_t> plain_whole(std::string_view text) {
  const bool negative = text.size() > 1 && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > kPlainDigits) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return negative ? -number : number;
}

/// The same with a point. What has few digits is the quotient of two numbers that are exact, and so is rounded once;
/// what has more is left to the library.
template <class T>
std::optional<T> plain_real(std::string_view text) {
  constexpr T kPowers[] = {1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F, 1e6F, 1e7F, 1e8F, 1e9F, 1e10F};
  constexpr std::int64_t kExact = std::int64_t{1} << std::numeric_limits<T>::digits;
  const bool negative = text.size() > 1 && text[0] == '-';
  const auto digits = negative ? text.substr(1) : text;
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  if (digits.size() <= kPlainDigits) {
    std::int64_t number = 0;
    std::size_t decimals = 0;
    bool point = false, plain = true;
    for (const char c : digits) {
      if (c >= '0' && c <= '9') {
        number = number * 10 + (c - '0');
        decimals += point;
      } else if (c == '.' && !point) {
        point = true;
      } else {
        plain = false;
        break;
      }
    }
    if (plain && number <= kExact && decimals < std::size(kPowers)) {
      const T real = static_cast<T>(number) / kPowers[decimals];
      return negative ? -real : real;
    }
  }
  T real{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, real);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return real;
}

std::optional<Value> plain_value(std::string_view text, Type type) {
  switch (type) {
    case Type::Int: {
      const auto number = plain_whole(text);
      if (!number || *number != static_cast<std::int32_t>(*number)) return std::nullopt;
      return Value::of(Kind::Int, *number);
    }
    case Type::Long: {
      const auto number = plain_whole(text);
      return number ? std::optional(Value::of(Kind::Long, *number)) : std::nullopt;
    }
    case Type::Float: {
      const auto number = plain_real<float>(text);
      return number ? std::optional(Value::of(Kind::Float, static_cast<double>(*number))) : std::nullopt;
    }
    case Type::Double: {
      const auto number = plain_real<double>(text);
      return number ? std::optional(Value::of(Kind::Double, *number)) : std::nullopt;
    }
    case Type::Boolean:
      if (text == "true") return Value::of(Kind::Boolean, std::int64_t{1});
      if (text == "false") return Value::of(Kind::Boolean, std::int64_t{0});
      return std::nullopt;
    default: return std::nullopt;
  }
}

class CsvReader final : public Reader {
 public:
  CsvReader(std::unique_ptr<CsvParser> parser, SchemaPtr schema, const CsvReadOptions& options)
      : parser_(std::move(parser)), schema_(std::move(schema)), options_(options), converter_(options.formats) {}

  base::Status begin() {
    std::vector<std::string> names;
    if (options_.has_header) {
      TRY(names, read_header(*parser_, options_.format));
    }
    if (!options_.has_header || options_.ignore_header) {
      names.clear();
      for (const auto& field : schema_->fields()) names.push_back(field.name);
    }
    for (auto& name : names) {
      const auto place = schema_->find(name);
      columns_.push_back({std::move(name), place ? static_cast<int>(*place) : -1,
                          place ? (*schema_)[*place].type.type : Type::String});
    }
    return converter_.check();
  }

  const SchemaPtr& schema() const override { return schema_; }

  base::Status read(Batch& batch) override {
    batch.clear();
    batch.rows.reserve(kRows);
    while (batch.rows.size() < kRows) {
      TRY(const auto step, parser_->next(batch.arena));
      if (step == CsvParser::Step::End) return {};
      if (step == CsvParser::Step::Wait) {
        if (!batch.rows.empty()) return {};
        TRY_VOID(parser_->more());
        continue;
      }
      TRY_VOID(add(batch));
    }
    return {};
  }

 private:
  struct Column {
    std::string name;
    int place;  // in the schema; -1: it is not there
    Type type;
  };

  base::Status add(Batch& batch) {
    const auto& fields = parser_->fields();
    auto values = batch.arena.array<Value>(schema_->size());
    for (auto& value : values) value.kind = Kind::Missing;
    extra_.clear();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i >= columns_.size() || columns_[i].place < 0) {
        if (options_.read.drop_unknown) continue;
        const auto name = i >= columns_.size() ? batch.arena.text(fmt::format("unknown_field_index_{}", i))
                                               : std::string_view(columns_[i].name);
        extra_.push_back({name, fields[i].data() != nullptr ? Value::of(Kind::String, fields[i]) : Value{}});
        continue;
      }
      auto& value = values[static_cast<std::size_t>(columns_[i].place)];
      if (fields[i].empty() || options_.plain_texts) {
        const bool is_text = options_.plain_texts && fields[i].data() != nullptr;
        value = is_text ? Value::of(Kind::String, fields[i]) : Value{};
        continue;
      }
      if (options_.read.coerce) {
        if (columns_[i].type == Type::String) {
          const auto text = options_.trim_double_quote ? without_quotes(fields[i]) : fields[i];
          value = text.empty() ? Value{} : Value::of(Kind::String, text);
          continue;
        }
        if (const auto plain = plain_value(fields[i], columns_[i].type)) {
          value = *plain;
          continue;
        }
      }
      const auto& field = (*schema_)[static_cast<std::size_t>(columns_[i].place)];
      auto converted = convert(fields[i], field, batch.arena);
      if (!converted) {
        auto error = converted.error();
        error.message = fmt::format("line {}: {}", parser_->line(), error.message);
        return base::fail(std::move(error));
      }
      value = *converted;
    }
    Row row{.schema = schema_.get(), .fields = values.data()};
    if (!extra_.empty()) row.extra = batch.arena.copy(std::span<const Entry>(extra_));
    batch.rows.push_back(row);
    return {};
  }

  base::Result<Value> convert(std::string_view raw, const Field& field, Arena& arena) const {
    const auto type = field.type.type;
    const bool as_it_is =
        !options_.trim_double_quote && (type == Type::String || (type == Type::Choice && options_.read.coerce));
    const auto text = as_it_is ? raw : without_quotes(raw);
    if (text.empty()) return Value{};
    const auto value = Value::of(Kind::String, text);
    if (options_.read.coerce) {
      if (type == Type::String) return value;
      if (const auto plain = plain_value(text, type)) return *plain;
      return converter_.convert(value, field.type, field.name, arena);
    }
    if (type != Type::String && type < Type::Uuid && type != Type::BigInt && converter_.fits(value, field.type))
      return converter_.convert(value, field.type, field.name, arena);
    if (type == Type::Char && converter_.fits(value, field.type))
      return converter_.convert(value, field.type, field.name, arena);
    return Value::of(Kind::String, raw);
  }

  const std::unique_ptr<CsvParser> parser_;
  const SchemaPtr schema_;
  const CsvReadOptions options_;
  const Converter converter_;
  std::vector<Column> columns_;
  std::vector<Entry> extra_;
};

}  // namespace

base::Result<std::unique_ptr<Reader>> open_csv(std::shared_ptr<const Input> input, SchemaPtr schema,
                                               const CsvReadOptions& options) {
  TRY(auto parser, open_parser(std::move(input), options, options.format));
  auto reader = std::make_unique<CsvReader>(std::move(parser), std::move(schema), options);
  TRY_VOID(reader->begin());
  return std::unique_ptr<Reader>(std::move(reader));
}

base::Result<SchemaPtr> infer_csv(std::shared_ptr<const Input> input, const CsvReadOptions& options) {
  auto format = options.format;
  format.trim = true;
  TRY(const auto parser, open_parser(std::move(input), options, format));
  TRY(const auto names, read_header(*parser, format));
  const Converter converter(options.formats);
  TRY_VOID(converter.check());
  std::vector<TypeInference> inferences(names.size());
  Arena arena;
  for (;;) {
    arena.clear();
    TRY(const bool found, next_record(*parser, arena));
    if (!found) break;
    const auto& fields = parser->fields();
    for (std::size_t i = 0; i < std::min(fields.size(), names.size()); ++i) {
      if (fields[i].data() == nullptr) break;  // the rest of a record is not looked at after a null
      inferences[i].add_text(without_quotes(fields[i]), converter);
    }
  }
  std::vector<Field> fields;
  for (std::size_t i = 0; i < names.size(); ++i) fields.push_back({names[i], inferences[i].type()});
  return make_schema(std::move(fields));
}

base::Result<SchemaPtr> csv_header_schema(std::shared_ptr<const Input> input, const CsvReadOptions& options) {
  TRY(const auto parser, open_parser(std::move(input), options, options.format));
  TRY(const auto names, read_header(*parser, options.format));
  std::vector<Field> fields;
  for (const auto& name : names) fields.push_back({name});
  return make_schema(std::move(fields));
}

}  // namespace flow::record
