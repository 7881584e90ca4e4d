#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/el/value.h"

namespace flow::el {

/// A time zone: how far it is from UTC at an instant, and what it is called.
class TimeZone {
 public:
  /// Empty: the system's. SimpleDateFormat takes an unknown one for GMT; else errors: InvalidValue.
  static base::Result<TimeZone> open(std::string_view id, DateDialect dialect);
  static TimeZone fixed(std::int64_t offset_ms);
  TimeZone(TimeZone&&) noexcept;
  TimeZone& operator=(TimeZone&&) noexcept;
  ~TimeZone();

  std::int64_t offset_ms(std::int64_t at_ms) const;
  /// That of winter, for what names it ("PST") in summer as well.
  std::int64_t standard_offset_ms() const;
  /// The instant of a local time; what a gap skips is as much later.
  enum class Overlap { Earlier, Later };
  std::int64_t instant_of(std::int64_t local_ms, Overlap overlap = Overlap::Earlier) const;
  /// Whether the local time is skipped by daylight saving.
  bool is_skipped(std::int64_t local_ms) const;
  const std::string& id() const { return id_; }
  std::string short_name(std::int64_t at_ms) const;  // "CET"
  std::string long_name(std::int64_t at_ms) const;   // "Central European Standard Time"

 private:
  struct Calendar;
  explicit TimeZone(std::unique_ptr<Calendar> calendar);
  std::string display_name(std::int64_t at_ms, bool full) const;

  std::unique_ptr<Calendar> calendar_;  // null: fixed
  std::int64_t fixed_ms_ = 0;
  std::string id_;
};

/// "+02:00", with `colon` between; "-0500" without one.
std::string offset_text(std::int64_t offset_ms, std::string_view colon);

}  // namespace flow::el
