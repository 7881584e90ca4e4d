#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/record.h"
#include "engine/chunk.h"
#include "engine/values/datetime_text.h"
#include "load/csv_parser.h"
#include "load/file_format.h"

namespace load {

/// How a session reads dates and times where a file format says AUTO.
struct ConvertSettings {
  engine::TimeZone zone;
  std::string date_format = "AUTO", time_format = "AUTO", timestamp_format = "AUTO";
  int two_digit_century_start = 1970;
};

/// Texts that stand in no file block but must live until the chunk is appended.
using TextArena = std::deque<std::string>;

/// Turns the text of one column's fields into values. Source: loading.md 3.6, 3.7, 4.5.
class FieldConverter {
 public:
  enum class Outcome : std::uint8_t {
    Done,
    Bad,      // explain() says why
    TooWide,  // right for the type, but the column must be widened first
  };
  struct Options {
    bool truncate = false;  // cut text that is too long instead of refusing it
  };
  /// Errors: Unsupported for types that a loader cannot fill yet, InvalidValue for a date format that cannot be read.
  static base::Result<FieldConverter> make(const catalog::Column& column, const FileFormat& format,
                                           const ConvertSettings& settings, Options options);

  engine::Carrier carrier() const { return carrier_; }
  /// Writes the value into `row`. Text cells point into `text` or into `arena`.
  Outcome convert(std::string_view text, const engine::ChunkColumn& column, std::size_t row, TextArena& arena) const;
  RowProblem explain(std::string_view text) const;

 private:
  FieldConverter(const catalog::Column& column, const ConvertSettings& settings, Options options);
  Outcome text_cell(std::string_view text, engine::StringCell& cell, TextArena& arena) const;
  Outcome timestamp(std::string_view text, const engine::ChunkColumn& column, std::size_t row) const;
  Outcome number(std::string_view text, const engine::ChunkColumn& column, std::size_t row) const;

  catalog::LogicalType type_;
  engine::Carrier carrier_;
  base::Int128 number_limit_ = 0;  // 10^precision
  BinaryFormat binary_ = BinaryFormat::Hex;
  engine::DateTimeFormat format_;
  engine::TimeZone zone_;
  Options options_;
};

/// Sign, digits, fraction, exponent, blanks around; excess digits are rounded half away from zero. The digits of
/// value * 10^scale. Overflow where 38 digits do not hold it.
enum class NumberRead : std::uint8_t { Done, NotANumber, Overflow };
NumberRead read_scaled(std::string_view text, int scale, base::Int128& digits);

}  // namespace load
