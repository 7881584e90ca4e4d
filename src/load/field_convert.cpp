#include "load/field_convert.h"

#include <charconv>
#include <limits>

#include "engine/carrier.h"

namespace load {
namespace {

using catalog::TypeKind;
using engine::Carrier;
using Outcome = FieldConverter::Outcome;

constexpr std::int64_t kNsPerDay = 86'400'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Up to 18 digits with at most one point and no more than `scale` digits behind it: nearly every number of a file.
bool read_plain(std::string_view text, int scale, std::int64_t& value) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  at += negative;
  const char* const first = at;
  // Unsigned: what wraps has too many digits, which is seen when they are counted.
  std::uint64_t digits = 0;
  const auto take = [&] { digits = digits * 10 + static_cast<std::uint64_t>(*at++ - '0'); };
  while (at != end && is_digit(*at)) take();
  auto count = at - first;
  if (count == 0 || count > 18) return false;
  int fraction = 0;
  if (at != end) {
    if (*at++ != '.') return false;
    const char* const point = at;
    while (at != end && is_digit(*at) && at - point <= 18) take();
    fraction = static_cast<int>(at - point);
    if (at != end || fraction > scale || count + fraction > 18) return false;
  }
  if (count + scale > 18) return false;
  // clang-format off
  static constexpr std::uint64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000,
      1'000'000'000, 10'000'000'000, 100'000'000'000, 1'000'000'000'000, 10'000'000'000'000, 100'000'000'000'000,
      1'000'000'000'000'000, 10'000'000'000'000'000, 100'000'000'000'000'000, 1'000'000'000'000'000'000};
  // clang-format on
  digits *= kPowers[scale - fraction];
  value = static_cast<std::int64_t>(negative ? 0 - digits : digits);
  return true;
}

int two_digits(const char* at) { return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1; }

bool read_plain_date(std::string_view text, std::int32_t& days) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int century = two_digits(text.data());
  const int year = two_digits(text.data() + 2);
  const int month = two_digits(text.data() + 5);
  const int day = two_digits(text.data() + 8);
  if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || day > 28)
    return false;  // the rest needs a calendar
  days = engine::days_from_civil(century * 100 + year, month, day);
  return true;
}

/// YYYY-MM-DD HH:MI:SS[.F*] with a blank or T between.
bool read_plain_timestamp(std::string_view text, std::int32_t& days, std::int64_t& ns) {
  if (text.size() < 19 || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':') return false;
  if (!read_plain_date(text.substr(0, 10), days)) return false;
  const int hour = two_digits(text.data() + 11);
  const int minute = two_digits(text.data() + 14);
  const int second = two_digits(text.data() + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  std::int64_t fraction = 0;
  if (text.size() > 19) {
    if (text[19] != '.' || text.size() == 20 || text.size() > 29) return false;
    for (std::size_t i = 20; i < 29; ++i) {
      if (i < text.size() && !is_digit(text[i])) return false;
      fraction = fraction * 10 + (i < text.size() ? text[i] - '0' : 0);
    }
  }
  ns = ((hour * 60 + minute) * 60 + second) * std::int64_t{1'000'000'000} + fraction;
  return true;
}

std::optional<bool> read_boolean(std::string_view text) {
  char word[6] = {};
  text = trimmed(text);
  if (text.empty() || text.size() > 5) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i)
    word[i] = static_cast<char>(text[i] | (text[i] >= 'A' && text[i] <= 'Z' ? 0x20 : 0));
  for (const std::string_view yes : {"true", "t", "yes", "y", "on", "1"})
    if (yes == word) return true;
  for (const std::string_view no : {"false", "f", "no", "n", "off", "0"})
    if (no == word) return false;
  return std::nullopt;
}

bool read_real(std::string_view text, double& value) {
  text = trimmed(text);
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  if (text.empty()) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> read_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::optional<std::string> read_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  unsigned bits = 0, held = 0;
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<unsigned>(c - 'a') + 26;
    else if (is_digit(c))
      value = static_cast<unsigned>(c - '0') + 52;
    else if (c == '+')
      value = 62;
    else if (c == '/')
      value = 63;
    else
      return std::nullopt;
    held = held << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(held >> bits & 0xFF);
    }
  }
  return bytes;
}

/// Bytes of the first `characters` code points.
std::size_t bytes_of(std::string_view text, std::int64_t characters) {
  std::size_t at = 0;
  for (std::int64_t seen = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (seen++ == characters) return at;
  }
  return at;
}

}  // namespace

NumberRead read_scaled(std::string_view text, int scale, base::Int128& digits) {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::string all;  // digits without the point
  int exponent = 0;
  bool point = false, any = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_digit(text[i]) || text[i] == '.'); ++i) {
    if (text[i] == '.') {
      if (point) return NumberRead::NotANumber;
      point = true;
      continue;
    }
    any = true;
    if (point) --exponent;
    if (!all.empty() || text[i] != '0') all += text[i];
  }
  if (!any) return NumberRead::NotANumber;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return NumberRead::NotANumber;
    std::string_view power = text.substr(i + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    int shift = 0;
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), shift);
    if (power.empty() || end != power.data() + power.size() || error == std::errc::invalid_argument)
      return NumberRead::NotANumber;
    if (error == std::errc::result_out_of_range) shift = power[0] == '-' ? -100'000 : 100'000;
    exponent += std::clamp(shift, -100'000, 100'000);
  }
  digits = 0;
  if (all.empty()) return NumberRead::Done;
  const std::int64_t kept = static_cast<std::int64_t>(all.size()) + exponent + scale;  // digits of the result
  if (kept > 38) return NumberRead::Overflow;
  if (kept < 0) return NumberRead::Done;
  for (std::int64_t k = 0; k < kept; ++k)
    digits = digits * 10 + (k < static_cast<std::int64_t>(all.size()) ? all[static_cast<std::size_t>(k)] - '0' : 0);
  if (kept < static_cast<std::int64_t>(all.size()) && all[static_cast<std::size_t>(kept)] >= '5') ++digits;
  if (digits >= base::power_of_ten(38)) return NumberRead::Overflow;
  if (negative) digits = -digits;
  return NumberRead::Done;
}

FieldConverter::FieldConverter(const catalog::Column& column, const ConvertSettings& settings, Options options)
    : type_(column.type), carrier_(engine::carrier_of(column)), zone_(settings.zone), options_(options) {}

base::Result<FieldConverter> FieldConverter::make(const catalog::Column& column, const FileFormat& format,
                                                  const ConvertSettings& settings, Options options) {
  FieldConverter converter(column, settings, options);
  converter.binary_ = format.binary_format;
  const auto use_format = [&](const std::string& of_file, const std::string& of_session) -> base::Status {
    const std::string& text = of_file == "AUTO" ? of_session : of_file;
    auto parsed = engine::DateTimeFormat::parse(text, settings.two_digit_century_start);
    if (!parsed) return base::fail(invalid_value("'" + text + "'", "DATE_FORMAT, TIME_FORMAT or TIMESTAMP_FORMAT"));
    converter.format_ = std::move(*parsed);
    return {};
  };
  switch (column.type.kind) {
    case TypeKind::Date: TRY_VOID(use_format(format.date_format, settings.date_format)); break;
    case TypeKind::Time: TRY_VOID(use_format(format.time_format, settings.time_format)); break;
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz: TRY_VOID(use_format(format.timestamp_format, settings.timestamp_format)); break;
    case TypeKind::TimestampTz:
    case TypeKind::Variant:
    case TypeKind::Object:
    case TypeKind::Array:
      return base::fail({base::ErrorKind::Unsupported,
                         2,
                         "0A000",
                         fmt::format("Unsupported feature 'loading delimited text into column {} of type {}'.",
                                     column.name, to_text(column.type)),
                         {}});
    case TypeKind::Number:
      converter.number_limit_ =
          column.type.precision >= 38 ? base::power_of_ten(38) : base::power_of_ten(column.type.precision);
      break;
    case TypeKind::Null:
    case TypeKind::Float:
    case TypeKind::Text:
    case TypeKind::Binary:
    case TypeKind::Boolean: break;
  }
  return converter;
}

Outcome FieldConverter::text_cell(std::string_view text, engine::StringCell& cell, TextArena&) const {
  if (text.size() > static_cast<std::size_t>(type_.length)) [[unlikely]] {
    const std::size_t allowed = bytes_of(text, type_.length);
    if (allowed < text.size()) {
      if (!options_.truncate) return Outcome::Bad;
      text = text.substr(0, allowed);
    }
  }
  cell.set(text);
  return Outcome::Done;
}

Outcome FieldConverter::number(std::string_view text, const engine::ChunkColumn& column, std::size_t row) const {
  std::int64_t plain = 0;
  base::Int128 digits = 0;
  if (read_plain(text, type_.scale, plain))
    digits = plain;
  else if (read_scaled(text, type_.scale, digits) != NumberRead::Done)
    return Outcome::Bad;
  if (digits >= number_limit_ || digits <= -number_limit_) return Outcome::Bad;
  switch (carrier_) {
    case Carrier::Int64:
      if (digits > std::numeric_limits<std::int64_t>::max() || digits < std::numeric_limits<std::int64_t>::min())
        return Outcome::TooWide;
      column.as<std::int64_t>()[row] = static_cast<std::int64_t>(digits);
      return Outcome::Done;
    case Carrier::Decimal64:
      if (digits >= base::power_of_ten(18) || digits <= -base::power_of_ten(18)) return Outcome::TooWide;
      column.as<std::int64_t>()[row] = static_cast<std::int64_t>(digits);
      return Outcome::Done;
    default: column.as<base::Int128>()[row] = digits; return Outcome::Done;
  }
}

Outcome FieldConverter::timestamp(std::string_view text, const engine::ChunkColumn& column, std::size_t row) const {
  std::int32_t days = 0;
  std::int64_t ns = 0;
  std::optional<std::int16_t> offset;
  if (!(format_.is_auto() && read_plain_timestamp(text, days, ns))) {
    const auto parts = engine::read_timestamp(text, format_);
    if (!parts) return Outcome::Bad;
    days = parts->days;
    ns = parts->ns_of_day;
    offset = parts->offset_minutes;
  }
  std::int64_t seconds = std::int64_t{days} * 86'400 + ns / 1'000'000'000;
  if (type_.kind == TypeKind::TimestampLtz) seconds = offset ? seconds - *offset * 60 : zone_.instant_of(seconds);
  std::int64_t nanos = ns % 1'000'000'000;
  for (int digit = type_.scale; digit < 9; ++digit) nanos /= 10;
  for (int digit = type_.scale; digit < 9; ++digit) nanos *= 10;
  if (carrier_ == Carrier::TimestampNs) {
    column.as<base::Int128>()[row] = base::Int128{seconds} * 1'000'000'000 + nanos;
    return Outcome::Done;
  }
  if (nanos % 1000 != 0) return Outcome::TooWide;
  column.as<std::int64_t>()[row] = seconds * 1'000'000 + nanos / 1000;
  return Outcome::Done;
}

Outcome FieldConverter::convert(std::string_view text, const engine::ChunkColumn& column, std::size_t row,
                                TextArena& arena) const {
  switch (type_.kind) {
    case TypeKind::Null:
    case TypeKind::Text: return text_cell(text, column.as<engine::StringCell>()[row], arena);
    case TypeKind::Number: return number(text, column, row);
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz: return timestamp(text, column, row);
    case TypeKind::Date: {
      std::int32_t days = 0;
      if (!(format_.is_auto() && read_plain_date(text, days))) {
        const auto parts = engine::read_date(text, format_);
        if (!parts) return Outcome::Bad;
        days = parts->days;
      }
      column.as<std::int32_t>()[row] = days;
      return Outcome::Done;
    }
    case TypeKind::Time: {
      const auto parts = engine::read_time(text, format_);
      if (!parts) return Outcome::Bad;
      column.as<std::int64_t>()[row] = parts->ns_of_day % kNsPerDay;
      return Outcome::Done;
    }
    case TypeKind::Boolean: {
      const auto value = read_boolean(text);
      if (!value) return Outcome::Bad;
      column.as<std::uint8_t>()[row] = *value;
      return Outcome::Done;
    }
    case TypeKind::Float: return read_real(text, column.as<double>()[row]) ? Outcome::Done : Outcome::Bad;
    case TypeKind::Binary: {
      std::optional<std::string> bytes = binary_ == BinaryFormat::Hex      ? read_hex(text)
                                         : binary_ == BinaryFormat::Base64 ? read_base64(text)
                                                                           : std::optional(std::string(text));
      if (!bytes || bytes->size() > static_cast<std::size_t>(type_.length)) return Outcome::Bad;
      column.as<engine::StringCell>()[row].set(arena.emplace_back(std::move(*bytes)));
      return Outcome::Done;
    }
    case TypeKind::TimestampTz:
    case TypeKind::Variant:
    case TypeKind::Object:
    case TypeKind::Array: break;
  }
  return Outcome::Bad;
}

RowProblem FieldConverter::explain(std::string_view text) const {
  const auto problem = [](int number, std::string sqlstate, std::string message) {
    return RowProblem{number, std::move(sqlstate), "conversion", std::move(message)};
  };
  switch (type_.kind) {
    case TypeKind::Number: {
      base::Int128 digits = 0;
      if (read_scaled(text, type_.scale, digits) != NumberRead::NotANumber)
        return problem(100039, "22003", fmt::format("Numeric value '{}' is out of range", text));
      return problem(100038, "22018", fmt::format("Numeric value '{}' is not recognized", text));
    }
    case TypeKind::Float: return problem(100038, "22018", fmt::format("Numeric value '{}' is not recognized", text));
    case TypeKind::Boolean: return problem(100037, "22018", fmt::format("Boolean value '{}' is not recognized", text));
    case TypeKind::Date: return problem(100040, "22007", fmt::format("Date '{}' is not recognized", text));
    case TypeKind::Time: return problem(100108, "22007", fmt::format("Time '{}' is not recognized", text));
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz: return problem(100035, "22007", fmt::format("Timestamp '{}' is not recognized", text));
    case TypeKind::Binary:
      return problem(100115, "22000",
                     fmt::format("The following string is not a legal {}-encoded value: '{}'",
                                 binary_ == BinaryFormat::Base64 ? "base64" : "hex", text));
    case TypeKind::Null:
    case TypeKind::Text:
    case TypeKind::Variant:
    case TypeKind::Object:
    case TypeKind::Array:
      return problem(100074, "54000",
                     fmt::format("User character length limit ({}) exceeded by string '{}'", type_.length, text));
  }
  return problem(100038, "22018", "value is not recognized");
}

}  // namespace load
