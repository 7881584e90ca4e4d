#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flow::record {

/// Dates, times and timestamps as texts, by a Java pattern. Patterns of plain numbers (yyyy-MM-dd HH:mm:ss.SSS) are
/// compiled; others, and zones other than UTC, go through the expression language's dates, whose unit is the
/// millisecond.
class DateFormat {
 public:
  explicit DateFormat(std::string pattern, std::string zone = {});

  /// Microseconds since 1970-01-01T00:00:00Z; nothing: the text does not fit, or there is more of it.
  std::optional<std::int64_t> parse(std::string_view text) const;
  /// Errors: InvalidValue for a pattern that means nothing.
  base::Result<std::string> format(std::int64_t microseconds) const;
  /// The pattern is one.
  base::Status check() const;

 private:
  struct Part {
    char letter = 0;  // 0: a literal
    int width = 0;
    std::string literal = {};
  };
  std::optional<std::int64_t> parse_parts(std::string_view text) const;

  const std::string pattern_;
  const std::string zone_;
  std::vector<Part> parts_;  // empty: not compiled
};

std::int64_t days_of(std::int64_t year, int month, int day);  // since 1970-01-01
struct CivilDate {
  std::int64_t year;
  int month, day;
};
CivilDate civil_of(std::int64_t days);

}  // namespace flow::record
