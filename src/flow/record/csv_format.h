#pragma once

#include <optional>
#include <string>

namespace flow::record {

enum class QuoteMode { All, AllNonNull, Minimal, NonNumeric, None };

/// How a CSV file is written, in the terms of Apache Commons CSV.
struct CsvFormat {
  char delimiter = ',';
  std::optional<char> quote = '"';
  std::optional<char> escape = {};
  std::optional<char> comment = {};
  std::optional<std::string> null_text = {};
  std::string record_separator = "\r\n";  // when writing; any line end is read
  QuoteMode quote_mode = QuoteMode::Minimal;
  bool trim = false;
  bool ignore_surrounding_spaces = false;
  bool ignore_empty_lines = true;
  bool trailing_delimiter = false;
  bool allow_missing_names = false;  // of columns, in a header
  bool allow_duplicate_names = true;
  bool allow_trailing_data = false;  // after a closing quote
  bool lenient_end = false;          // a quote may stay open
};

/// One of the formats that have a name: "rfc-4180", "excel", "tdf", "mysql", "informix-unload", "informix-unload-csv".
std::optional<CsvFormat> named_csv_format(std::string_view name);

}  // namespace flow::record
