#include <fmt/format.h>

#include <cmath>

#include "engine/functions/native_support.h"
#include "engine/values/number_text.h"
#include "engine/values/value_text.h"

namespace engine::native {
namespace {

using base::Int128;

std::string shown(Int128 digits, int scale) { return decimal_text({digits, scale}); }

void read(Row& row) {
  Int128 digits = 0;
  switch (read_number(row.text(0), row.i32(1), row.option(), digits)) {
    case NumberProblem::None: return row.set_digits(digits);
    case NumberProblem::NotRecognized:
      return row.fail(100038, "22018", fmt::format("Numeric value '{}' is not recognized", row.text(0)));
    case NumberProblem::OutOfRange:
      return row.fail(100039, "22003", fmt::format("Numeric value '{}' is out of range", row.text(0)));
  }
}

void fit(Row& row) {
  const Int128 digits = row.digits(0), limit = base::power_of_ten(row.i32(1));
  if (digits >= limit || digits <= -limit)
    return row.fail(100039, "22003",
                    fmt::format("Number out of representable range: type FIXED({},{}), value {}", row.i32(1),
                                row.option(), shown(digits, row.option())));
  row.set_digits(digits);
}

void divide(Row& row) {
  const Int128 a = row.digits(0), b = row.digits(1);
  if (b == 0) return row.fail(100051, "22012", "Division by zero");
  const bool negative = (a < 0) != (b < 0);
  const Int128 x = a < 0 ? -a : a, y = b < 0 ? -b : b;
  Int128 quotient = x / y, rest = x % y;
  const Int128 limit = base::power_of_ten(37);
  for (int i = row.option() - row.scale(0) + row.scale(1); i > 0; --i) {
    Int128 ten = 0;
    if (quotient >= limit || __builtin_mul_overflow(rest, Int128{10}, &ten))
      return row.fail(100046, "22003", "Number out of representable range");
    quotient = quotient * 10 + ten / y;
    rest = ten % y;
  }
  if (rest >= y - rest) ++quotient;
  row.set_digits(negative ? -quotient : quotient);
}

void modulo(Row& row) {
  const Int128 b = row.digits(1);
  if (b == 0) return row.fail(100051, "22012", "Division by zero");
  row.set_digits(row.digits(0) % b);
}

/// x to `places` behind the point (negative: before it), in a result of scale option().
void round(Row& row) {
  const Int128 x = row.digits(0);
  const std::int64_t places = row.i64(1);
  const char mode = row.text(2)[0];
  const std::int64_t drop = row.scale(0) - places;
  Int128 value = x;
  if (drop > 37)
    value = 0;
  else if (drop > 0) {
    const Int128 unit = base::power_of_ten(static_cast<int>(drop));
    const Int128 rest = x % unit, size = rest < 0 ? -rest : rest;
    value = x - rest;
    const Int128 away = x < 0 ? -unit : unit;
    if (mode == 'r' && size >= unit - size) value += away;
    if (mode == 'e' && (size > unit - size || (size == unit - size && (value / unit) % 2 != 0))) value += away;
    if (mode == 'c' && rest > 0) value += unit;
    if (mode == 'f' && rest < 0) value -= unit;
  }
  row.set_digits(value / base::power_of_ten(std::max(0, row.scale(0) - row.option())));
}

void round_float(Row& row) {
  const double x = row.real(0), unit = std::pow(10.0, static_cast<double>(row.i64(1)));
  const double scaled = x * unit;
  double value = 0;
  switch (row.text(2)[0]) {
    case 'r': value = std::round(scaled); break;
    case 'e': value = std::nearbyint(scaled); break;
    case 'c': value = std::ceil(scaled); break;
    case 'f': value = std::floor(scaled); break;
    default: value = std::trunc(scaled); break;
  }
  row.set(std::isfinite(value) ? value / unit : x);
}

void float_divide(Row& row) {
  if (row.real(1) == 0) return row.fail(100051, "22012", "Division by zero");
  row.set(row.real(0) / row.real(1));
}
void float_modulo(Row& row) {
  if (row.real(1) == 0) return row.fail(100051, "22012", "Division by zero");
  row.set(std::fmod(row.real(0), row.real(1)));
}
void read_real(Row& row) {
  const auto value = read_float(row.text(0));
  if (!value) return row.fail(100038, "22018", fmt::format("Numeric value '{}' is not recognized", row.text(0)));
  row.set(*value);
}
void real_text(Row& row) { row.set_text(float_text(row.real(0))); }
void read_flag(Row& row) {
  const auto value = read_boolean(row.text(0));
  if (!value) return row.fail(100037, "22018", fmt::format("Boolean value '{}' is not recognized", row.text(0)));
  row.set(*value);
}

/// TO_CHAR of numbers: 9 and 0 are digits, a point, group commas, $, S and MI, FM.
void number_format(Row& row) {
  std::string number(row.text(0));
  const std::string_view format = row.text(1);
  const bool negative = number.starts_with('-');
  if (negative) number.erase(0, 1);
  const auto dot = number.find('.');
  std::string whole = number.substr(0, dot), fraction = dot == std::string::npos ? "" : number.substr(dot + 1);
  if (whole == "0") whole.clear();
  const bool fill = format.find("FM") == std::string_view::npos && format.find("fm") == std::string_view::npos;
  const auto point = format.find('.');
  std::size_t places = 0;
  for (std::size_t i = 0; i < format.size() && i < point; ++i) places += format[i] == '9' || format[i] == '0';
  if (whole.size() > places) return row.set_text(std::string(format.size(), '#'));
  std::string out;
  std::size_t left = places, used = 0;
  bool begun = false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const char c = format[i];
    if (c == '9' || c == '0') {
      if (i < point) {
        begun |= c == '0' || left <= whole.size();
        if (left <= whole.size())
          out += whole[whole.size() - left];
        else if (begun)
          out += '0';
        else if (fill)
          out += ' ';
        --left;
      } else {
        out += used < fraction.size() ? fraction[used] : '0';
        ++used;
      }
    } else if (c == ',') {
      if (begun)
        out += ',';
      else if (fill)
        out += ' ';
    } else if (c == '.' || c == '$') {
      out += c;
    }
  }
  if (negative)
    out.insert(out.find_first_not_of(' ') == std::string::npos ? 0 : out.find_first_not_of(' '), "-");
  else if (fill)
    out.insert(0, " ");
  row.set_text(out);
}

}  // namespace

void add_number_functions(duckdb_connection connection) {
  for (const bool wide : {false, true}) {
    const char* bits = wide ? "128" : "64";
    for (int scale = 0; scale <= (wide ? 37 : 18); ++scale) {
      const Type type = number(wide, scale);
      for (const bool attempt : {false, true}) {
        const char* prefix = attempt ? "fr_try_" : "fr_";
        add(connection,
            {.name = scale == 0 ? fmt::format("{}int{}", prefix, bits) : fmt::format("{}dec{}_{}", prefix, bits, scale),
             .arguments = {kText, kInt32},
             .result = type,
             .run = read,
             .option = scale,
             .null_if_failed = attempt,
             .labelled = !attempt});
        add(connection, {.name = fmt::format("{}fit{}_{}", prefix, bits, scale),
                         .arguments = {type, kInt32},
                         .result = type,
                         .run = fit,
                         .option = scale,
                         .null_if_failed = attempt,
                         .labelled = !attempt});
      }
      add(connection, {.name = fmt::format("fr_modulo{}_{}", bits, scale),
                       .arguments = {type, type},
                       .result = type,
                       .run = modulo,
                       .option = scale});
      add(connection, {.name = fmt::format("fr_round{}_{}", bits, scale),
                       .arguments = {kAny, kInt64, kText},
                       .result = type,
                       .run = round,
                       .option = scale});
      if (wide)
        add(connection, {.name = fmt::format("fr_divide_{}", scale),
                         .arguments = {kAny, kAny},
                         .result = type,
                         .run = divide,
                         .option = scale});
    }
  }
  add(connection, {.name = "fr_round_float", .arguments = {kReal, kInt64, kText}, .result = kReal, .run = round_float});
  add(connection, {.name = "fr_float_divide", .arguments = {kReal, kReal}, .result = kReal, .run = float_divide});
  add(connection, {.name = "fr_float_modulo", .arguments = {kReal, kReal}, .result = kReal, .run = float_modulo});
  add(connection, {.name = "fr_float_text", .arguments = {kReal}, .result = kText, .run = real_text});
  add(connection, {.name = "fr_number_format", .arguments = {kText, kText}, .result = kText, .run = number_format});
  for (const bool attempt : {false, true}) {
    const std::string prefix = attempt ? "fr_try_" : "fr_";
    add(connection, {.name = prefix + "float",
                     .arguments = {kText},
                     .result = kReal,
                     .run = read_real,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
    add(connection, {.name = prefix + "boolean",
                     .arguments = {kText},
                     .result = kFlag,
                     .run = read_flag,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
  }
}

}  // namespace engine::native
