#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/el/value.h"

namespace flow::el {

/// A date pattern of Java, split into its letters; what a letter means is the dialect's matter. Locale US.
class DatePattern {
 public:
  /// A stretch of one letter, literal text (letter 0), or the begin and end of an optional part ('[' and ']').
  struct Piece {
    char letter = 0;
    std::size_t count = 0;
    std::string text;
  };
  /// Errors: InvalidValue for an open quote.
  static base::Result<DatePattern> compile(std::string_view text);
  const std::string& text() const { return text_; }
  const std::vector<Piece>& pieces() const { return pieces_; }
  /// Errors: InvalidValue for letters that only the other dialect has.
  base::Status check(DateDialect dialect) const;

 private:
  std::string text_;
  std::vector<Piece> pieces_;
};

/// `zone` is an id such as "UTC", "GMT+2", "+02:00" or "Europe/Paris"; empty: the system's.
/// Errors: InvalidValue for letters that mean nothing, and for unknown zones (with SimpleDateFormat they are GMT).
base::Result<std::string> format_date(Instant instant, const DatePattern& pattern, std::string_view zone,
                                      DateDialect dialect);

/// Lenient as NiFi is: what the pattern does not name is that of 1970-01-01T00:00. SimpleDateFormat takes 31 June for 1
/// July and ignores what follows; DateTimeFormatter takes it for 30 June and wants the whole text.
/// For SimpleDateFormat years of two digits are those of the hundred from `century_from` on.
/// Errors: InvalidValue also for texts that do not fit the pattern.
base::Result<Instant> parse_date(std::string_view text, const DatePattern& pattern, std::string_view zone,
                                 DateDialect dialect, std::int64_t century_from = 1946);
/// By DateTimeFormatter, strictly: widths and capitals as the pattern says, and date and time must be complete.
base::Result<Instant> parse_instant(std::string_view text, const DatePattern& pattern, std::string_view zone);
/// Whether a text names a day and time that exist: no 31 June, nothing that daylight saving skips.
bool is_valid_date(std::string_view text, const DatePattern& pattern, std::string_view zone);

/// "2024-01-31T10:20:30.456Z", with as many threes of decimals as it needs.
std::string iso_text(Instant instant);
/// ISO 8601 with "Z" or an offset, or RFC 1123 ("Fri, 5 Jan 2024 10:00:00 GMT").
std::optional<Instant> parse_iso_or_rfc(std::string_view text);

enum class Unit { Nanosecond, Second, Minute, Hour, Day, Week, Month, Year };
/// Later (or, with a negative count, earlier) by the calendar of the zone: a day keeps the time of day, 31 January and
/// a month is 28 or 29 February. Errors: InvalidValue for unknown zones and years out of range.
base::Result<Instant> later(Instant instant, std::int64_t count, Unit unit, std::string_view zone);

}  // namespace flow::el
