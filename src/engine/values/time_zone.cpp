#include <unicode/basictz.h>
#include <unicode/strenum.h>
#include <unicode/timezone.h>
#include <unicode/tztrans.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "engine/values/datetime_text.h"

namespace engine {

// Offsets between transitions, for look-ups without ICU's calendar arithmetic.
struct TimeZone::Rules {
  std::string name;
  std::vector<std::int64_t> starts;   // UTC seconds, ascending; the first is the beginning of time
  std::vector<std::int32_t> offsets;  // seconds east of UTC from that start on
};

namespace {

constexpr std::int64_t kLastTabulated = 4'102'444'800;  // 2100-01-01: later years repeat a year of the same shape

std::int32_t offset_of(const icu::TimeZone& zone, std::int64_t utc_seconds) {
  std::int32_t raw = 0, saving = 0;
  UErrorCode status = U_ZERO_ERROR;
  zone.getOffset(static_cast<double>(utc_seconds) * 1000.0, false, raw, saving, status);
  return (raw + saving) / 1000;
}

}  // namespace

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  static std::mutex cache_mutex;
  static std::map<std::string, std::unique_ptr<const Rules>, std::less<>> cache;
  std::string key(name);
  for (char& c : key)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  const std::lock_guard lock(cache_mutex);
  if (const auto found = cache.find(key); found != cache.end())
    return found->second ? std::optional(TimeZone(found->second.get())) : std::nullopt;

  auto& entry = cache[key];
  // ICU knows names with their case only; abbreviations such as PST are not IANA zones.
  std::string exact;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::StringEnumeration> names(icu::TimeZone::createEnumeration());
  while (const char* candidate = names->next(nullptr, status)) {
    std::string lower(candidate);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (lower == key && (lower.find('/') != std::string::npos || lower == "utc" || lower == "gmt" || lower == "zulu" ||
                         lower == "uct")) {
      exact = candidate;
      break;
    }
  }
  if (exact.empty()) return std::nullopt;

  const std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(exact)));
  auto rules = std::make_unique<Rules>();
  rules->name = exact;
  constexpr std::int64_t kBeginning = -62'135'596'800;  // 0001-01-01
  rules->starts.push_back(kBeginning);
  rules->offsets.push_back(offset_of(*zone, kBeginning));
  if (const auto* basic = dynamic_cast<const icu::BasicTimeZone*>(zone.get())) {
    icu::TimeZoneTransition transition;
    double at = static_cast<double>(kBeginning) * 1000.0;
    while (basic->getNextTransition(at, false, transition)) {
      at = transition.getTime();
      const auto seconds = static_cast<std::int64_t>(at / 1000.0);
      if (seconds >= kLastTabulated) break;
      rules->starts.push_back(seconds);
      rules->offsets.push_back(offset_of(*zone, seconds));
    }
  }
  entry = std::move(rules);
  return TimeZone(entry.get());
}

const std::string& TimeZone::name() const { return rules_->name; }

std::int32_t TimeZone::offset_at(std::int64_t utc_seconds) const {
  // The Gregorian calendar repeats after 400 years; 28 keep weekdays and leap years within a century.
  constexpr std::int64_t kTwentyEightYears = 10'227LL * 86'400;
  if (utc_seconds >= kLastTabulated)
    utc_seconds -= ((utc_seconds - kLastTabulated) / kTwentyEightYears + 1) * kTwentyEightYears;
  const auto next = std::ranges::upper_bound(rules_->starts, utc_seconds);
  const auto index = next == rules_->starts.begin() ? 0 : next - rules_->starts.begin() - 1;
  return rules_->offsets[static_cast<std::size_t>(index)];
}

std::int64_t TimeZone::instant_of(std::int64_t local_seconds) const {
  // The offset is one of those that hold a day before and a day after. Where both fit (clocks went back), the earlier
  // instant is the one with the larger offset; where none fits (clocks went forward), the offset before the gap counts
  // on.
  const std::int32_t before = offset_at(local_seconds - 86'400), after = offset_at(local_seconds + 86'400);
  const std::int64_t with_before = local_seconds - before, with_after = local_seconds - after;
  const bool before_fits = offset_at(with_before) == before, after_fits = offset_at(with_after) == after;
  if (before_fits && after_fits) return std::min(with_before, with_after);
  if (after_fits) return with_after;
  return with_before;
}

}  // namespace engine
