#include "flow/engine/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace flow {
namespace {

/// 29 February on a given day of the week comes back after 28 years, or 40 around a century.
constexpr int kYearsAhead = 41;

struct Macro {
  std::string_view name, meaning;
};
constexpr Macro kMacros[] = {{"@yearly", "0 0 0 1 1 *"},   {"@annually", "0 0 0 1 1 *"}, {"@monthly", "0 0 0 1 * *"},
                             {"@weekly", "0 0 0 * * SUN"}, {"@daily", "0 0 0 * * *"},    {"@midnight", "0 0 0 * * *"},
                             {"@hourly", "0 0 * * * *"}};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find_first_of(separators, at), text.size());
    if (end > at || separators == ",") parts.push_back(upper(text.substr(at, end - at)));
    at = end + 1;
  }
  return parts;
}

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The number of the first name that begins with these three letters.
template <std::size_t n>
std::optional<int> named(std::string_view text, const std::array<std::string_view, n>& names) {
  for (std::size_t i = 0; i < n; ++i)
    if (text.size() == 3 && upper(names[i].substr(0, 3)) == text) return static_cast<int>(i);
  return std::nullopt;
}

int lowest_from(std::uint64_t bits, int from) {
  const auto rest = from >= 64 ? 0 : bits >> from << from;
  return rest == 0 ? -1 : std::countr_zero(rest);
}

}  // namespace

class Cron::Parser {
 public:
  explicit Parser(Dialect dialect) : dialect_(dialect) {}

  base::Result<Cron> parse(std::string_view text) {
    for (const auto& macro : kMacros)
      if (text == macro.name) text = macro.meaning;
    auto fields = split(text, " \t");
    if (fields.size() == 5) fields.insert(fields.begin(), "0");
    if (fields.size() != 6 && fields.size() != 7)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("'{}' has {} fields; it must have six: seconds, minutes, hours, days, months and "
                                    "days of the week",
                                    text, fields.size()));
    Cron cron;
    TRY(cron.seconds_, bits({"seconds", 0, 59}, fields[0]));
    TRY(cron.minutes_, bits({"minutes", 0, 59}, fields[1]));
    TRY(cron.hours_, bits({"hours", 0, 23}, fields[2]));
    TRY(cron.days_, days(fields[3]));
    TRY(cron.months_, bits({"months", 1, 12}, fields[4]));
    TRY(cron.weekdays_, weekdays(fields[5]));
    if (fields.size() == 7 && fields[6] != "*" && fields[6] != "?") {
      const auto add = [&](int year) { cron.years_.push_back(year); };
      TRY_VOID(each({"years", 1970, 2199}, fields[6], add));
      std::ranges::sort(cron.years_);
    }
    return cron;
  }

 private:
  struct Field {
    std::string_view name;
    int lowest, highest;
  };
  static base::Failure<base::Error> wrong(const Field& field, std::string_view text) {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("'{}' is not valid for the {} of a cron schedule", text, field.name));
  }

  base::Result<int> value(const Field& field, std::string_view text) const {
    auto found = number_of(text);
    if (!found && field.name == "months")
      if (const auto month = named(text, el::kMonths)) found = *month + 1;
    if (!found && field.name == "weekdays")
      if (const auto day = named(text, el::kWeekdays)) return *day + (dialect_ == Dialect::Quartz ? 1 : 0);
    if (!found || *found < field.lowest || *found > field.highest) return wrong(field, text);
    return *found;
  }

  /// Calls back for all that "3", "1-5", "*/10", "5/15" and "1-30/2" mean.
  template <class Add>
  base::Status range(const Field& field, std::string_view text, Add&& add) const {
    int step = 1;
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) {
      const auto given = number_of(text.substr(slash + 1));
      if (!given || *given < 1) return wrong(field, text);
      step = *given;
    }
    const auto base = text.substr(0, slash);
    int first = field.lowest, last = field.highest;
    if (base != "*" && base != "?") {
      const auto dash = base.find('-');
      TRY(first, value(field, base.substr(0, dash)));
      if (dash != std::string_view::npos) {
        TRY(last, value(field, base.substr(dash + 1)));
      } else if (slash == std::string_view::npos) {
        last = first;
      }
    }
    if (first > last && dialect_ == Dialect::Spring) return wrong(field, text);
    const int span = field.highest - field.lowest + 1;
    if (first > last) last += span;
    for (int at = first; at <= last; at += step) add(at > field.highest ? at - span : at);
    return {};
  }

  template <class Add>
  base::Status each(const Field& field, std::string_view text, Add&& add) const {
    for (const auto& part : split(text, ",")) TRY_VOID(range(field, part, add));
    return {};
  }

  base::Result<std::uint64_t> bits(const Field& field, std::string_view text) const {
    std::uint64_t set = 0;
    TRY_VOID(each(field, text, [&](int at) { set |= std::uint64_t{1} << at; }));
    return set;
  }

  base::Result<std::vector<DayRule>> days(const std::string& text) const {
    using Kind = DayRule::Kind;
    const Field field{"days", 1, 31};
    std::vector<DayRule> rules;
    if (text == "*" || text == "?") return rules;
    for (const auto& part : split(text, ",")) {
      if (part == "LW") {
        rules.push_back({Kind::LastWorkday});
      } else if (part == "L") {
        rules.push_back({Kind::LastOfMonth});
      } else if (part.starts_with("L-")) {
        const auto before = number_of(std::string_view(part).substr(2));
        if (!before || *before < 0 || *before > 30) return wrong(field, part);
        rules.push_back({Kind::LastOfMonth, *before});
      } else if (part.ends_with('W')) {
        TRY(const int day, value(field, std::string_view(part).substr(0, part.size() - 1)));
        rules.push_back({Kind::Workday, day});
      } else {
        TRY_VOID(range(field, part, [&](int day) { rules.push_back({Kind::OfMonth, day}); }));
      }
    }
    return rules;
  }

  int weekday(int number) const { return dialect_ == Dialect::Quartz ? number - 1 : number % 7; }

  base::Result<std::vector<DayRule>> weekdays(const std::string& text) const {
    using Kind = DayRule::Kind;
    const Field field{"weekdays", dialect_ == Dialect::Quartz ? 1 : 0, 7};
    std::vector<DayRule> rules;
    if (text == "*" || text == "?") return rules;
    for (const auto& part : split(text, ",")) {
      const std::string_view view = part;
      if (const auto mark = view.find('#'); mark != std::string_view::npos) {
        TRY(const int day, value(field, view.substr(0, mark)));
        const auto nth = number_of(view.substr(mark + 1));
        if (!nth || *nth < 1 || *nth > 5) return wrong(field, part);
        rules.push_back({Kind::NthOfWeek, weekday(day), *nth});
      } else if (part == "L") {
        rules.push_back({Kind::OfWeek, dialect_ == Dialect::Quartz ? 6 : 0});
      } else if (part.ends_with('L')) {
        TRY(const int day, value(field, view.substr(0, view.size() - 1)));
        rules.push_back({Kind::LastOfWeek, weekday(day)});
      } else {
        TRY_VOID(range(field, part, [&](int day) { rules.push_back({Kind::OfWeek, weekday(day)}); }));
      }
    }
    return rules;
  }

  const Dialect dialect_;
};

base::Result<Cron> Cron::parse(std::string_view text, Dialect dialect) { return Parser(dialect).parse(text); }

bool Cron::fits(const DayRule& rule, const el::Civil& day) {
  const int last = el::days_in_month(day.year, day.month), weekday = el::weekday_of(day);
  const auto weekday_at = [&](int other) { return ((weekday + other - day.day) % 7 + 7) % 7; };
  /// The working day next to a day of the month, in the same month.
  const auto near = [&](int wanted) {
    const int at = weekday_at(wanted);
    if (at == 6) return wanted > 1 ? wanted - 1 : wanted + 2;
    if (at == 0) return wanted < last ? wanted + 1 : wanted - 2;
    return wanted;
  };
  switch (rule.kind) {
    case DayRule::Kind::OfMonth: return day.day == rule.number;
    case DayRule::Kind::LastOfMonth: return day.day == last - rule.number;
    case DayRule::Kind::Workday: return rule.number <= last && day.day == near(rule.number);
    case DayRule::Kind::LastWorkday: return day.day == near(last);
    case DayRule::Kind::OfWeek: return weekday == rule.number;
    case DayRule::Kind::NthOfWeek: return weekday == rule.number && (day.day - 1) / 7 + 1 == rule.nth;
    case DayRule::Kind::LastOfWeek: return weekday == rule.number && day.day + 7 > last;
  }
  return false;
}

bool Cron::fits(const el::Civil& day) const {
  if ((months_ >> day.month & 1) == 0) return false;
  if (!years_.empty() && !std::ranges::binary_search(years_, static_cast<int>(day.year))) return false;
  const auto any = [&](const std::vector<DayRule>& rules) {
    return rules.empty() || std::ranges::any_of(rules, [&](const DayRule& rule) { return fits(rule, day); });
  };
  return any(days_) && any(weekdays_);
}

std::optional<base::Instant> Cron::next(base::Instant after, const el::TimeZone& zone) const {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto after_seconds = after.ns / kSecond - (after.ns % kSecond < 0 ? 1 : 0);
  const auto local = after_seconds + 1 + zone.offset_ms(after_seconds * 1000) / 1000;
  auto at = el::civil_of(local, 0);
  const auto end = at.year + kYearsAhead;
  auto days = el::days_of(at.year, at.month, at.day);
  for (; at.year <= end; at = el::civil_of(++days * el::kDaySeconds, 0)) {
    if (!fits(at)) continue;
    for (int hour = lowest_from(hours_, at.hour); hour >= 0; hour = lowest_from(hours_, hour + 1)) {
      const bool same_hour = hour == at.hour;
      for (int minute = lowest_from(minutes_, same_hour ? at.minute : 0); minute >= 0;
           minute = lowest_from(minutes_, minute + 1)) {
        const bool same_minute = same_hour && minute == at.minute;
        for (int second = lowest_from(seconds_, same_minute ? at.second : 0); second >= 0;
             second = lowest_from(seconds_, second + 1)) {
          const auto wanted = days * el::kDaySeconds + hour * 3600 + minute * 60 + second;
          // An hour that comes twice fires once; what a gap skips fires behind it.
          const base::Instant firing{zone.instant_of(wanted * 1000) * 1'000'000};
          if (firing > after) return firing;
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace flow
