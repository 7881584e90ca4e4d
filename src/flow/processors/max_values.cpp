#include "flow/processors/max_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/database/sql_values.h"
#include "flow/record/number_text.h"

namespace flow {
namespace {

using database::Type;
using record::Kind;
using record::Value;

constexpr std::string_view kBetween = "@!@";

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// Without its scale, so that texts of one number compare alike.
int compare_decimals(std::string_view left, std::string_view right) {
  auto a = record::digits_of(left), b = record::digits_of(right);
  const auto align = [](record::DecimalDigits& digits, int scale) {
    digits.digits.append(static_cast<std::size_t>(scale - digits.scale), '0');
    const auto start = std::min(digits.digits.find_first_not_of('0'), digits.digits.size());
    digits.digits.erase(0, start);
    if (digits.digits.empty()) digits.negative = false;
  };
  const int scale = std::max(a.scale, b.scale);
  align(a, scale);
  align(b, scale);
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  int order =
      a.digits.size() != b.digits.size() ? (a.digits.size() < b.digits.size() ? -1 : 1) : a.digits.compare(b.digits);
  return a.negative ? -order : order;
}

std::string text_of(const Value& value, Type type) {
  if (type == Type::Time && value.kind == Kind::Time) {
    const auto millis = value.whole / 1000;
    return fmt::format("{:02}:{:02}:{:02}.{:03}", millis / 3'600'000, millis / 60'000 % 60, millis / 1000 % 60,
                       millis % 1000);
  }
  return database::java_text(value);
}

bool is_greater(Type type, const std::string& text, const std::string& known) {
  switch (type) {
    case Type::TinyInt:
    case Type::SmallInt:
    case Type::Integer:
    case Type::BigInt:
    case Type::Decimal:
    case Type::Numeric: {
      const auto plain = record::plain_decimal(text), before = record::plain_decimal(known);
      return !before || (plain && compare_decimals(*plain, *before) > 0);
    }
    case Type::Float:
    case Type::Real:
    case Type::Double: {
      const auto now = record::parse_double(text), before = record::parse_double(known);
      return !before || (now && *now > *before);
    }
    case Type::Timestamp:
    case Type::TimestampWithZone: {
      const auto now = database::parse_timestamp(text), before = database::parse_timestamp(known);
      return !before || (now && now->whole > before->whole);
    }
    default: return text > known;  // dates and times are written so that texts compare alike
  }
}

}  // namespace

std::string MaxValues::key_of(std::string_view column) const {
  return fmt::format("{}{}{}", database::unquoted(lower(table_)), kBetween,
                     database::unquoted(lower(std::string(column))));
}

const std::string* MaxValues::value_of(std::string_view column) const {
  // An older form of the state has the column alone.
  for (const auto& key : {key_of(column), lower(std::string(column))})
    if (const auto found = state_.find(key); found != state_.end() && !found->second.empty()) return &found->second;
  return nullptr;
}

base::Status MaxValues::find_types(database::Connection& connection, const std::string& query,
                                   database::Dialect dialect) {
  if (columns_.empty() || !types_.empty()) return {};
  const auto sql = database::select_statement(
      {.table = table_, .columns = fmt::format("{}", fmt::join(columns_, ", ")), .query = query, .where = "1 = 0"},
      dialect);
  TRY(const auto outcome, connection.execute(sql, {}, {}));
  if (outcome.rows == nullptr)
    return base::fail(base::ErrorKind::InvalidValue, "the database does not say the types of the columns");
  for (const auto& column : outcome.rows->columns()) types_.emplace(key_of(column.name), column.type);
  return {};
}

void MaxValues::begin_with(std::string_view column, std::string value) {
  const auto* known = value_of(column);
  state_.insert_or_assign(key_of(column), known != nullptr ? std::string(*known) : std::move(value));
}

std::vector<std::string> MaxValues::conditions(database::Dialect dialect) const {
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto* value = value_of(columns_[i]);
    const auto type = types_.find(key_of(columns_[i]));
    if (value == nullptr || type == types_.end()) continue;
    conditions.push_back(
        fmt::format("{} {} {}", columns_[i], i == 0 ? ">" : ">=", database::literal_of(type->second, *value, dialect)));
  }
  return conditions;
}

std::vector<std::string> MaxValues::upper_bounds(database::Dialect dialect) const {
  std::vector<std::string> bounds;
  for (const auto& column : columns_) {
    const auto* value = value_of(column);
    const auto type = types_.find(key_of(column));
    if (value == nullptr || type == types_.end()) continue;
    bounds.push_back(fmt::format("{} <= {}", column, database::literal_of(type->second, *value, dialect)));
  }
  return bounds;
}

std::optional<Type> MaxValues::type_of(std::string_view column) const {
  const auto found = types_.find(key_of(column));
  return found == types_.end() ? std::nullopt : std::optional(found->second);
}

void MaxValues::watch(std::span<const database::Column> columns) {
  places_.clear();
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (auto key = key_of(columns[i].name); types_.contains(key)) places_.emplace_back(i, std::move(key));
}

void MaxValues::see(std::span<const Value> row) {
  for (const auto& [i, key] : places_) {
    if (row[i].is_null()) continue;
    const auto type = types_.at(key);
    // An older form of the state has the column alone.
    auto known = state_.find(key);
    if (known == state_.end()) known = state_.find(key.substr(key.rfind(kBetween) + kBetween.size()));
    auto text = text_of(row[i], type);
    if (known == state_.end() || known->second.empty() || is_greater(type, text, known->second))
      state_.insert_or_assign(key, std::move(text));
  }
}

std::map<std::string, std::string> MaxValues::by_column() const {
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : state_) {
    const auto at = key.rfind(kBetween);
    values.insert_or_assign(at == std::string::npos ? key : key.substr(at + kBetween.size()), value);
  }
  return values;
}

}  // namespace flow
