#include "proc/js_convert.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/overloaded.h"

namespace proc {
namespace {

struct Day {
  std::int64_t year;
  unsigned month, day;
};

Day civil(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          of_year - (153 * shifted + 2) / 5 + 1};
}

std::string date_text(std::int64_t days) {
  const Day d = civil(days);
  return fmt::format("{:04}-{:02}-{:02}", d.year, d.month, d.day);
}

std::string fraction_text(std::int64_t nanos, int scale) {
  if (scale <= 0) return {};
  return "." + fmt::format("{:09}", nanos).substr(0, static_cast<std::size_t>(scale));
}

std::string clock_text(std::int64_t seconds, std::int64_t nanos, int scale) {
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60) +
         fraction_text(nanos, scale);
}

std::string timestamp_text(const engine::Timestamp& t, const catalog::LogicalType& type) {
  const bool zoned = type.kind == catalog::TypeKind::TimestampTz || type.kind == catalog::TypeKind::TimestampLtz;
  const std::int64_t local = t.seconds + (zoned ? t.offset_minutes * 60 : 0);
  const std::int64_t days = local >= 0 ? local / 86'400 : -((86'399 - local) / 86'400);
  std::string text = date_text(days) + " " + clock_text(local - days * 86'400, t.nanos, type.scale == 0 ? 0 : 3);
  if (zoned) {
    const int minutes = std::abs(t.offset_minutes);
    text += fmt::format(" {}{:02}{:02}", t.offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
  }
  return text;
}

double milliseconds(const engine::Timestamp& t) {
  return static_cast<double>(t.seconds) * 1000.0 + std::floor(t.nanos / 1e6);
}

base::Error cast_error(JSContext* context, JSValueConst value, const catalog::LogicalType& type) {
  return {base::ErrorKind::InvalidValue,
          100'071,
          "22000",
          fmt::format("Failed to cast variant value {} to {}", js_text(context, value), catalog::to_text(type)),
          {}};
}

std::optional<double> number_of(JSContext* context, JSValueConst value) {
  if (JS_IsNumber(value) || JS_IsBool(value)) {
    double number = 0;
    JS_ToFloat64(context, &number, value);
    return number;
  }
  const std::string text = js_text(context, value);
  const char* begin = text.c_str();
  char* end = nullptr;
  const double number = std::strtod(begin, &end);
  while (end != nullptr && *end == ' ') ++end;
  if (end == begin || *end != 0) return std::nullopt;
  return number;
}

std::optional<bool> boolean_of(JSContext* context, JSValueConst value) {
  if (JS_IsBool(value)) return JS_ToBool(context, value) == 1;
  if (JS_IsNumber(value)) return number_of(context, value) != 0.0;
  std::string text = js_text(context, value);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

/// The instant of a Date, with the nanoseconds that an SfDate keeps. Text is read as Date.parse reads it, in UTC.
std::optional<engine::Timestamp> instant_of(JSContext* context, JSValueConst value) {
  double ms = std::nan("");
  std::int32_t extra = 0;
  if (JS_IsDate(value)) {
    JS_ToFloat64(context, &ms, value);
    JsValue nanos(context, JS_GetPropertyStr(context, value, "nanoseconds_"));
    if (JS_IsNumber(nanos.get())) JS_ToInt32(context, &extra, nanos.get());
  } else {
    std::string text = js_text(context, value);
    if (text.size() < 10) return std::nullopt;
    if (text.size() == 10) text += "T00:00:00";
    text[10] = 'T';
    if (text.find_first_of("Z+", 11) == std::string::npos && text.find('-', 11) == std::string::npos) text += "Z";
    JsValue input(context, JS_NewStringLen(context, text.data(), text.size()));
    JsValue global(context, JS_GetGlobalObject(context));
    JsValue constructor(context, JS_GetPropertyStr(context, global.get(), "Date"));
    JSValueConst argument = input.get();
    JsValue date(context, JS_CallConstructor(context, constructor.get(), 1, &argument));
    if (date.is_exception()) return std::nullopt;
    JS_ToFloat64(context, &ms, date.get());
  }
  if (std::isnan(ms)) return std::nullopt;
  const double seconds = std::floor(ms / 1000.0);
  const auto nanos = static_cast<std::int32_t>(std::llround((ms - seconds * 1000.0) * 1e6));
  return engine::Timestamp{static_cast<std::int64_t>(seconds), extra > nanos ? extra : nanos, 0};
}

base::Result<engine::Value> json_of(JSContext* context, JSValueConst value, JSValueConst stringify) {
  JsValue text(context, JS_Call(context, stringify, JS_UNDEFINED, 1, &value));
  if (text.is_exception()) {
    JsValue exception(context, JS_GetException(context));
    return base::fail(
        {base::ErrorKind::InvalidValue,
         100'132,
         "P0000",
         "JavaScript execution error: Uncaught " + js_text(context, exception.get()) + " in the returned value",
         {}});
  }
  if (JS_IsUndefined(text.get())) return engine::Value{};
  return engine::Value{engine::Json{js_text(context, text.get())}};
}

}  // namespace

std::string number_text(const engine::Decimal& value) {
  std::string digits = base::to_string(value.digits < 0 ? -value.digits : value.digits);
  const auto scale = static_cast<std::size_t>(value.scale);
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, ".");
  }
  return value.digits < 0 ? "-" + digits : digits;
}

std::optional<engine::Timestamp> sf_date_parts(const engine::Value& value) {
  if (const auto* t = std::get_if<engine::Timestamp>(&value)) return *t;
  return std::nullopt;
}

JsValue to_js(JSContext* context, const engine::Value& value, JsNull null) {
  const auto text = [context](const std::string& s) { return JS_NewStringLen(context, s.data(), s.size()); };
  return {
      context,
      std::visit(
          base::Overloaded{
              [&](std::monostate) { return null == JsNull::Null ? JS_NULL : JS_UNDEFINED; },
              [&](bool b) { return JS_NewBool(context, b); },
              [&](const engine::Decimal& d) {
                return JS_NewNumber(context, std::strtod(number_text(d).c_str(), nullptr));
              },
              [&](double d) { return JS_NewNumber(context, d); },
              [&](const std::string& s) { return text(s); },
              [&](const engine::Date& d) { return JS_NewDate(context, static_cast<double>(d.days) * 86'400'000.0); },
              [&](const engine::Time& t) { return text(clock_text(t.ns / 1'000'000'000, t.ns % 1'000'000'000, 9)); },
              [&](const engine::Timestamp& t) { return JS_NewDate(context, milliseconds(t)); },
              [&](const engine::Binary& b) {
                return JS_NewUint8ArrayCopy(context, reinterpret_cast<const std::uint8_t*>(b.bytes.data()),
                                            b.bytes.size());
              },
              [&](const engine::Json& j) { return JS_ParseJSON(context, j.text.c_str(), j.text.size(), "variant"); },
          },
          value)};
}

base::Result<engine::Value> from_js(JSContext* context, JSValueConst value, const catalog::LogicalType& type,
                                    JSValueConst stringify) {
  using catalog::TypeKind;
  if (JS_IsUndefined(value) || (JS_IsNull(value) && type.kind != TypeKind::Variant)) return engine::Value{};
  const auto refused = [&] { return base::fail(cast_error(context, value, type)); };
  switch (type.kind) {
    case TypeKind::Null: return engine::Value{};
    case TypeKind::Float: {
      const auto number = number_of(context, value);
      if (!number) return refused();
      return engine::Value{*number};
    }
    case TypeKind::Boolean: {
      const auto truth = boolean_of(context, value);
      if (!truth) return refused();
      return engine::Value{*truth};
    }
    case TypeKind::Text: {
      JsValue as_text(context, JS_ToString(context, value));
      if (as_text.is_exception()) {
        JS_FreeValue(context, JS_GetException(context));
        return refused();
      }
      std::string text = js_text(context, as_text.get());
      const auto length =
          static_cast<std::int64_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
      if (length > type.length)
        return base::fail({base::ErrorKind::InvalidValue,
                           100'078,
                           "22000",
                           fmt::format("String '{}' is too long and would be truncated", text.substr(0, 100)),
                           {}});
      return engine::Value{std::move(text)};
    }
    case TypeKind::Date:
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz: {
      const auto at = instant_of(context, value);
      if (!at) return refused();
      if (type.kind != TypeKind::Date) return engine::Value{*at};
      return engine::Value{
          engine::Date{static_cast<std::int32_t>(std::floor(static_cast<double>(at->seconds) / 86'400.0))}};
    }
    case TypeKind::Variant: return json_of(context, value, stringify);
    case TypeKind::Object:
      if (!JS_IsObject(value) || JS_IsArray(value) || JS_IsDate(value)) return refused();
      return json_of(context, value, stringify);
    case TypeKind::Array:
      if (!JS_IsArray(value)) return refused();
      return json_of(context, value, stringify);
    case TypeKind::Binary: {
      std::size_t size = 0;
      const std::uint8_t* bytes = JS_IsObject(value) ? JS_GetUint8Array(context, &size, value) : nullptr;
      if (bytes == nullptr) {
        JS_FreeValue(context, JS_GetException(context));
        return refused();
      }
      return engine::Value{engine::Binary{std::string(reinterpret_cast<const char*>(bytes), size)}};
    }
    case TypeKind::Number:
    case TypeKind::Time:
      return base::fail({base::ErrorKind::Unsupported,
                         2,
                         "0A000",
                         fmt::format("Language JAVASCRIPT does not support type '{}' for argument or return type.",
                                     catalog::to_text(type)),
                         {}});
  }
  return refused();
}

std::string cell_text(const engine::Value& value, const catalog::LogicalType& type) {
  return std::visit(
      base::Overloaded{
          [](std::monostate) { return std::string("NULL"); },
          [](bool b) { return std::string(b ? "true" : "false"); },
          [](const engine::Decimal& d) { return number_text(d); },
          [](double d) {
            char buffer[64];
            const auto end = std::to_chars(buffer, buffer + sizeof buffer, d).ptr;
            return std::string(buffer, end);
          },
          [](const std::string& s) { return s; },
          [](const engine::Date& d) { return date_text(d.days); },
          [&](const engine::Time& t) { return clock_text(t.ns / 1'000'000'000, t.ns % 1'000'000'000, 0); },
          [&](const engine::Timestamp& t) { return timestamp_text(t, type); },
          [](const engine::Binary& b) {
            std::string hex;
            for (const char c : b.bytes) hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
            return hex;
          },
          [](const engine::Json& j) { return j.text; },
      },
      value);
}

}  // namespace proc
