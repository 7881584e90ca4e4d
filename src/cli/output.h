#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cli {

enum class OutputFormat { Table, Csv, Json };

/// Cells that a terminal takes `text` to fill: wide characters two, combining marks none.
std::size_t display_width(std::string_view text);

enum class Align { Left, Right };

/// Rows in aligned columns below a header line; cells must be one line each (see one_line).
class TextTable {
 public:
  struct Column {
    std::string name;
    Align align = Align::Left;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Line ends, tabs and other control characters as escapes, so that a cell stays on its line and cannot steer a
/// terminal.
std::string one_line(std::string_view text);

/// RFC 4180: quoted where it has to be.
void append_csv_cell(std::string& out, std::string_view cell);

/// "freshet: message" to standard error; returns the exit status of a failure.
int complain(const base::Error& error);

/// All of the bytes to standard output. Errors: Unavailable (a closed pipe, a full disk).
base::Status print(std::string_view bytes);

constexpr int kSuccess = 0;
constexpr int kFailure = 1;
constexpr int kWrongUsage = 2;

}  // namespace cli
