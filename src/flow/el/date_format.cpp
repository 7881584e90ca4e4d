#include "flow/el/date_format.h"

#include <fmt/format.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace flow::el {
namespace {

constexpr auto kMonths =
    std::to_array<std::string_view>({"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"});
constexpr auto kDays =
    std::to_array<std::string_view>({"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"});
constexpr std::int64_t kDayMs = 86'400'000;

/// A time zone of ICU: what it is called and how far it is from UTC at an instant.
class Zone {
 public:
  static base::Result<Zone> open(std::string_view id) {
    if (id == "Z") id = "UTC";
    std::u16string wide(id.begin(), id.end());
    UErrorCode status = U_ZERO_ERROR;
    Zone zone;
    zone.calendar_.reset(ucal_open(id.empty() ? nullptr : reinterpret_cast<const UChar*>(wide.data()),
                                   id.empty() ? -1 : static_cast<std::int32_t>(wide.size()), "en_US", UCAL_GREGORIAN,
                                   &status));
    if (U_FAILURE(status)) return base::fail(base::ErrorKind::InvalidValue, fmt::format("no such time zone: {}", id));
    std::array<UChar, 64> found{};
    ucal_getTimeZoneID(zone.calendar_.get(), found.data(), static_cast<std::int32_t>(found.size()), &status);
    if (U_FAILURE(status) || std::u16string_view(reinterpret_cast<const char16_t*>(found.data())) == u"Etc/Unknown")
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("no such time zone: {}", id));
    return zone;
  }
  std::int64_t offset_ms(std::int64_t at_ms) const {
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(calendar_.get(), static_cast<double>(at_ms), &status);
    return ucal_get(calendar_.get(), UCAL_ZONE_OFFSET, &status) + ucal_get(calendar_.get(), UCAL_DST_OFFSET, &status);
  }
  /// The instant of a local time; in a gap or overlap the earlier offset's.
  std::int64_t instant_of(std::int64_t local_ms) const {
    const auto guess = local_ms - offset_ms(local_ms);
    return local_ms - offset_ms(guess);
  }
  std::string name(std::int64_t at_ms) const {
    const auto offset = offset_ms(at_ms);
    if (offset == 0 && raw_is_utc()) return "UTC";
    UErrorCode status = U_ZERO_ERROR;
    std::array<UChar, 64> text{};
    ucal_setMillis(calendar_.get(), static_cast<double>(at_ms), &status);
    const bool summer = ucal_get(calendar_.get(), UCAL_DST_OFFSET, &status) != 0;
    const auto length =
        ucal_getTimeZoneDisplayName(calendar_.get(), summer ? UCAL_SHORT_DST : UCAL_SHORT_STANDARD, "en_US",
                                    text.data(), static_cast<std::int32_t>(text.size()), &status);
    std::string out;
    for (std::int32_t i = 0; i < length; ++i) out += static_cast<char>(text[static_cast<std::size_t>(i)]);
    return out;
  }

 private:
  bool raw_is_utc() const {
    UErrorCode status = U_ZERO_ERROR;
    std::array<UChar, 64> id{};
    ucal_getTimeZoneID(calendar_.get(), id.data(), static_cast<std::int32_t>(id.size()), &status);
    const std::u16string_view text(reinterpret_cast<const char16_t*>(id.data()));
    return text == u"UTC" || text == u"Etc/UTC";
  }
  struct Close {
    void operator()(void** calendar) const { ucal_close(calendar); }
  };
  std::unique_ptr<void*, Close> calendar_;
};

struct Civil {
  std::int64_t year = 1970;
  unsigned month = 1, day = 1;
  int hour = 0, minute = 0, second = 0, ms = 0, weekday = 4, day_of_year = 1;
};

Civil civil_of(std::int64_t local_ms) {
  auto days = local_ms / kDayMs;
  auto rest = local_ms % kDayMs;
  if (rest < 0) rest += kDayMs, --days;
  const std::chrono::sys_days at{std::chrono::days{days}};
  const std::chrono::year_month_day date{at};
  Civil civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
  civil.hour = static_cast<int>(rest / 3'600'000);
  civil.minute = static_cast<int>(rest / 60'000 % 60);
  civil.second = static_cast<int>(rest / 1000 % 60);
  civil.ms = static_cast<int>(rest % 1000);
  civil.weekday = static_cast<int>(std::chrono::weekday{at}.c_encoding());
  civil.day_of_year = static_cast<int>((at - std::chrono::sys_days{date.year() / 1 / 1}).count()) + 1;
  return civil;
}

/// A stretch of one letter, or (letter 0) of literal text.
struct Piece {
  char letter = 0;
  std::size_t count = 0;
  std::string text;
};

base::Result<std::vector<Piece>> pieces_of(std::string_view pattern) {
  std::vector<Piece> pieces;
  const auto literal = [&](char c) {
    if (pieces.empty() || pieces.back().letter != 0) pieces.emplace_back();
    pieces.back().text += c;
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\'') {
      if (i + 1 < pattern.size() && pattern[i + 1] == '\'') {
        literal('\'');
        ++i;
        continue;
      }
      for (++i; i < pattern.size(); ++i) {
        if (pattern[i] != '\'')
          literal(pattern[i]);
        else if (i + 1 < pattern.size() && pattern[i + 1] == '\'')
          literal(pattern[++i]);
        else
          break;
      }
      if (i >= pattern.size())
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("date pattern with an open quote: {}", pattern));
      continue;
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      if (std::string_view("yuMLdDEaHhKkmsSzZX").find(c) == std::string_view::npos)
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("date pattern with the letter '{}', which is not supported: {}", c, pattern));
      if (pieces.empty() || pieces.back().letter != c) pieces.push_back({c, 0, {}});
      ++pieces.back().count;
      continue;
    }
    literal(c);
  }
  return pieces;
}

std::string offset_text(std::int64_t offset_ms, std::string_view colon) {
  const auto minutes = std::abs(offset_ms) / 60'000;
  return fmt::format("{}{:02}{}{:02}", offset_ms < 0 ? '-' : '+', minutes / 60, colon, minutes % 60);
}

}  // namespace

base::Result<std::string> format_date(Date date, std::string_view pattern, std::string_view zone_id) {
  TRY(const auto pieces, pieces_of(pattern));
  TRY(const auto zone, Zone::open(zone_id));
  const auto offset = zone.offset_ms(date.ms);
  const auto civil = civil_of(date.ms + offset);
  std::string out;
  for (const auto& [letter, count, text] : pieces) {
    const auto number = [&](std::int64_t value) { out += fmt::format("{:0{}}", value, count); };
    switch (letter) {
      case 0: out += text; break;
      case 'y':
      case 'u':
        if (count == 2)
          out += fmt::format("{:02}", civil.year % 100);
        else
          number(civil.year);
        break;
      case 'M':
      case 'L':
        if (count >= 4)
          out += kMonths[civil.month - 1];
        else if (count == 3)
          out += kMonths[civil.month - 1].substr(0, 3);
        else
          number(civil.month);
        break;
      case 'd': number(civil.day); break;
      case 'D': number(civil.day_of_year); break;
      case 'E':
        out += count >= 4 ? kDays[static_cast<std::size_t>(civil.weekday)]
                          : kDays[static_cast<std::size_t>(civil.weekday)].substr(0, 3);
        break;
      case 'a': out += civil.hour < 12 ? "AM" : "PM"; break;
      case 'H': number(civil.hour); break;
      case 'k': number(civil.hour == 0 ? 24 : civil.hour); break;
      case 'K': number(civil.hour % 12); break;
      case 'h': number(civil.hour % 12 == 0 ? 12 : civil.hour % 12); break;
      case 'm': number(civil.minute); break;
      case 's': number(civil.second); break;
      case 'S': {
        const auto digits = fmt::format("{:03}", civil.ms);
        out += count <= 3 ? digits.substr(0, count) : digits + std::string(count - 3, '0');
        break;
      }
      case 'z': out += zone.name(date.ms); break;
      case 'Z': out += offset_text(offset, ""); break;
      case 'X':
        if (offset == 0)
          out += 'Z';
        else if (count == 1)
          out += offset_text(offset, "").substr(0, 3);
        else
          out += offset_text(offset, count == 2 ? "" : ":");
        break;
      default: break;
    }
  }
  return out;
}

base::Result<Date> parse_date(std::string_view text, std::string_view pattern, std::string_view zone_id) {
  TRY(const auto pieces, pieces_of(pattern));
  TRY(auto zone, Zone::open(zone_id));
  const auto misfit = [&] {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("'{}' does not fit the date pattern '{}'", text, pattern));
  };
  Civil civil;
  std::optional<std::int64_t> offset_ms;
  std::optional<bool> afternoon;
  bool twelve = false;
  auto rest = text;
  const auto word = [&](const auto& names, std::size_t& index) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (const auto& name : {names[i], names[i].substr(0, 3)}) {
        if (rest.size() < name.size() ||
            !std::equal(name.begin(), name.end(), rest.begin(), [](char a, char b) { return (a | 32) == (b | 32); }))
          continue;
        rest.remove_prefix(name.size());
        index = i;
        return true;
      }
    }
    return false;
  };
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    const auto& [letter, count, literal] = pieces[p];
    if (letter == 0) {
      if (!rest.starts_with(literal)) return misfit();
      rest.remove_prefix(literal.size());
      continue;
    }
    std::size_t index = 0;
    if ((letter == 'M' || letter == 'L') && count >= 3) {
      if (!word(kMonths, index)) return misfit();
      civil.month = static_cast<unsigned>(index + 1);
      continue;
    }
    if (letter == 'E') {
      if (!word(kDays, index)) return misfit();
      continue;
    }
    if (letter == 'a') {
      if (rest.size() < 2 || (rest[1] | 32) != 'm' || ((rest[0] | 32) != 'a' && (rest[0] | 32) != 'p')) return misfit();
      afternoon = (rest[0] | 32) == 'p';
      rest.remove_prefix(2);
      continue;
    }
    if (letter == 'Z' || letter == 'X' || (letter == 'z' && (rest.starts_with('+') || rest.starts_with('-')))) {
      if (rest.starts_with('Z')) {
        offset_ms = 0;
        rest.remove_prefix(1);
        continue;
      }
      if (!rest.starts_with('+') && !rest.starts_with('-')) return misfit();
      std::string digits;
      std::size_t used = 1;
      for (; used < rest.size() && digits.size() < 4 && (rest[used] == ':' || (rest[used] >= '0' && rest[used] <= '9'));
           ++used)
        if (rest[used] != ':') digits += rest[used];
      if (digits.size() != 2 && digits.size() != 4) return misfit();
      digits.resize(4, '0');
      const auto minutes = std::stoi(digits.substr(0, 2)) * 60 + std::stoi(digits.substr(2));
      offset_ms = (rest[0] == '-' ? -1 : 1) * std::int64_t{minutes} * 60'000;
      rest.remove_prefix(used);
      continue;
    }
    if (letter == 'z') {
      auto end = rest.find(' ');
      if (end == std::string_view::npos) end = rest.size();
      auto named = Zone::open(rest.substr(0, end));
      if (!named) return misfit();
      zone = std::move(*named);
      rest.remove_prefix(end);
      continue;
    }
    // Digits: as many as stand there, unless the next piece is a number as well.
    const bool fixed = p + 1 < pieces.size() && pieces[p + 1].letter != 0 &&
                       std::string_view("yuMdDHhKkmsS").find(pieces[p + 1].letter) != std::string_view::npos;
    std::size_t digits = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9' && digits < (fixed ? count : 9)) ++digits;
    std::int64_t value = 0;
    if (digits == 0 || std::from_chars(rest.data(), rest.data() + digits, value).ec != std::errc{}) return misfit();
    rest.remove_prefix(digits);
    const int number = static_cast<int>(value);
    switch (letter) {
      case 'y':
      case 'u': civil.year = count == 2 && digits == 2 ? 2000 + value : value; break;
      case 'M':
      case 'L': civil.month = static_cast<unsigned>(value); break;
      case 'd': civil.day = static_cast<unsigned>(value); break;
      case 'H':
      case 'k': civil.hour = letter == 'k' && number == 24 ? 0 : number; break;
      case 'h':
      case 'K': civil.hour = number % 12, twelve = true; break;
      case 'm': civil.minute = number; break;
      case 's': civil.second = number; break;
      case 'S': {
        double scaled = static_cast<double>(value);
        for (auto d = digits; d < 3; ++d) scaled *= 10;
        for (auto d = digits; d > 3; --d) scaled /= 10;
        civil.ms = static_cast<int>(scaled);
        break;
      }
      default:
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("date pattern letter '{}' cannot be read: {}", letter, pattern));
    }
  }
  if (!rest.empty()) return misfit();
  if (twelve && afternoon.value_or(false)) civil.hour += 12;
  if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31) return misfit();
  const std::chrono::sys_days first{std::chrono::year{static_cast<int>(civil.year)} / static_cast<int>(civil.month) /
                                    1};
  const auto days =
      first.time_since_epoch().count() + static_cast<std::int64_t>(civil.day) - 1;  // lenient: 31 June is 1 July
  const auto local =
      days * kDayMs + civil.hour * 3'600'000LL + civil.minute * 60'000LL + civil.second * 1000LL + civil.ms;
  return Date{offset_ms ? local - *offset_ms : zone.instant_of(local)};
}

}  // namespace flow::el
