#include <fmt/format.h>

#include "flow/el/date_format.h"
#include "flow/el/tree.h"
#include "flow/engine/quantity.h"

namespace flow::el {
namespace {

using Arguments = std::span<const Value>;
using Answer = base::Result<Value>;

std::string zone_of(const Context& context, Arguments a) {
  return a.size() > 1 ? to_text(a[1]) : std::string(context.time_zone);
}

Answer now(const Context& context, const Value&, Arguments) { return Value{Date{context.now.ns / 1'000'000}}; }
Answer format(const Context& context, const Value& s, Arguments a) {
  TRY(const auto date, to_date(s));
  if (is_null(date)) return Value{};
  TRY(auto text, format_date(std::get<Date>(date), to_text(a[0]), zone_of(context, a)));
  return Value{std::move(text)};
}
Answer to_date_value(const Context& context, const Value& s, Arguments a) {
  if (is_null(s) || a.empty()) return to_date(s);
  TRY(const auto date, parse_date(to_text(s), to_text(a[0]), zone_of(context, a)));
  return Value{date};
}
template <int sign>
Answer add_duration(const Context&, const Value& s, Arguments a) {
  TRY(const auto date, to_date(s));
  if (is_null(date)) return Value{};
  const auto duration = parse_duration(to_text(a[0]));
  if (!duration) return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a duration: '{}'", to_text(a[0])));
  return Value{Date{std::get<Date>(date).ms + sign * (duration->count() / 1'000'000)}};
}

constexpr Function kFunctions[] = {
    {"now", 0, 0, now, true},
    {"format", 1, 2, format},
    {"toDate", 0, 2, to_date_value},
    {"plusDuration", 1, 1, add_duration<1>},
    {"minusDuration", 1, 1, add_duration<-1>},
};

}  // namespace

std::span<const Function> date_functions() { return kFunctions; }

}  // namespace flow::el
