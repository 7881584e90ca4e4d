#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "flow/el/civil_time.h"
#include "flow/el/date_format.h"
#include "flow/el/time_zone.h"

namespace flow::el {
namespace {

constexpr std::string_view kNumeric = "GyuYDdFHkKhmsSAnNwWQq";  // and M, L, e, c below three letters

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

enum class Mode { Simple, Lenient, Strict };  // SimpleDateFormat; DateTimeFormatter leniently or as it is

/// What a text says, as far as it says it.
struct Fields {
  std::optional<std::int64_t> year, month, day, day_of_year, week_year, week, weekday;
  std::optional<std::int64_t> hour, half_day_hour, minute, second, nano;
  std::optional<bool> afternoon;
  std::optional<std::int64_t> offset_ms;
  std::optional<TimeZone> zone;
};

/// Abbreviations that name a zone in more than its own locale, and whether they name its summer time.
struct Abbreviation {
  std::string_view name, zone;
  bool daylight = false;
};
constexpr auto kAbbreviations = std::to_array<Abbreviation>({
    {"EST", "America/New_York"},    {"EDT", "America/New_York", true},
    {"CST", "America/Chicago"},     {"CDT", "America/Chicago", true},
    {"MST", "America/Denver"},      {"MDT", "America/Denver", true},
    {"PST", "America/Los_Angeles"}, {"PDT", "America/Los_Angeles", true},
    {"AKST", "America/Anchorage"},  {"AKDT", "America/Anchorage", true},
    {"HST", "Pacific/Honolulu"},    {"BST", "Europe/London", true},
    {"WET", "Europe/Lisbon"},       {"WEST", "Europe/Lisbon", true},
    {"CET", "Europe/Paris"},        {"CEST", "Europe/Paris", true},
    {"EET", "Europe/Helsinki"},     {"EEST", "Europe/Helsinki", true},
    {"MSK", "Europe/Moscow"},       {"IST", "Asia/Kolkata"},
    {"JST", "Asia/Tokyo"},          {"KST", "Asia/Seoul"},
    {"HKT", "Asia/Hong_Kong"},      {"SGT", "Asia/Singapore"},
    {"AEST", "Australia/Sydney"},   {"AEDT", "Australia/Sydney", true},
    {"ACST", "Australia/Adelaide"}, {"AWST", "Australia/Perth"},
    {"NZST", "Pacific/Auckland"},   {"NZDT", "Pacific/Auckland", true},
});

class Reader {
 public:
  Reader(std::string_view text, const DatePattern& pattern, Mode mode, std::int64_t century_from)
      : rest_(text), size_(text.size()), pieces_(pattern.pieces()), mode_(mode), century_from_(century_from) {}

  std::optional<Fields> read() {
    for (std::size_t p = 0; p < pieces_.size(); ++p) {
      const auto& [letter, count, text] = pieces_[p];
      if (mode_ != Mode::Simple && (letter == '[' || letter == ']')) continue;
      if (letter == 0 || letter == '[' || letter == ']') {
        if (!literal(text)) {
          if (!skip_optional(p)) return std::nullopt;
        }
      } else if (!field(p)) {
        if (!skip_optional(p)) return std::nullopt;
      }
    }
    if (mode_ == Mode::Simple ? rest_.size() == size_ : !rest_.empty()) return std::nullopt;
    return std::move(fields_);
  }

 private:
  /// Goes on behind the optional part that piece `p` is in; false when it is in none.
  bool skip_optional(std::size_t& p) const {
    if (mode_ == Mode::Simple) return false;
    int depth = 0;
    for (std::size_t i = p; i < pieces_.size(); ++i) {
      if (pieces_[i].letter == '[') ++depth;
      if (pieces_[i].letter == ']' && depth-- == 0) {
        p = i;
        return true;
      }
    }
    return false;
  }

  bool same(char a, char b) const { return a == b || (mode_ != Mode::Strict && lower(a) == lower(b)); }
  bool begins(std::string_view word) const {
    return rest_.size() >= word.size() &&
           std::equal(word.begin(), word.end(), rest_.begin(), [&](char a, char b) { return same(a, b); });
  }
  bool take(std::string_view word) {
    if (!begins(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool literal(std::string_view text) {
    if (mode_ == Mode::Simple ? !rest_.starts_with(text) : !begins(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  static bool is_numeric(const DatePattern::Piece& piece) {
    if (piece.letter == 0) return false;
    if (std::string_view("MLec").find(piece.letter) != std::string_view::npos) return piece.count < 3;
    return piece.letter != 'G' && kNumeric.find(piece.letter) != std::string_view::npos;
  }
  static bool is_year(char letter) { return letter == 'y' || letter == 'u' || letter == 'Y'; }

  struct Digits {
    std::size_t min = 1, max = 9;
  };
  /// How many digits a number may have; numbers that touch each other have those of their letters.
  Digits digits(std::size_t p) const {
    const auto& piece = pieces_[p];
    const bool touched = p > 0 && is_numeric(pieces_[p - 1]);
    std::size_t behind = 0;
    for (auto i = p + 1; i < pieces_.size() && is_numeric(pieces_[i]); ++i) behind += pieces_[i].count;
    if (mode_ == Mode::Simple) return {1, behind > 0 ? piece.count : 18};
    if (touched) return {piece.count, piece.count};
    if (behind > 0) {
      if (!is_year(piece.letter) || piece.count == 2) return {piece.count, piece.count};
      const auto end = std::ranges::find_if_not(rest_, is_digit);
      const auto standing = static_cast<std::size_t>(end - rest_.begin());
      return {piece.count, standing > behind ? standing - behind : 0};
    }
    if (piece.letter == 'S') return mode_ == Mode::Strict ? Digits{piece.count, piece.count} : Digits{0, 9};
    if (mode_ == Mode::Lenient) return {1, 9};
    if (piece.count == 1) return {1, 18};
    return {piece.count, is_year(piece.letter) && piece.count > 2 ? std::size_t{18} : piece.count};
  }

  std::optional<std::int64_t> number(std::size_t p, std::size_t* used = nullptr) {
    const auto [min, max] = digits(p);
    std::size_t size = 0;
    while (size < rest_.size() && size < max && is_digit(rest_[size])) ++size;
    if (size < min) return std::nullopt;
    std::int64_t value = 0;
    if (size > 0 && std::from_chars(rest_.data(), rest_.data() + size, value).ec != std::errc{}) return std::nullopt;
    rest_.remove_prefix(size);
    if (used != nullptr) *used = size;
    return value;
  }

  template <std::size_t size>
  std::optional<std::int64_t> word(const std::array<std::string_view, size>& names, std::size_t count) {
    for (std::size_t i = 0; i < size; ++i)
      if ((mode_ != Mode::Strict || count == 4) && take(names[i])) return static_cast<std::int64_t>(i);
    for (std::size_t i = 0; i < size; ++i)
      if ((mode_ != Mode::Strict || count < 4) && take(names[i].substr(0, 3))) return static_cast<std::int64_t>(i);
    return std::nullopt;
  }

  bool fraction(std::size_t p) {
    std::size_t used = 0;
    const auto value = number(p, &used);
    if (!value) return false;
    if (mode_ == Mode::Simple) {
      fields_.nano = *value * 1'000'000;
      return true;
    }
    auto nano = *value;
    for (; used < 9; ++used) nano *= 10;
    fields_.nano = nano;
    return true;
  }
  bool year(std::size_t p) {
    std::size_t used = 0;
    auto value = number(p, &used);
    if (!value) return false;
    if (mode_ == Mode::Simple && pieces_[p].count <= 2 && used == 2) {
      *value += century_from_ - century_from_ % 100;
      if (*value < century_from_) *value += 100;
    } else if (mode_ != Mode::Simple && pieces_[p].count == 2 && used == 2) {
      *value += 2000;
    }
    (pieces_[p].letter == 'Y' ? fields_.week_year : fields_.year) = value;
    return true;
  }

  bool offset() {
    if (take("Z")) {
      fields_.offset_ms = 0;
      return true;
    }
    if (!rest_.starts_with('+') && !rest_.starts_with('-')) return mode_ == Mode::Simple && zone();
    std::size_t size = 1;
    for (std::size_t count = 0; size < rest_.size() && count < 6; ++size) {
      if (is_digit(rest_[size]))
        ++count;
      else if (rest_[size] != ':' || size + 1 >= rest_.size() || !is_digit(rest_[size + 1]))
        break;
    }
    auto fixed = TimeZone::open(rest_.substr(0, size), DateDialect::DateTimeFormatter);
    if (!fixed) return false;
    fields_.offset_ms = fixed->offset_ms(0);
    rest_.remove_prefix(size);
    return true;
  }

  bool zone() {
    std::size_t size = 0;
    const auto belongs = [](char c) {
      return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
             std::string_view("/_+-:").find(c) != std::string_view::npos;
    };
    while (size < rest_.size() && belongs(rest_[size])) ++size;
    const auto name = rest_.substr(0, size);
    if (name.empty()) return false;
    rest_.remove_prefix(size);
    const auto* known = std::ranges::find(kAbbreviations, name, &Abbreviation::name);
    auto opened = TimeZone::open(known != kAbbreviations.end() ? known->zone : name, DateDialect::DateTimeFormatter);
    if (!opened) return false;
    if (mode_ == Mode::Simple && known != kAbbreviations.end())
      fields_.offset_ms = opened->standard_offset_ms() + (known->daylight ? 3'600'000 : 0);
    fields_.zone = std::move(*opened);
    return true;
  }

  bool numeric(std::size_t p) {
    const char letter = pieces_[p].letter;
    auto value = number(p);
    if (!value) return false;
    switch (letter) {
      case 'M':
      case 'L': fields_.month = value; break;
      case 'd': fields_.day = value; break;
      case 'D': fields_.day_of_year = value; break;
      case 'H': fields_.hour = value; break;
      case 'k': fields_.hour = *value == 24 ? 0 : *value; break;
      case 'h': fields_.half_day_hour = *value == 12 ? 0 : *value; break;
      case 'K': fields_.half_day_hour = value; break;
      case 'm': fields_.minute = value; break;
      case 's': fields_.second = value; break;
      case 'n': fields_.nano = value; break;
      case 'w': fields_.week = value; break;
      case 'A': {
        fields_.hour = *value / 3'600'000, fields_.minute = *value / 60'000 % 60, fields_.second = *value / 1000 % 60;
        fields_.nano = *value % 1000 * 1'000'000;
        break;
      }
      default: break;  // read over
    }
    return true;
  }

  bool field(std::size_t p) {
    const auto& piece = pieces_[p];
    if (mode_ == Mode::Simple)
      while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
    switch (piece.letter) {
      case 'G': return take("AD") || take("BC");
      case 'u':
        if (mode_ == Mode::Simple) return number(p).has_value();
        return year(p);
      case 'y':
      case 'Y': return year(p);
      case 'M':
      case 'L': {
        if (piece.count < 3) return numeric(p);
        fields_.month = word(kMonths, piece.count);
        if (fields_.month) ++*fields_.month;
        return fields_.month.has_value();
      }
      case 'E': fields_.weekday = word(kWeekdays, piece.count); return fields_.weekday.has_value();
      case 'a':
        if (take("PM"))
          fields_.afternoon = true;
        else if (take("AM"))
          fields_.afternoon = false;
        return fields_.afternoon.has_value();
      case 'S': return fraction(p);
      case 'z':
      case 'V': return rest_.starts_with('+') || rest_.starts_with('-') ? offset() : zone();
      case 'O': return zone();
      case 'X':
      case 'x':
      case 'Z': return offset();
      default: return numeric(p);
    }
  }

  std::string_view rest_;
  const std::size_t size_;
  const std::vector<DatePattern::Piece>& pieces_;
  const Mode mode_;
  const std::int64_t century_from_;
  Fields fields_;
};

std::optional<std::int64_t> hour_of(const Fields& fields, Mode mode) {
  if (fields.hour) return fields.hour;
  if (!fields.half_day_hour || (mode != Mode::Simple && !fields.afternoon)) return std::nullopt;
  return *fields.half_day_hour + (fields.afternoon.value_or(false) ? 12 : 0);
}

/// Fields beyond their ranges count on into the next, as Java's lenient Calendar does.
Instant resolve_simple(const Fields& fields, const TimeZone& zone) {
  auto days = days_of(fields.year.value_or(1970), fields.month.value_or(1), fields.day.value_or(1));
  if (fields.day_of_year && !fields.month && !fields.day) days += *fields.day_of_year - 1;
  if (fields.week_year)  // the month and the day do not count then
    days = days_of_week(*fields.week_year, fields.week.value_or(1), static_cast<int>(fields.weekday.value_or(0)));
  const auto seconds = days * kDaySeconds + hour_of(fields, Mode::Simple).value_or(0) * 3600 +
                       fields.minute.value_or(0) * 60 + fields.second.value_or(0);
  const auto local_ms = seconds * 1000 + fields.nano.value_or(0) / 1'000'000;
  const auto at_ms = fields.offset_ms
                         ? local_ms - *fields.offset_ms
                         : (fields.zone ? *fields.zone : zone).instant_of(local_ms, TimeZone::Overlap::Later);
  return instant_of(Date{at_ms});
}

bool in_range(const std::optional<std::int64_t>& field, std::int64_t least, std::int64_t most) {
  return !field || (*field >= least && *field <= most);
}

/// Fields have their ranges; a day that a month has not is its last.
std::optional<Civil> resolve_date(const Fields& fields, Mode mode) {
  const auto hour = hour_of(fields, mode);
  if (!in_range(fields.month, 1, 12) || !in_range(fields.day, 1, 31) || !in_range(hour, 0, 23) ||
      !in_range(fields.half_day_hour, 0, 11) || !in_range(fields.minute, 0, 59) || !in_range(fields.second, 0, 59) ||
      !in_range(fields.year, 1, 999'999'999))
    return std::nullopt;
  Civil civil;
  civil.year = fields.year.value_or(1970);
  civil.month = static_cast<int>(fields.month.value_or(1));
  civil.day = std::min(static_cast<int>(fields.day.value_or(1)), days_in_month(civil.year, civil.month));
  if (fields.day_of_year && !fields.month && !fields.day) {
    const auto day = civil_of((days_of(civil.year, 1, 1) + *fields.day_of_year - 1) * kDaySeconds, 0);
    if (day.year != civil.year) return std::nullopt;
    civil.month = day.month, civil.day = day.day;
  }
  if (fields.weekday && fields.year && fields.month && fields.day && weekday_of(civil) != *fields.weekday)
    return std::nullopt;
  civil.hour = static_cast<int>(hour.value_or(0));
  civil.minute = static_cast<int>(fields.minute.value_or(0));
  civil.second = static_cast<int>(fields.second.value_or(0));
  civil.nano = static_cast<int>(fields.nano.value_or(0));
  return civil;
}

Instant instant_at(const Civil& civil, const Fields& fields, const TimeZone& zone) {
  const auto local = seconds_of(civil);
  if (fields.offset_ms) return {local - *fields.offset_ms / 1000, civil.nano};
  return {instant_of(Date{(fields.zone ? *fields.zone : zone).instant_of(local * 1000)}).seconds, civil.nano};
}

base::Failure<base::Error> misfit(std::string_view text, const DatePattern& pattern) {
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("not a date of the pattern '{}': '{}'", pattern.text(), text));
}

}  // namespace

base::Result<Instant> parse_date(std::string_view text, const DatePattern& pattern, std::string_view zone_id,
                                 DateDialect dialect, std::int64_t century_from) {
  TRY_VOID(pattern.check(dialect));
  TRY(const auto zone, TimeZone::open(zone_id, dialect));
  const auto mode = dialect == DateDialect::SimpleDateFormat ? Mode::Simple : Mode::Lenient;
  const auto fields = Reader(text, pattern, mode, century_from).read();
  if (!fields) return misfit(text, pattern);
  if (mode == Mode::Simple) return resolve_simple(*fields, zone);
  const auto civil = resolve_date(*fields, mode);
  if (!civil) return misfit(text, pattern);
  return instant_at(*civil, *fields, zone);
}

base::Result<Instant> parse_instant(std::string_view text, const DatePattern& pattern, std::string_view zone_id) {
  TRY_VOID(pattern.check(DateDialect::DateTimeFormatter));
  TRY(const auto zone, TimeZone::open(zone_id, DateDialect::DateTimeFormatter));
  const auto fields = Reader(text, pattern, Mode::Strict, 2000).read();
  if (!fields) return misfit(text, pattern);
  const bool has_date = fields->year && ((fields->month && fields->day) || fields->day_of_year);
  const auto civil = resolve_date(*fields, Mode::Strict);
  if (!civil || !has_date || !hour_of(*fields, Mode::Strict)) return misfit(text, pattern);
  return instant_at(*civil, *fields, zone);
}

bool is_valid_date(std::string_view text, const DatePattern& pattern, std::string_view zone_id) {
  const auto zone = TimeZone::open(zone_id, DateDialect::DateTimeFormatter);
  if (!zone) return false;
  const auto fields = Reader(text, pattern, Mode::Lenient, 2000).read();
  if (!fields) return false;
  if (!fields->month || !fields->day) return true;
  const auto year = fields->year.value_or(2000);
  if (!in_range(fields->month, 1, 12) || *fields->day < 1 ||
      *fields->day > days_in_month(year, static_cast<int>(*fields->month)))
    return false;
  if (zone_id.empty() || (!fields->hour && !fields->half_day_hour)) return true;
  const auto civil = resolve_date(*fields, Mode::Simple);
  return civil && !zone->is_skipped(seconds_of(*civil) * 1000);
}

std::optional<Instant> parse_iso_or_rfc(std::string_view text) {
  static constexpr auto kPatterns = std::to_array<std::string_view>({
      "uuuu-MM-dd'T'HH:mm[:ss[.S]]XXX",
      "EEE, d MMM uuuu HH:mm[:ss] zzz",
      "d MMM uuuu HH:mm[:ss] zzz",
      "EEE, d MMM uuuu HH:mm[:ss] xxxx",
      "d MMM uuuu HH:mm[:ss] xxxx",
  });
  for (const auto pattern : kPatterns) {
    const auto compiled = DatePattern::compile(pattern);
    if (auto instant = parse_date(text, *compiled, "UTC", DateDialect::DateTimeFormatter)) return *instant;
  }
  return std::nullopt;
}

}  // namespace flow::el
