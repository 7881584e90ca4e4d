#include "flow/database/sql_values.h"

#include <fmt/format.h>

#include "flow/record/date_format.h"
#include "flow/record/number_text.h"
#include "flow/record/value_text.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

constexpr std::int64_t kSecond = 1'000'000, kDay = 86'400 * kSecond;

/// Reads numbers of fixed width from the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}
  int number(std::size_t least, std::size_t most) {
    int value = 0;
    std::size_t count = 0;
    for (; count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count)
      value = value * 10 + (rest_[count] - '0');
    if (count < least) failed_ = true;
    rest_.remove_prefix(count);
    return value;
  }
  bool accept(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) failed_ = true;
  }
  std::int64_t fraction() {
    std::int64_t micros = 0, unit = kSecond;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      unit /= 10;
      micros += (rest_[0] - '0') * unit;
      rest_.remove_prefix(1);
    }
    return micros;
  }
  bool done() const { return !failed_ && rest_.empty(); }
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

std::optional<std::int64_t> days(Digits& digits) {
  const int year = digits.number(4, 6);
  digits.expect('-');
  const int month = digits.number(1, 2);
  digits.expect('-');
  const int day = digits.number(1, 2);
  if (digits.failed() || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  const auto count = record::days_of(year, month, day);
  if (record::civil_of(count).day != day) return std::nullopt;
  return count;
}

std::int64_t time_of_day(Digits& digits) {
  std::int64_t micros = digits.number(1, 2) * 3600 * kSecond;
  digits.expect(':');
  micros += digits.number(2, 2) * 60 * kSecond;
  if (digits.accept(':')) {
    micros += digits.number(2, 2) * kSecond;
    if (digits.accept('.')) micros += digits.fraction();
  }
  return micros;
}

/// East of UTC, in microseconds.
std::int64_t offset(Digits& digits) {
  while (digits.accept(' ')) {
  }
  if (digits.accept('Z')) return 0;
  const bool west = digits.accept('-');
  if (!west && !digits.accept('+')) return 0;
  std::int64_t micros = digits.number(2, 2) * 3600 * kSecond;
  digits.accept(':');
  if (!digits.done()) micros += digits.number(2, 2) * 60 * kSecond;
  return west ? -micros : micros;
}

std::string date_text(std::int64_t days) {
  const auto date = record::civil_of(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

/// With a fraction of at least so many digits.
std::string time_text(std::int64_t micros, std::size_t digits_min) {
  const auto seconds = micros / kSecond;
  auto text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  auto fraction = fmt::format("{:06}", micros % kSecond);
  while (fraction.size() > digits_min && fraction.ends_with('0')) fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

std::string timestamp_text(std::int64_t micros, std::size_t digits_min) {
  const auto day = micros / kDay - (micros % kDay < 0 ? 1 : 0);
  return date_text(day) + " " + time_text(micros - day * kDay, digits_min);
}

}  // namespace

std::optional<Value> parse_date(std::string_view text) {
  Digits digits(text);
  const auto count = days(digits);
  return count && digits.done() ? std::optional(Value::of(Kind::Date, *count)) : std::nullopt;
}

std::optional<Value> parse_time(std::string_view text) {
  Digits digits(text);
  const auto micros = time_of_day(digits);
  (void)offset(digits);
  return digits.done() ? std::optional(Value::of(Kind::Time, micros)) : std::nullopt;
}

std::optional<Value> parse_timestamp(std::string_view text) {
  Digits digits(text);
  const auto day = days(digits);
  if (!day) return std::nullopt;
  std::int64_t micros = *day * kDay;
  if (digits.accept(' ') || digits.accept('T')) {
    micros += time_of_day(digits);
    micros -= offset(digits);
  }
  return digits.done() ? std::optional(Value::of(Kind::Timestamp, micros)) : std::nullopt;
}

base::Result<Value> value_of_text(Type type, std::string_view text, std::string_view column) {
  const auto wrong = [&] {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("column '{}': the database answered a value that is none of its type: '{}'", column,
                                  text.substr(0, 100)));
  };
  const auto known = [&](std::optional<Value> value) { return value ? base::Result<Value>(*value) : wrong(); };
  switch (type) {
    case Type::Bit:
    case Type::Boolean:
      return Value::of(Kind::Boolean, std::int64_t{text == "t" || text == "true" || text == "1" || text == "TRUE"});
    case Type::TinyInt:
    case Type::SmallInt:
    case Type::Integer:
    case Type::BigInt:
      if (const auto whole = record::parse_whole(text)) return Value::of(Kind::Long, *whole);
      // Unsigned numbers beyond the range.
      return record::is_whole_text(text) ? base::Result<Value>(Value::of(Kind::BigInt, text)) : wrong();
    case Type::Float:
    case Type::Real:
    case Type::Double: {
      const auto real = record::parse_double(text);
      return real ? base::Result<Value>(Value::of(Kind::Double, *real)) : wrong();
    }
    case Type::Numeric:
    case Type::Decimal:
      return record::is_decimal_text(text) ? base::Result<Value>(Value::of(Kind::Decimal, text)) : wrong();
    case Type::Date: return known(parse_date(text));
    case Type::Time:
    case Type::TimeWithZone: return known(parse_time(text));
    case Type::Timestamp:
    case Type::TimestampWithZone: return known(parse_timestamp(text));
    case Type::Binary:
    case Type::VarBinary:
    case Type::LongVarBinary:
    case Type::Blob: return Value::of(Kind::Bytes, text);
    default: return Value::of(Kind::String, text);
  }
}

std::string sql_text(const Value& value) {
  switch (value.kind) {
    case Kind::Date: return date_text(value.whole);
    case Kind::Time: return time_text(value.whole, 0);
    case Kind::Timestamp: return timestamp_text(value.whole, 0);
    case Kind::Bytes: return std::string(value.text());
    default: return record::plain_text(value);
  }
}

std::string java_text(const Value& value) {
  switch (value.kind) {
    case Kind::Date: return date_text(value.whole);
    case Kind::Time: return fmt::format("{}", time_text(value.whole / kSecond * kSecond, 0));
    case Kind::Timestamp: return timestamp_text(value.whole, 1);
    default: return record::plain_text(value);
  }
}

}  // namespace flow::database
