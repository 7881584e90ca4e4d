#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/content/lines.h"

namespace flow {

/// Rows of CSV as Super CSV takes them apart, for NiFi's ValidateCsv: empty columns are null, empty lines are left out,
/// quotes may begin within a column, rows may go over lines.
class CsvRows {
 public:
  struct Options {
    char delimiter = ',';
    char quote = '"';
    std::uint64_t lines_max = 0;  // of a row; 0: any number
  };
  struct Row {
    std::vector<std::optional<std::string>> columns;
    std::string text;        // as it came, without the end of the last line
    std::uint64_t line = 0;  // its last one
    std::uint64_t number = 0;
  };
  CsvRows(ByteSource& source, const Options& options) : options_(options), lines_(source, kLineMax) {}
  /// Nothing at the end. Errors: InvalidValue when a quote is not closed, or too late.
  base::Result<std::optional<Row>> next();

 private:
  static constexpr std::uint64_t kLineMax = 64 << 20;
  base::Result<bool> next_line(std::string& line);

  const Options options_;
  LineReader lines_;
  std::uint64_t line_ = 0;
  std::uint64_t row_ = 0;
};

}  // namespace flow
