#include "flow/el/date_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/el/civil_time.h"
#include "flow/el/time_zone.h"

namespace flow::el {
namespace {

/// The letters of either dialect; and which of them are SimpleDateFormat's, and DateTimeFormatter's.
constexpr std::string_view kSimpleLetters = "GyYMLwWDdFEuaHkKhmsSzZX";
constexpr std::string_view kFormatterLetters = "GuyDMLdQqYwWEecFahHkKmsSAnNVzOXxZ";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

/// What is being printed.
struct Moment {
  Civil civil;
  std::int64_t at_ms;
  std::int64_t offset_ms;
  const TimeZone& zone;
};

std::string number(std::int64_t value, std::size_t width) { return fmt::format("{:0{}}", value, width); }
std::string year(std::int64_t value, std::size_t count) {
  return count == 2 ? number(std::abs(value) % 100, 2) : number(value, count);
}
/// Names by the number of letters: short, full, and the first letter.
std::string name(std::string_view full, std::size_t count) {
  return std::string(count == 4 ? full : full.substr(0, count == 5 ? 1 : 3));
}

/// "Z", "+02", "+0200", "+02:00" by the number of letters X (or x, which writes "+00" for "Z").
std::string iso_offset(std::int64_t offset_ms, std::size_t count, bool zero_is_z, DateDialect dialect) {
  if (offset_ms == 0 && zero_is_z) return "Z";
  const auto text = offset_text(offset_ms, count == 3 || count == 5 ? ":" : "");
  const bool whole_hour = offset_ms % 3'600'000 == 0;
  if (count == 1 && (whole_hour || dialect == DateDialect::SimpleDateFormat)) return text.substr(0, 3);
  return text;
}
/// "GMT", "GMT+2", "GMT+02:00".
std::string localized_offset(std::int64_t offset_ms, bool full) {
  if (offset_ms == 0) return "GMT";
  if (full) return "GMT" + offset_text(offset_ms, ":");
  const auto minutes = std::abs(offset_ms) / 60'000;
  const auto hours = fmt::format("GMT{}{}", offset_ms < 0 ? '-' : '+', minutes / 60);
  return minutes % 60 == 0 ? hours : hours + fmt::format(":{:02}", minutes % 60);
}

/// The letters that mean the same in both dialects.
std::string common(char letter, std::size_t count, const Moment& moment) {
  const auto& civil = moment.civil;
  switch (letter) {
    case 'G': return count == 4 ? (civil.year > 0 ? "Anno Domini" : "Before Christ") : (civil.year > 0 ? "AD" : "BC");
    case 'y': return year(civil.year > 0 ? civil.year : 1 - civil.year, count);
    case 'Y': return year(week_of(civil).year, count);
    case 'M':
    case 'L':
      return count < 3 ? number(civil.month, count) : name(kMonths[static_cast<std::size_t>(civil.month - 1)], count);
    case 'w': return number(week_of(civil).week, count);
    case 'W': return number(week_of_month(civil), count);
    case 'D': return number(day_of_year(civil), count);
    case 'd': return number(civil.day, count);
    case 'F': return number((civil.day - 1) / 7 + 1, count);
    case 'E': return name(kWeekdays[static_cast<std::size_t>(weekday_of(civil))], count);
    case 'a': return civil.hour < 12 ? "AM" : "PM";
    case 'H': return number(civil.hour, count);
    case 'k': return number(civil.hour == 0 ? 24 : civil.hour, count);
    case 'K': return number(civil.hour % 12, count);
    case 'h': return number(civil.hour % 12 == 0 ? 12 : civil.hour % 12, count);
    case 'm': return number(civil.minute, count);
    case 's': return number(civil.second, count);
    case 'z': return count >= 4 ? moment.zone.long_name(moment.at_ms) : moment.zone.short_name(moment.at_ms);
    default: return {};
  }
}

std::string simple(char letter, std::size_t count, const Moment& moment) {
  switch (letter) {
    case 'u': return number(weekday_of(moment.civil) == 0 ? 7 : weekday_of(moment.civil), count);
    case 'S': return number(moment.civil.nano / 1'000'000, count);
    case 'Z': return offset_text(moment.offset_ms, "");
    case 'X': return iso_offset(moment.offset_ms, count, true, DateDialect::SimpleDateFormat);
    case 'M':
    case 'L':
    case 'E': return common(letter, std::min<std::size_t>(count, 4), moment);
    case 'y': return common(letter, count == 3 ? 1 : count, moment);
    default: return common(letter, count, moment);
  }
}

std::string formatter(char letter, std::size_t count, const Moment& moment) {
  const auto& civil = moment.civil;
  const auto second_of_day = civil.hour * 3600 + civil.minute * 60 + civil.second;
  switch (letter) {
    case 'u': return year(civil.year, count);
    case 'Q':
    case 'q': {
      const auto quarter = (civil.month - 1) / 3 + 1;
      constexpr std::array<std::string_view, 4> kNames{"1st", "2nd", "3rd", "4th"};
      if (count < 3) return number(quarter, count);
      return count == 4 ? fmt::format("{} quarter", kNames[static_cast<std::size_t>(quarter - 1)])
                        : fmt::format("{}{}", count == 3 ? "Q" : "", quarter);
    }
    case 'e':
    case 'c': return count < 3 ? number(weekday_of(civil) + 1, count) : common('E', count, moment);
    case 'S': return number(civil.nano, 9).substr(0, count) + std::string(count > 9 ? count - 9 : 0, '0');
    case 'A': return number(second_of_day * std::int64_t{1000} + civil.nano / 1'000'000, count);
    case 'n': return number(civil.nano, count);
    case 'N': return number(second_of_day * std::int64_t{1'000'000'000} + civil.nano, count);
    case 'V': return moment.zone.id();
    case 'O': return localized_offset(moment.offset_ms, count == 4);
    case 'X':
    case 'x': return iso_offset(moment.offset_ms, count, letter == 'X', DateDialect::DateTimeFormatter);
    case 'Z':
      if (count == 4) return localized_offset(moment.offset_ms, true);
      return count == 5 ? iso_offset(moment.offset_ms, 5, true, DateDialect::DateTimeFormatter)
                        : offset_text(moment.offset_ms, "");
    default: return common(letter, count, moment);
  }
}

}  // namespace

base::Result<DatePattern> DatePattern::compile(std::string_view text) {
  DatePattern pattern;
  pattern.text_ = text;
  auto& pieces = pattern.pieces_;
  const auto literal = [&](char c) {
    if (pieces.empty() || pieces.back().letter != 0) pieces.emplace_back();
    pieces.back().text += c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') {
      if (i + 1 < text.size() && text[i + 1] == '\'') {
        literal(text[++i]);
        continue;
      }
      for (++i; i < text.size(); ++i) {
        if (text[i] != '\'')
          literal(text[i]);
        else if (i + 1 < text.size() && text[i + 1] == '\'')
          literal(text[++i]);
        else
          break;
      }
      if (i >= text.size()) return invalid(fmt::format("date pattern with an open quote: {}", text));
    } else if (c == '[' || c == ']') {
      pieces.push_back({c, 1, std::string(1, c)});
    } else if (!is_letter(c)) {
      literal(c);
    } else if (kSimpleLetters.find(c) == std::string_view::npos &&
               kFormatterLetters.find(c) == std::string_view::npos) {
      return invalid(fmt::format("date pattern with the letter '{}', which means nothing: {}", c, text));
    } else {
      if (pieces.empty() || pieces.back().letter != c) pieces.push_back({c, 0, {}});
      ++pieces.back().count;
    }
  }
  return pattern;
}

base::Status DatePattern::check(DateDialect dialect) const {
  const auto letters = dialect == DateDialect::SimpleDateFormat ? kSimpleLetters : kFormatterLetters;
  for (const auto& piece : pieces_)
    if (piece.text.empty() && letters.find(piece.letter) == std::string_view::npos)
      return invalid(
          fmt::format("date pattern with the letter '{}', which means nothing here: {}", piece.letter, text_));
  return {};
}

base::Result<std::string> format_date(Instant instant, const DatePattern& pattern, std::string_view zone_id,
                                      DateDialect dialect) {
  TRY_VOID(pattern.check(dialect));
  TRY(const auto zone, TimeZone::open(zone_id, dialect));
  const bool is_simple = dialect == DateDialect::SimpleDateFormat;
  const auto at_ms = ms_of(instant);
  const auto offset = zone.offset_ms(at_ms);
  const Moment moment{civil_of(instant.seconds + offset / 1000, instant.nanos), at_ms, offset, zone};
  std::string out;
  for (const auto& [letter, count, text] : pattern.pieces()) {
    if (letter == 0 || (is_simple && (letter == '[' || letter == ']')))
      out += text;
    else if (letter != '[' && letter != ']')
      out += is_simple ? simple(letter, count, moment) : formatter(letter, count, moment);
  }
  return out;
}

std::string iso_text(Instant instant) {
  const auto civil = civil_of(instant.seconds, instant.nanos);
  auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.year, civil.month, civil.day, civil.hour,
                         civil.minute, civil.second);
  if (civil.nano != 0) {
    auto digits = number(civil.nano, 9);
    while (digits.ends_with("000")) digits.resize(digits.size() - 3);
    out += "." + digits;
  }
  return out + "Z";
}

base::Result<Instant> later(Instant instant, std::int64_t count, Unit unit, std::string_view zone_id) {
  constexpr std::int64_t kMost = 400'000'000'000;  // seconds, days or months: far beyond what dates reach
  if (std::abs(count) > kMost && unit != Unit::Nanosecond) return invalid("a duration out of range");
  const auto seconds = [&](std::int64_t each) { return Instant{instant.seconds + count * each, instant.nanos}; };
  switch (unit) {
    case Unit::Nanosecond: {
      const auto nanos = instant.nanos + count % 1'000'000'000;
      const auto carry = nanos < 0 ? -1 : nanos >= 1'000'000'000 ? 1 : 0;
      return Instant{instant.seconds + count / 1'000'000'000 + carry,
                     static_cast<std::int32_t>(nanos - carry * 1'000'000'000)};
    }
    case Unit::Second: return seconds(1);
    case Unit::Minute: return seconds(60);
    case Unit::Hour: return seconds(3600);
    case Unit::Day:
    case Unit::Week:
    case Unit::Month:
    case Unit::Year: break;
  }
  TRY(const auto zone, TimeZone::open(zone_id, DateDialect::DateTimeFormatter));
  auto civil = civil_of(instant.seconds + zone.offset_ms(ms_of(instant)) / 1000, instant.nanos);
  if (unit == Unit::Day || unit == Unit::Week) {
    const auto days = days_of(civil.year, civil.month, civil.day) + count * (unit == Unit::Week ? 7 : 1);
    const auto day = civil_of(days * kDaySeconds, 0);
    civil.year = day.year, civil.month = day.month, civil.day = day.day;
  } else {
    const auto months = civil.year * 12 + civil.month - 1 + count * (unit == Unit::Year ? 12 : 1);
    civil.year = months / 12 - (months % 12 < 0 ? 1 : 0);
    civil.month = static_cast<int>(months - civil.year * 12) + 1;
    civil.day = std::min(civil.day, days_in_month(civil.year, civil.month));
  }
  const auto at_ms = zone.instant_of(seconds_of(civil) * 1000);
  return Instant{instant_of(Date{at_ms}).seconds, instant.nanos};
}

}  // namespace flow::el
