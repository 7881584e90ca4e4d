#include "flow/el/time_zone.h"

#include <fmt/format.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace flow::el {
namespace {

constexpr std::string_view kZoneFiles = "/usr/share/zoneinfo/";

std::string narrow(const UChar* text, std::int32_t length) {
  std::string out;
  for (std::int32_t i = 0; i < length; ++i) out += static_cast<char>(text[i]);
  return out;
}

/// "+2", "+02", "+0200", "+02:00", "+02:00:30" as milliseconds.
std::optional<std::int64_t> parse_offset(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const std::int64_t sign = text[0] == '-' ? -1 : 1;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c == ':' && digits.size() == 1) digits.insert(0, "0");
    if (c != ':') digits += c;
  }
  if (digits.size() == 1) digits.insert(0, "0");
  if (digits.size() == 3) digits.insert(0, "0");
  if (digits.size() > 6 || digits.size() % 2 != 0 ||
      !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  digits.resize(6, '0');
  const auto pair = [&](std::size_t at) { return (digits[at] - '0') * 10 + digits[at + 1] - '0'; };
  if (pair(0) > 23 || pair(2) > 59 || pair(4) > 59) return std::nullopt;
  return sign * (pair(0) * 3600 + pair(2) * 60 + pair(4)) * 1000;
}

/// An offset by itself or behind UTC, GMT or UT; java.util.TimeZone knows it behind GMT only.
std::optional<std::int64_t> fixed_offset(std::string_view id, DateDialect dialect) {
  if (dialect == DateDialect::SimpleDateFormat)
    return id.starts_with("GMT") ? parse_offset(id.substr(3)) : std::nullopt;
  if (id == "Z") return 0;
  for (const std::string_view prefix : {"UTC", "GMT", "UT"})
    if (id.size() > prefix.size() && id.starts_with(prefix)) return parse_offset(id.substr(prefix.size()));
  return parse_offset(id);
}

/// The three letters that java.util.TimeZone knows and java.time does not.
bool is_old_short_id(std::string_view id) {
  static constexpr auto kShort = std::to_array<std::string_view>(
      {"ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT", "EST",
       "HST", "IET", "IST", "JST", "MIT", "MST", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST"});
  return std::ranges::find(kShort, id) != kShort.end();
}

/// The abbreviation that the system's zone files give to an offset, the last one in use ("CET"): ICU knows those of its
/// locale only, Java those of the files. Format: RFC 8536.
std::string abbreviation(const std::string& id, std::int64_t offset_ms, bool daylight) {
  if (id.find("..") != std::string::npos) return {};
  std::ifstream file(std::string(kZoneFiles) + id, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto big_endian = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
  };
  constexpr std::size_t kHeader = 44, kType = 6;
  if (bytes.size() < kHeader || !bytes.starts_with("TZif")) return {};
  std::size_t begin = 0;
  std::size_t time_size = 4;
  const auto counts = [&](std::size_t index) { return std::size_t{big_endian(begin + 20 + 4 * index)}; };
  // In version 2 the same follows with times of 8 bytes; the first block may be empty.
  if (bytes[4] >= '2') {
    begin = kHeader + counts(3) * 5 + counts(4) * kType + counts(5) + counts(2) * 8 + counts(1) + counts(0);
    time_size = 8;
    if (bytes.size() < begin + kHeader) return {};
  }
  const auto times = counts(3), types = counts(4), letters = counts(5);
  const auto indexes = begin + kHeader + times * time_size;
  const auto infos = indexes + times;
  const auto names = infos + types * kType;
  if (bytes.size() < names + letters) return {};
  std::vector<std::size_t> used;
  for (std::size_t i = times; i-- > 0;) used.push_back(static_cast<unsigned char>(bytes[indexes + i]));
  for (std::size_t i = 0; i < types; ++i) used.push_back(i);
  for (const auto type : used) {
    if (type >= types) continue;
    const auto info = infos + type * kType;
    if (static_cast<std::int32_t>(big_endian(info)) * std::int64_t{1000} != offset_ms) continue;
    if ((bytes[info + 4] != 0) != daylight) continue;
    const auto name = static_cast<unsigned char>(bytes[info + 5]);
    return bytes.c_str() + names + std::min<std::size_t>(name, letters);
  }
  return {};
}

}  // namespace

struct TimeZone::Calendar {
  UCalendar* calendar = nullptr;
  ~Calendar() { ucal_close(calendar); }

  std::int32_t field(std::int64_t at_ms, UCalendarDateFields wanted) const {
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(calendar, static_cast<double>(at_ms), &status);
    return ucal_get(calendar, wanted, &status);
  }
};

TimeZone::TimeZone(std::unique_ptr<Calendar> calendar) : calendar_(std::move(calendar)) {}
TimeZone::TimeZone(TimeZone&&) noexcept = default;
TimeZone& TimeZone::operator=(TimeZone&&) noexcept = default;
TimeZone::~TimeZone() = default;

TimeZone TimeZone::fixed(std::int64_t offset_ms) {
  TimeZone zone(nullptr);
  zone.fixed_ms_ = offset_ms;
  zone.id_ = offset_ms == 0 ? "Z" : offset_text(offset_ms, ":");
  return zone;
}

base::Result<TimeZone> TimeZone::open(std::string_view id, DateDialect dialect) {
  if (const auto offset = fixed_offset(id, dialect)) {
    auto zone = fixed(*offset);
    if (id.starts_with("GMT") || id.starts_with("UT"))
      zone.id_ = "GMT" + (*offset == 0 ? "" : offset_text(*offset, ":"));
    return zone;
  }
  const bool simple = dialect == DateDialect::SimpleDateFormat;
  const std::u16string wide(id.begin(), id.end());
  UErrorCode status = U_ZERO_ERROR;
  auto calendar = std::make_unique<Calendar>();
  calendar->calendar =
      ucal_open(id.empty() ? nullptr : reinterpret_cast<const UChar*>(wide.data()),
                id.empty() ? -1 : static_cast<std::int32_t>(wide.size()), "en_US", UCAL_GREGORIAN, &status);
  std::array<UChar, 64> found{};
  const auto length = U_FAILURE(status) ? 0
                                        : ucal_getTimeZoneID(calendar->calendar, found.data(),
                                                             static_cast<std::int32_t>(found.size()), &status);
  const auto name = narrow(found.data(), length);
  if (U_FAILURE(status) || name == "Etc/Unknown" || (!simple && is_old_short_id(id))) {
    if (simple) {
      auto zone = fixed(0);
      zone.id_ = "GMT";
      return zone;
    }
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("no such time zone: {}", id));
  }
  TimeZone zone(std::move(calendar));
  zone.id_ = name;
  return zone;
}

std::int64_t TimeZone::offset_ms(std::int64_t at_ms) const {
  if (calendar_ == nullptr) return fixed_ms_;
  return calendar_->field(at_ms, UCAL_ZONE_OFFSET) + calendar_->field(at_ms, UCAL_DST_OFFSET);
}
std::int64_t TimeZone::standard_offset_ms() const {
  return calendar_ == nullptr ? fixed_ms_ : calendar_->field(0, UCAL_ZONE_OFFSET);
}

std::int64_t TimeZone::instant_of(std::int64_t local_ms, Overlap overlap) const {
  constexpr std::int64_t kDayMs = 86'400'000;
  const auto before = offset_ms(local_ms - kDayMs), after = offset_ms(local_ms + kDayMs);
  const auto first = overlap == Overlap::Earlier ? before : after,
             second = overlap == Overlap::Earlier ? after : before;
  if (offset_ms(local_ms - first) == first) return local_ms - first;
  if (offset_ms(local_ms - second) == second) return local_ms - second;
  return local_ms - before;  // skipped
}
bool TimeZone::is_skipped(std::int64_t local_ms) const {
  const auto instant = instant_of(local_ms);
  return instant + offset_ms(instant) != local_ms;
}

std::string TimeZone::display_name(std::int64_t at_ms, bool full) const {
  const bool daylight = calendar_->field(at_ms, UCAL_DST_OFFSET) != 0;
  if (!full)
    if (auto name = abbreviation(id_, offset_ms(at_ms), daylight); !name.empty() && name[0] != '-' && name[0] != '+')
      return name;
  const auto kind = full ? (daylight ? UCAL_DST : UCAL_STANDARD) : (daylight ? UCAL_SHORT_DST : UCAL_SHORT_STANDARD);
  UErrorCode status = U_ZERO_ERROR;
  std::array<UChar, 80> text{};
  const auto length = ucal_getTimeZoneDisplayName(calendar_->calendar, kind, "en_US", text.data(),
                                                  static_cast<std::int32_t>(text.size()), &status);
  return U_FAILURE(status) ? id_ : narrow(text.data(), std::min<std::int32_t>(length, text.size()));
}
std::string TimeZone::short_name(std::int64_t at_ms) const {
  return calendar_ == nullptr ? id_ : display_name(at_ms, false);
}
std::string TimeZone::long_name(std::int64_t at_ms) const {
  return calendar_ == nullptr ? id_ : display_name(at_ms, true);
}

std::string offset_text(std::int64_t offset_ms, std::string_view colon) {
  const auto minutes = std::abs(offset_ms) / 60'000;
  return fmt::format("{}{:02}{}{:02}", offset_ms < 0 ? '-' : '+', minutes / 60, colon, minutes % 60);
}

}  // namespace flow::el
