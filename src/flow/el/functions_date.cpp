#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/el/civil_time.h"
#include "flow/el/tree.h"

namespace flow::el {
namespace {

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

/// An empty name is the name of no zone, not the system's.
std::string_view named(std::string_view zone) { return zone.empty() ? "(empty)" : zone; }
/// The zone in argument `at`, where it is given and not null; else the system's.
std::string_view zone_of(const Inputs& in, std::size_t at) {
  if (at >= in.arguments.size()) return in.context.time_zone;
  const auto* zone = std::get_if<std::string>(&in.arguments[at]);
  return zone == nullptr ? in.context.time_zone : named(*zone);
}
base::Result<std::string_view> required_zone(const Inputs& in, std::size_t at) {
  if (const auto* zone = std::get_if<std::string>(&in.arguments[at])) return named(*zone);
  return invalid("the time zone is null");
}

Answer now(const Inputs& in) { return Value{Date{in.context.now.ns / 1'000'000}}; }

Answer format(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  TRY_VOID(required_text(in, 0));
  std::optional<Compiled> holder;
  TRY(const auto* pattern, compiled_of<DatePattern>(in, holder, compile_date_pattern));
  TRY(auto text, format_date(instant_of(std::get<Date>(in.subject)), *pattern, zone_of(in, 1), in.context.dates));
  return Value{std::move(text)};
}
Answer format_instant(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  TRY_VOID(required_text(in, 0));
  std::optional<Compiled> holder;
  TRY(const auto* pattern, compiled_of<DatePattern>(in, holder, compile_date_pattern));
  TRY(const auto zone, required_zone(in, 1));
  TRY(auto text, format_date(std::get<Instant>(in.subject), *pattern, zone, DateDialect::DateTimeFormatter));
  return Value{std::move(text)};
}

/// Milliseconds; the pattern counts for texts only.
Answer date_of_number(const Value& subject) {
  TRY(const auto whole, to_whole(subject));
  const auto* ms = std::get_if<std::int64_t>(&whole);
  return ms == nullptr ? Value{} : Value{Date{*ms}};
}
Answer to_date_value(const Inputs& in) {
  const auto* text = std::get_if<std::string>(&in.subject);
  if (text == nullptr || in.arguments.empty()) return date_of_number(in.subject);
  if (is_null(in.arguments[0])) return Value{};
  std::optional<Compiled> holder;
  TRY(const auto* pattern, compiled_of<DatePattern>(in, holder, compile_date_pattern));
  const auto century_from = civil_of(in.context.now.ns / 1'000'000'000, 0).year - 80;
  TRY(const auto instant, parse_date(*text, *pattern, zone_of(in, 1), in.context.dates, century_from));
  return Value{Date{ms_of(instant)}};
}
Answer to_instant_value(const Inputs& in) {
  const auto* text = std::get_if<std::string>(&in.subject);
  if (text == nullptr || in.arguments.size() != 2) {
    TRY(const auto whole, to_whole(in.subject));
    const auto* ms = std::get_if<std::int64_t>(&whole);
    return ms == nullptr ? Value{} : Value{instant_of(Date{*ms})};
  }
  if (is_null(in.arguments[0])) return Value{};
  std::optional<Compiled> holder;
  TRY(const auto* pattern, compiled_of<DatePattern>(in, holder, compile_date_pattern));
  TRY(const auto zone, required_zone(in, 1));
  TRY(const auto instant, parse_instant(*text, *pattern, zone));
  return Value{instant};
}

template <std::int64_t per_second>
Answer epoch(const Inputs& in) {
  const auto* instant = std::get_if<Instant>(&in.subject);
  if (instant == nullptr) return Value{};
  std::int64_t whole = 0;
  if (__builtin_mul_overflow(instant->seconds, per_second, &whole) ||
      __builtin_add_overflow(whole, instant->nanos / (1'000'000'000 / per_second), &whole))
    return invalid("an instant beyond 64 bits");
  return Value{whole};
}

struct Amount {
  std::int64_t count = 0;
  Unit unit = Unit::Second;
};
/// "2 weeks": a whole number, white space and a unit, in the singular or plural.
base::Result<Amount> parse_amount(std::string_view text) {
  static constexpr auto kUnits = std::to_array<std::string_view>(
      {"nanosecond", "second", "minute", "hour", "day", "week", "month", "year"});  // as enum Unit
  const auto plain = trimmed(text);
  Amount amount;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), amount.count);
  const auto rest = plain.substr(static_cast<std::size_t>(end - plain.data()));
  auto unit = folded(trimmed(rest));
  if (unit.ends_with('s')) unit.pop_back();
  const auto* known = std::ranges::find(kUnits, unit);
  if (error != std::errc{} || plain.starts_with('-') || trimmed(rest).size() == rest.size() || known == kUnits.end())
    return invalid(fmt::format("not a duration such as '2 weeks': '{}'", text));
  amount.unit = static_cast<Unit>(known - kUnits.begin());
  return amount;
}
template <int sign>
Answer add_duration(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  TRY(const auto text, required_text(in, 0));
  TRY(const auto amount, parse_amount(text));
  TRY(const auto moved,
      later(instant_of(std::get<Date>(in.subject)), sign * amount.count, amount.unit, zone_of(in, 1)));
  return Value{Date{ms_of(moved)}};
}
template <int sign>
Answer add_instant_duration(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  TRY(const auto text, required_text(in, 0));
  TRY(const auto amount, parse_amount(text));
  TRY(const auto moved, later(std::get<Instant>(in.subject), sign * amount.count, amount.unit, "UTC"));
  return Value{moved};
}

constexpr Function kFunctions[] = {
    {"now", Type::Date, 0, "", 0, now},
    {"format", Type::Text, 'D', "tt", 1, format, compile_date_pattern},
    {"formatInstant", Type::Text, 'I', "tt", 2, format_instant, compile_date_pattern},
    {"toDate", Type::Date, 'x', "tt", 0, to_date_value, compile_date_pattern},
    {"toInstant", Type::Instant, 'x', "tt", 0, to_instant_value, compile_date_pattern},
    {"toMicros", Type::Number, 'i', "", 0, epoch<1'000'000>},
    {"toNanos", Type::Number, 'i', "", 0, epoch<1'000'000'000>},
    {"plusDuration", Type::Date, 'D', "tt", 1, add_duration<1>},
    {"minusDuration", Type::Date, 'D', "tt", 1, add_duration<-1>},
    {"plusInstantDuration", Type::Instant, 'I', "t", 1, add_instant_duration<1>},
    {"minusInstantDuration", Type::Instant, 'I', "t", 1, add_instant_duration<-1>},
};

}  // namespace

base::Result<Compiled> compile_date_pattern(const std::string& text) {
  TRY(auto pattern, DatePattern::compile(text));
  return Compiled{std::move(pattern)};
}

std::span<const Function> date_functions() { return kFunctions; }

}  // namespace flow::el
