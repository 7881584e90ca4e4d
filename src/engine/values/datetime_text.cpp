#include "engine/values/datetime_text.h"

#include <array>
#include <charconv>

namespace engine {
namespace {

// Codes of compiled elements. A literal is kLiteral, its length, its bytes.
enum Code : char {
  kLiteral = 1,
  kYear4,
  kYear2,
  kMonth,
  kMonthName,
  kMonthFull,
  kDay,
  kDayName,
  kHour24,
  kHour12,
  kMeridian,
  kMinute,
  kSecond,
  kFraction,  // followed by the number of digits + 1; 0 means as many as there are
  kZoneColon,
  kZonePlain,
  kZoneHour,
  kZoneMinute,
};

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool starts_with(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(text[i]) != lower(word[i])) return false;
  return true;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_padded(std::string& out, std::int64_t value, int width) {
  char digits[24];
  const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, value < 0 ? -value : value);
  if (value < 0) out += '-';
  for (auto length = end - digits; length < width; ++length) out += '0';
  out.append(digits, end);
}

}  // namespace

std::int32_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<std::int64_t>(year - era * 400);
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<std::int32_t>(era * 146'097 + day_of_era - 719'468);
}

Civil civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  const auto month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {year_of_era + era * 400 + (month <= 2), month, day};
}

std::optional<DateTimeFormat> DateTimeFormat::parse(std::string_view format, int two_digit_century_start) {
  DateTimeFormat result;
  result.century_start_ = two_digit_century_start;
  if (format.size() == 4 && starts_with(format, "AUTO")) {
    result.automatic_ = true;
    return result;
  }
  struct Name {
    std::string_view text;
    char code;
  };
  // Longer names first: the first that fits is taken.
  static constexpr auto kNames = std::to_array<Name>({
      {"YYYY", kYear4},       {"UUUU", kYear4},      {"YY", kYear2},     {"MMMM", kMonthFull},
      {"MON", kMonthName},    {"MM", kMonth},        {"MI", kMinute},    {"DD", kDay},
      {"DY", kDayName},       {"HH24", kHour24},     {"HH12", kHour12},  {"HH", kHour24},
      {"AM", kMeridian},      {"PM", kMeridian},     {"SS", kSecond},    {"TZH:TZM", kZoneColon},
      {"TZHTZM", kZonePlain}, {"TZISO", kZoneColon}, {"TZH", kZoneHour}, {"TZM", kZoneMinute},
  });
  std::string literal;
  const auto flush = [&] {
    for (std::size_t at = 0; at < literal.size(); at += 100) {
      const std::string_view piece = std::string_view(literal).substr(at, 100);
      result.elements_ += static_cast<char>(kLiteral);
      result.elements_ += static_cast<char>(piece.size());
      result.elements_ += piece;
    }
    literal.clear();
  };
  while (!format.empty()) {
    if (format[0] == '"') {
      const auto end = format.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      literal += format.substr(1, end - 1);
      format.remove_prefix(end + 1);
      continue;
    }
    if (starts_with(format, "FF")) {
      flush();
      result.elements_ += static_cast<char>(kFraction);
      format.remove_prefix(2);
      char digits = 0;
      if (!format.empty() && is_digit(format[0])) {
        digits = static_cast<char>(format[0] - '0' + 1);
        format.remove_prefix(1);
      }
      result.elements_ += digits;
      continue;
    }
    const Name* found = nullptr;
    for (const Name& name : kNames)
      if (starts_with(format, name.text)) {
        found = &name;
        break;
      }
    if (found) {
      flush();
      result.elements_ += found->code;
      format.remove_prefix(found->text.size());
    } else {
      literal += format[0];
      format.remove_prefix(1);
    }
  }
  flush();
  return result;
}

// Reads one text against one compiled format.
class DateTimeReader {
 public:
  DateTimeReader(std::string_view text, const DateTimeFormat& format) : text_(text), format_(format) {}

  std::optional<DateTimeParts> read() {
    const std::string& elements = format_.elements_;
    for (std::size_t at = 0; at < elements.size(); ++at) {
      switch (elements[at]) {
        case kLiteral: {
          const auto length = static_cast<std::size_t>(elements[at + 1]);
          const std::string_view literal = std::string_view(elements).substr(at + 2, length);
          if (!text_.starts_with(literal)) return std::nullopt;
          text_.remove_prefix(length);
          at += 1 + length;
          break;
        }
        case kFraction:
          ++at;
          if (!fraction(elements[at] == 0 ? 9 : elements[at] - 1)) return std::nullopt;
          break;
        default:
          if (!element(elements[at])) return std::nullopt;
      }
    }
    if (!text_.empty()) return std::nullopt;
    return finish();
  }

 private:
  bool number(int digits_min, int digits_max, int& value) {
    int count = 0;
    value = 0;
    while (count < digits_max && count < static_cast<int>(text_.size()) &&
           is_digit(text_[static_cast<std::size_t>(count)]))
      value = value * 10 + (text_[static_cast<std::size_t>(count++)] - '0');
    text_.remove_prefix(static_cast<std::size_t>(count));
    return count >= digits_min;
  }

  bool fraction(int digits_max) {
    ns_ = 0;
    int count = 0;
    while (!text_.empty() && is_digit(text_[0]) && count < digits_max) {
      ns_ = ns_ * 10 + (text_[0] - '0');
      ++count;
      text_.remove_prefix(1);
    }
    for (int i = count; i < 9; ++i) ns_ *= 10;
    return count > 0 || digits_max == 0;
  }

  bool zone_hour(int& hours, bool& negative) {
    if (text_.empty() || (text_[0] != '+' && text_[0] != '-')) return false;
    negative = text_[0] == '-';
    text_.remove_prefix(1);
    return number(1, 2, hours) && hours <= 23;
  }

  bool element(char code) {
    switch (code) {
      case kYear4: return number(4, 4, year_);
      case kYear2:
        if (!number(2, 2, year_)) return false;
        year_ += format_.century_start_ / 100 * 100;
        if (year_ < format_.century_start_) year_ += 100;
        return true;
      case kMonth: return number(1, 2, month_);
      case kMonthName:
      case kMonthFull:
        for (std::size_t i = 0; i < kMonths.size(); ++i) {
          const std::string_view name = code == kMonthFull ? kMonths[i] : kMonths[i].substr(0, 3);
          if (!starts_with(text_, name)) continue;
          month_ = static_cast<int>(i) + 1;
          text_.remove_prefix(name.size());
          return true;
        }
        return false;
      case kDay: return number(1, 2, day_);
      case kDayName:
        for (const std::string_view name : kDays)
          if (starts_with(text_, name)) {
            text_.remove_prefix(3);
            return true;
          }
        return false;
      case kHour24: return number(1, 2, hour_) && hour_ <= 23;
      case kHour12: return number(1, 2, hour_) && hour_ >= 1 && hour_ <= 12;
      case kMeridian:
        if (!starts_with(text_, "AM") && !starts_with(text_, "PM")) return false;
        afternoon_ = lower(text_[0]) == 'p';
        text_.remove_prefix(2);
        return true;
      case kMinute: return number(1, 2, minute_) && minute_ <= 59;
      case kSecond: return number(1, 2, second_) && second_ <= 59;
      case kZoneColon:
      case kZonePlain: {
        if (!text_.empty() && lower(text_[0]) == 'z') {
          text_.remove_prefix(1);
          zone_ = 0;
          return true;
        }
        int hours = 0, minutes = 0;
        bool negative = false;
        if (!zone_hour(hours, negative)) return false;
        if (code == kZoneColon) {
          if (text_.empty() || text_[0] != ':') return false;
          text_.remove_prefix(1);
        }
        if (!number(2, 2, minutes) || minutes > 59) return false;
        zone_ = static_cast<std::int16_t>((hours * 60 + minutes) * (negative ? -1 : 1));
        return true;
      }
      case kZoneHour: {
        int hours = 0;
        bool negative = false;
        if (!zone_hour(hours, negative)) return false;
        zone_ = static_cast<std::int16_t>(hours * 60 * (negative ? -1 : 1));
        return true;
      }
      case kZoneMinute: {
        int minutes = 0;
        if (!number(2, 2, minutes)) return false;
        const std::int16_t hours = zone_.value_or(0);
        zone_ = static_cast<std::int16_t>(hours < 0 ? hours - minutes : hours + minutes);
        return true;
      }
      default: return false;
    }
  }

  std::optional<DateTimeParts> finish() const {
    static constexpr std::array<int, 12> kLengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year_ < 1 || year_ > 9999 || month_ < 1 || month_ > 12) return std::nullopt;
    const bool leap = (year_ % 4 == 0 && year_ % 100 != 0) || year_ % 400 == 0;
    const int length = kLengths[static_cast<std::size_t>(month_ - 1)] + (month_ == 2 && leap ? 1 : 0);
    if (day_ < 1 || day_ > length) return std::nullopt;
    int hour = hour_;
    if (afternoon_) {
      if (hour > 12) return std::nullopt;
      hour = hour % 12 + (*afternoon_ ? 12 : 0);
    }
    DateTimeParts parts;
    parts.days = days_from_civil(year_, month_, day_);
    parts.ns_of_day = ((hour * 60LL + minute_) * 60 + second_) * 1'000'000'000 + ns_;
    parts.offset_minutes = zone_;
    return parts;
  }

  std::string_view text_;
  const DateTimeFormat& format_;
  int year_ = 1970, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0;
  std::int64_t ns_ = 0;
  std::optional<bool> afternoon_;
  std::optional<std::int16_t> zone_;
};

namespace {

std::vector<DateTimeFormat> compiled(std::initializer_list<std::string_view> formats) {
  std::vector<DateTimeFormat> result;
  for (const std::string_view format : formats) result.push_back(*DateTimeFormat::parse(format));
  return result;
}

std::optional<DateTimeParts> first_that_fits(std::string_view text, const std::vector<DateTimeFormat>& formats) {
  for (const DateTimeFormat& format : formats)
    if (auto parts = DateTimeReader(text, format).read()) return parts;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Integer texts are epochs whose unit is told by their size (loading.md 3.7).
std::optional<DateTimeParts> read_epoch(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  const std::int64_t size = value < 0 ? -value : value;
  std::int64_t unit = 1'000'000'000;  // of one step, in nanoseconds
  if (size >= 31'536'000'000'000'000)
    unit = 1;
  else if (size >= 31'536'000'000'000)
    unit = 1'000;
  else if (size >= 31'536'000'000)
    unit = 1'000'000;
  const std::int64_t per_day = 86'400'000'000'000 / unit;
  std::int64_t days = value / per_day, rest = value % per_day;
  if (rest < 0) {
    rest += per_day;
    --days;
  }
  DateTimeParts parts;
  parts.days = static_cast<std::int32_t>(days);
  parts.ns_of_day = rest * unit;
  return parts;
}

// The ISO family by hand: it is what nearly every file holds.
std::optional<DateTimeParts> read_iso(std::string_view text) {
  const auto two = [&](std::size_t at) -> int {
    return is_digit(text[at]) && is_digit(text[at + 1]) ? (text[at] - '0') * 10 + (text[at + 1] - '0') : -1;
  };
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  static const DateTimeFormat kDate = *DateTimeFormat::parse("YYYY-MM-DD");
  auto parts = DateTimeReader(text.substr(0, 10), kDate).read();
  if (!parts) return std::nullopt;
  text.remove_prefix(10);
  if (text.empty()) return parts;
  if (text[0] != 'T' && text[0] != 't' && text[0] != ' ') return std::nullopt;
  text.remove_prefix(1);
  if (text.size() < 2) return std::nullopt;
  const int hour = two(0);
  int minute = 0, second = 0;
  std::int64_t ns = 0;
  text.remove_prefix(2);
  if (!text.empty() && text[0] == ':') {
    if (text.size() < 3 || (minute = two(1)) < 0) return std::nullopt;
    text.remove_prefix(3);
    if (!text.empty() && text[0] == ':') {
      if (text.size() < 3 || (second = two(1)) < 0) return std::nullopt;
      text.remove_prefix(3);
      if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        int count = 0;
        while (!text.empty() && is_digit(text[0])) {
          if (count < 9) {
            ns = ns * 10 + (text[0] - '0');
            ++count;
          }
          text.remove_prefix(1);
        }
        for (; count < 9; ++count) ns *= 10;
      }
    }
  }
  if (hour < 0 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  parts->ns_of_day = ((hour * 60LL + minute) * 60 + second) * 1'000'000'000 + ns;
  if (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  if (text.empty()) return parts;
  static const std::vector<DateTimeFormat> kZones = compiled({"TZH:TZM", "TZHTZM", "TZH"});
  const auto zone = first_that_fits(text, kZones);
  if (!zone) return std::nullopt;
  parts->offset_minutes = zone->offset_minutes;
  return parts;
}

}  // namespace

std::optional<DateTimeParts> read_date(std::string_view text, const DateTimeFormat& format) {
  if (!format.is_auto()) return DateTimeReader(text, format).read();
  text = trimmed(text);
  static const std::vector<DateTimeFormat> kFormats = compiled({"YYYY-MM-DD", "DD-MON-YYYY", "MM/DD/YYYY"});
  if (auto parts = first_that_fits(text, kFormats)) return parts;
  if (auto parts = read_iso(text)) return parts;  // a timestamp's date
  return read_epoch(text);
}

std::optional<DateTimeParts> read_time(std::string_view text, const DateTimeFormat& format) {
  if (!format.is_auto()) return DateTimeReader(text, format).read();
  text = trimmed(text);
  static const std::vector<DateTimeFormat> kFormats =
      compiled({"HH24:MI:SS", "HH24:MI:SS.FF", "HH24:MI", "HH24:MI:SS.FFTZH:TZM", "HH12:MI:SS.FF AM", "HH12:MI:SS AM",
                "HH12:MI AM"});
  return first_that_fits(text, kFormats);
}

std::optional<DateTimeParts> read_timestamp(std::string_view text, const DateTimeFormat& format) {
  if (!format.is_auto()) return DateTimeReader(text, format).read();
  text = trimmed(text);
  if (auto parts = read_iso(text)) return parts;
  static const std::vector<DateTimeFormat> kFormats = [] {
    std::vector<DateTimeFormat> made;
    for (const std::string_view day : {"DY, DD MON YYYY ", "DD MON YYYY "})
      for (const std::string_view time :
           {"HH24:MI:SS", "HH24:MI:SS.FF", "HH12:MI:SS AM", "HH12:MI:SS.FF AM", "HH24:MI"})
        for (const std::string_view zone : {"", " TZHTZM", " TZH:TZM"})
          made.push_back(*DateTimeFormat::parse(std::string(day) + std::string(time) + std::string(zone)));
    for (const std::string_view other :
         {"MM/DD/YYYY HH24:MI:SS", "DY MON DD HH24:MI:SS TZHTZM YYYY", "DD-MON-YYYY", "MM/DD/YYYY"})
      made.push_back(*DateTimeFormat::parse(other));
    return made;
  }();
  if (auto parts = read_epoch(text)) return parts;
  return first_that_fits(text, kFormats);
}

class DateTimeWriter {
 public:
  static void write(std::string& out, const DateTimeFormat& format, std::int32_t days, std::int64_t ns_of_day, int zone,
                    int scale) {
    const Civil date = civil_from_days(days);
    const auto second_of_day = static_cast<int>(ns_of_day / 1'000'000'000);
    const auto ns = static_cast<int>(ns_of_day % 1'000'000'000);
    const int hour = second_of_day / 3600;
    const std::string& elements = format.elements_;
    const int zone_size = zone < 0 ? -zone : zone;
    const auto sign = [&] { out += zone < 0 ? '-' : '+'; };
    for (std::size_t at = 0; at < elements.size(); ++at) {
      switch (elements[at]) {
        case kLiteral:
          out.append(elements, at + 2, static_cast<std::size_t>(elements[at + 1]));
          at += 1 + static_cast<std::size_t>(elements[at + 1]);
          break;
        case kYear4: append_padded(out, date.year, 4); break;
        case kYear2: append_padded(out, date.year % 100, 2); break;
        case kMonth: append_padded(out, date.month, 2); break;
        case kMonthName: out += kMonths[static_cast<std::size_t>(date.month - 1)].substr(0, 3); break;
        case kMonthFull: out += kMonths[static_cast<std::size_t>(date.month - 1)]; break;
        case kDay: append_padded(out, date.day, 2); break;
        case kDayName: out += kDays[static_cast<std::size_t>(((days + 4) % 7 + 7) % 7)]; break;
        case kHour24: append_padded(out, hour, 2); break;
        case kHour12: append_padded(out, hour % 12 == 0 ? 12 : hour % 12, 2); break;
        case kMeridian: out += hour < 12 ? "AM" : "PM"; break;
        case kMinute: append_padded(out, second_of_day / 60 % 60, 2); break;
        case kSecond: append_padded(out, second_of_day % 60, 2); break;
        case kFraction: {
          const int digits = elements[++at] == 0 ? scale : elements[at] - 1;
          char text[9];
          for (int i = 8, rest = ns; i >= 0; --i, rest /= 10) text[i] = static_cast<char>('0' + rest % 10);
          out.append(text, static_cast<std::size_t>(digits));
          break;
        }
        case kZoneColon:
          sign();
          append_padded(out, zone_size / 60, 2);
          out += ':';
          append_padded(out, zone_size % 60, 2);
          break;
        case kZonePlain:
          sign();
          append_padded(out, zone_size / 60, 2);
          append_padded(out, zone_size % 60, 2);
          break;
        case kZoneHour:
          sign();
          append_padded(out, zone_size / 60, 2);
          break;
        case kZoneMinute: append_padded(out, zone_size % 60, 2); break;
        default: break;
      }
    }
  }
};

void write_date_time(std::string& out, const DateTimeFormat& format, std::int32_t days, std::int64_t ns_of_day,
                     int zone_offset_minutes, int scale) {
  DateTimeWriter::write(out, format, days, ns_of_day, zone_offset_minutes, scale);
}

}  // namespace engine
