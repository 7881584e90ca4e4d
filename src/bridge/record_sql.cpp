#include "bridge/record_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "bridge/calcite.h"
#include "bridge/nested_value.h"
#include "bridge/record_paths.h"
#include "engine/duckdb/scratch.h"
#include "flow/record/convert.h"
#include "flow/record/json_text.h"
#include "flow/record/number_text.h"
#include "flow/record/value_text.h"

namespace bridge {
namespace {

namespace record = flow::record;
namespace duck = engine::duck;
using base::Int128;
using duck::ScratchColumn;
using duck::ScratchType;
using record::Kind;
using record::Type;
using record::Value;

constexpr int kDigitsMax = 38;

ScratchColumn column_of(const record::Field& field) {
  ScratchColumn column{.name = field.name};
  switch (field.type.type) {
    case Type::Boolean: column.type = ScratchType::Boolean; break;
    case Type::Byte: column.type = ScratchType::Int8; break;
    case Type::Short: column.type = ScratchType::Int16; break;
    case Type::Int: column.type = ScratchType::Int32; break;
    case Type::Long: column.type = ScratchType::Int64; break;
    case Type::BigInt: column.type = ScratchType::Int128; break;
    case Type::Float: column.type = ScratchType::Float32; break;
    case Type::Double: column.type = ScratchType::Float64; break;
    case Type::Decimal:
      column.type = ScratchType::Decimal;
      column.precision =
          field.type.precision > 0 && field.type.precision <= kDigitsMax ? field.type.precision : kDigitsMax;
      column.scale = std::min(field.type.scale, column.precision);
      break;
    case Type::Timestamp: column.type = ScratchType::Timestamp; break;
    case Type::Date: column.type = ScratchType::Date; break;
    case Type::Time: column.type = ScratchType::Time; break;
    case Type::Uuid:
    case Type::Char:
    case Type::Enum:
    case Type::Choice:
    case Type::String: column.type = ScratchType::Text; break;
    case Type::Record:
    case Type::Array:
    case Type::Map: column.type = ScratchType::Bytes; break;
  }
  return column;
}

base::Failure<base::Error> wrong(std::string_view column, std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("field '{}': {}", column, what));
}

/// The digits of a decimal at a scale; those beyond it are rounded.
std::optional<Int128> digits_at(std::string_view text, int scale) {
  const auto plain = record::plain_decimal(text);
  if (!plain) return std::nullopt;
  const auto parts = record::digits_of(*plain);
  Int128 value = 0;
  const int wanted = static_cast<int>(parts.digits.size()) - parts.scale + scale;
  if (wanted > kDigitsMax) return std::nullopt;
  for (int i = 0; i < wanted; ++i)
    value =
        value * 10 + (i < static_cast<int>(parts.digits.size()) ? parts.digits[static_cast<std::size_t>(i)] - '0' : 0);
  if (wanted >= 0 && wanted < static_cast<int>(parts.digits.size()) &&
      parts.digits[static_cast<std::size_t>(wanted)] >= '5')
    ++value;
  return parts.negative ? -value : value;
}

std::string digits_text(Int128 value, int scale) {
  const bool negative = value < 0;
  std::string digits;
  for (auto rest = negative ? -static_cast<base::UInt128>(value) : static_cast<base::UInt128>(value);
       rest > 0 || digits.size() <= static_cast<std::size_t>(scale); rest /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
  return negative ? "-" + digits : digits;
}

/// The answer of a query as records.
class AnswerReader final : public record::Reader {
 public:
  AnswerReader(std::unique_ptr<duck::ScratchAnswer> answer, record::SchemaPtr fields)
      : answer_(std::move(answer)), fields_(std::move(fields)) {}

  /// What a query passes on of nested values shows in the first rows; where those have none, the name of the column
  /// tells.
  base::Status open() {
    TRY(waiting_, answer_->next());
    std::vector<record::Field> fields;
    for (std::size_t i = 0; i < answer_->columns().size(); ++i) {
      TRY(auto type, type_of(i));
      fields.push_back({.name = answer_->columns()[i].name, .type = std::move(type)});
    }
    schema_ = record::make_schema(std::move(fields));
    return {};
  }
  const record::SchemaPtr& schema() const override { return schema_; }

  base::Status read(record::Batch& batch) override {
    batch.clear();
    auto count = std::exchange(waiting_, std::size_t{0});
    if (count == 0) {
      TRY(count, answer_->next());
    }
    for (std::size_t row = 0; row < count; ++row) {
      auto values = batch.arena.array<Value>(schema_->size());
      for (std::size_t column = 0; column < values.size(); ++column) {
        if (answer_->is_null(row, column)) continue;
        TRY(values[column], value(row, column, batch.arena));
      }
      batch.rows.push_back({.schema = schema_.get(), .fields = values.data()});
    }
    return {};
  }

 private:
  std::optional<std::size_t> field_of(std::size_t at) const {
    const auto& column = answer_->columns()[at];
    if (column.type == ScratchType::Bytes)
      for (std::size_t row = 0; row < waiting_; ++row)
        if (!answer_->is_null(row, at)) return nested_field(answer_->text(row, at));
    return fields_->find(column.name);
  }

  base::Result<record::DataType> type_of(std::size_t at) const {
    const auto& column = answer_->columns()[at];
    if (column.type == ScratchType::Bytes || column.type == ScratchType::Text)
      if (const auto field = field_of(at); field && *field < fields_->size()) {
        const auto& type = (*fields_)[*field].type;
        const bool is_nested = type.type == Type::Record || type.type == Type::Array || type.type == Type::Map;
        if (column.type == ScratchType::Bytes ? is_nested : type.type == Type::Choice) return type;
      }
    switch (column.type) {
      case ScratchType::Boolean: return record::DataType{Type::Boolean};
      case ScratchType::Int8: return record::DataType{Type::Byte};
      case ScratchType::Int16: return record::DataType{Type::Short};
      case ScratchType::Int32: return record::DataType{Type::Int};
      case ScratchType::Int64:
      case ScratchType::Int128: return record::DataType{Type::Long};  // of sums
      case ScratchType::Float32: return record::DataType{Type::Float};
      case ScratchType::Float64: return record::DataType{Type::Double};
      case ScratchType::Decimal: return record::decimal_of(column.precision, column.scale);
      case ScratchType::Text: return record::DataType{Type::String};
      case ScratchType::Bytes: return record::array_of({Type::Byte});
      case ScratchType::Date: return record::DataType{Type::Date};
      case ScratchType::Time: return record::DataType{Type::Time};
      case ScratchType::Timestamp: return record::DataType{Type::Timestamp};
      case ScratchType::Other: break;
    }
    return wrong(column.name, "no record has values of its type; CAST them");
  }

  base::Result<Value> value(std::size_t row, std::size_t at, record::Arena& arena) const {
    const auto& column = answer_->columns()[at];
    switch (column.type) {
      case ScratchType::Boolean: return Value::of(Kind::Boolean, answer_->whole(row, at));
      case ScratchType::Int8: return Value::of(Kind::Byte, answer_->whole(row, at));
      case ScratchType::Int16: return Value::of(Kind::Short, answer_->whole(row, at));
      case ScratchType::Int32: return Value::of(Kind::Int, answer_->whole(row, at));
      case ScratchType::Int64: return Value::of(Kind::Long, answer_->whole(row, at));
      case ScratchType::Int128: {
        const auto digits = answer_->digits(row, at);
        if (digits != static_cast<std::int64_t>(digits))
          return wrong(column.name, "the number is too large for a LONG");
        return Value::of(Kind::Long, static_cast<std::int64_t>(digits));
      }
      case ScratchType::Float32: return Value::of(Kind::Float, answer_->real(row, at));
      case ScratchType::Float64: return Value::of(Kind::Double, answer_->real(row, at));
      case ScratchType::Decimal:
        return Value::of(Kind::Decimal, arena.text(digits_text(answer_->digits(row, at), column.scale)));
      case ScratchType::Date: return Value::of(Kind::Date, answer_->whole(row, at));
      case ScratchType::Time: return Value::of(Kind::Time, answer_->whole(row, at));
      case ScratchType::Timestamp: return Value::of(Kind::Timestamp, answer_->whole(row, at));
      default: break;
    }
    const auto text = answer_->text(row, at);
    const auto& type = (*schema_)[at].type;
    if (column.type == ScratchType::Text)
      return type.type == Type::Choice ? converter_.convert(Value::of(Kind::String, text), type, column.name, arena)
                                       : base::Result<Value>(Value::of(Kind::String, text));
    if (!nested_field(text)) return Value::of(Kind::Bytes, text);
    TRY(const auto json, record::parse_json(arena.text(nested_json(text)), arena));
    return converter_.convert(json, type, column.name, arena);
  }

  const std::unique_ptr<duck::ScratchAnswer> answer_;
  const record::SchemaPtr fields_;
  const record::Converter converter_{record::Formats{}};
  record::SchemaPtr schema_;
  std::size_t waiting_ = 0;  // rows that were looked at, and not yet read
};

class EngineTable final : public flow::RecordTable {
 public:
  EngineTable(std::unique_ptr<duck::Connection> connection, record::SchemaPtr schema)
      : connection_(std::move(connection)), schema_(std::move(schema)) {}

  base::Status open() {
    for (std::size_t i = 0; i < schema_->size(); ++i) {
      columns_.push_back(column_of((*schema_)[i]));
      names_.push_back((*schema_)[i].name);
    }
    // A table has a column.
    auto made = columns_;
    if (made.empty()) made.push_back({.name = "fr_none"});
    TRY(appender_, duck::make_scratch_table(*connection_, "FLOWFILE", made));
    return {};
  }

  base::Status append(const record::Row& row) override {
    auto& chunk = appender_->chunk();
    for (std::size_t i = 0; i < columns_.size(); ++i) TRY_VOID(set(i, chunk[i], row.fields[i]));
    if (columns_.empty()) chunk[0].set_null(rows_);
    return ++rows_ == engine::kChunkRows || arena_.used() > kBytesMax ? flush() : base::Status{};
  }

  base::Result<std::unique_ptr<record::Reader>> query(const std::string& sql) override {
    if (appender_ != nullptr) {
      TRY_VOID(flush());
      TRY_VOID(appender_->close());
      appender_.reset();
    }
    TRY(const auto translated, translate_calcite(sql, names_));
    TRY(auto answer, duck::ask_scratch(*connection_, translated));
    auto reader = std::make_unique<AnswerReader>(std::move(answer), schema_);
    TRY_VOID(reader->open());
    return std::unique_ptr<record::Reader>(std::move(reader));
  }

 private:
  static constexpr std::size_t kBytesMax = std::size_t{8} << 20;

  base::Status flush() {
    const auto flushed = appender_->flush(std::exchange(rows_, 0));
    arena_.clear();
    return flushed;
  }

  base::Status set(std::size_t field, const engine::ChunkColumn& into, const Value& value) {
    const auto& column = columns_[field];
    if (value.is_null()) {
      into.set_null(rows_);
      return {};
    }
    const auto whole = [&] { return value.is_number() ? record::whole_of(value) : value.whole; };
    switch (column.type) {
      case ScratchType::Boolean: into.as<bool>()[rows_] = value.whole != 0; break;
      case ScratchType::Int8: into.as<std::int8_t>()[rows_] = static_cast<std::int8_t>(whole()); break;
      case ScratchType::Int16: into.as<std::int16_t>()[rows_] = static_cast<std::int16_t>(whole()); break;
      case ScratchType::Int32:
      case ScratchType::Date: into.as<std::int32_t>()[rows_] = static_cast<std::int32_t>(whole()); break;
      case ScratchType::Int64:
      case ScratchType::Time:
      case ScratchType::Timestamp: into.as<std::int64_t>()[rows_] = whole(); break;
      case ScratchType::Float32: into.as<float>()[rows_] = static_cast<float>(record::real_of(value)); break;
      case ScratchType::Float64: into.as<double>()[rows_] = record::real_of(value); break;
      case ScratchType::Int128:
      case ScratchType::Decimal: return set_digits(into, column, value);
      default: set_text(field, into, value);
    }
    return {};
  }

  base::Status set_digits(const engine::ChunkColumn& into, const ScratchColumn& column, const Value& value) {
    const auto digits = digits_at(record::plain_text(value), column.scale);
    const int precision = column.type == ScratchType::Int128 ? kDigitsMax : column.precision;
    Int128 limit = 1;
    for (int i = 0; i < precision; ++i) limit *= 10;
    if (!digits || *digits >= limit || *digits <= -limit)
      return wrong(column.name, fmt::format("{} has more than {} digits", record::plain_text(value), precision));
    if (precision <= 4)
      into.as<std::int16_t>()[rows_] = static_cast<std::int16_t>(*digits);
    else if (precision <= 9)
      into.as<std::int32_t>()[rows_] = static_cast<std::int32_t>(*digits);
    else if (precision <= 18)
      into.as<std::int64_t>()[rows_] = static_cast<std::int64_t>(*digits);
    else
      into.as<Int128>()[rows_] = *digits;
    return {};
  }

  void set_text(std::size_t field, const engine::ChunkColumn& into, const Value& value) {
    auto& cell = into.as<engine::StringCell>()[rows_];
    if (columns_[field].type == ScratchType::Bytes) {
      std::string json;
      record::append_json(json, value, {});
      cell.set(arena_.text(nested_text(field, json)));
    } else {
      cell.set(arena_.text(value.is_text() ? value.text() : std::string_view(record::plain_text(value))));
    }
  }

  const std::unique_ptr<duck::Connection> connection_;
  const record::SchemaPtr schema_;
  std::vector<ScratchColumn> columns_;
  std::vector<std::string> names_;
  std::unique_ptr<engine::Work::Appender> appender_;  // null once it was asked
  record::Arena arena_;                               // texts of the rows that are not yet appended
  std::size_t rows_ = 0;
};

}  // namespace

base::Result<std::shared_ptr<duck::Instance>> EngineRecordSql::instance() {
  const std::lock_guard lock(instance_mutex_);
  if (instance_ == nullptr) {
    TRY(instance_, duck::open_scratch({.threads = options_.threads,
                                       .memory_limit = options_.memory_limit,
                                       .temp_directory = options_.temp_directory,
                                       .functions = record_path_functions(),
                                       .statements = calcite_functions()}));
  }
  return instance_;
}

base::Result<std::unique_ptr<flow::RecordTable>> EngineRecordSql::open(const record::SchemaPtr& schema) {
  TRY(const auto instance, this->instance());
  TRY(auto connection, instance->connect());
  TRY_VOID(connection->run("SET integer_division = true"));
  auto table = std::make_unique<EngineTable>(std::move(connection), schema);
  TRY_VOID(table->open());
  return std::unique_ptr<flow::RecordTable>(std::move(table));
}

}  // namespace bridge
