#include "flow/content/csv_rows.h"

#include <fmt/format.h>

namespace flow {

base::Result<bool> CsvRows::next_line(std::string& line) {
  TRY(const auto next, lines_.next());
  if (!next) return false;
  ++line_;
  line = next->substr(0, next->size() - line_ending(*next).size());
  return true;
}

base::Result<std::optional<CsvRows::Row>> CsvRows::next() {
  std::string line;
  do {
    TRY(const bool more, next_line(line));
    if (!more) return std::nullopt;
  } while (line.empty());
  Row row{.text = line, .number = ++row_};
  const auto first_line = line_;
  std::string column;
  bool quoted = false;
  const auto end_column = [&] {
    row.columns.push_back(column.empty() ? std::nullopt : std::optional(std::move(column)));
    column.clear();
  };
  for (;;) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != options_.quote) {
        if (line[i] == options_.delimiter && !quoted)
          end_column();
        else
          column += line[i];
      } else if (quoted && i + 1 < line.size() && line[i + 1] == options_.quote) {
        column += line[i++];
      } else {
        quoted = !quoted;
      }
    }
    if (!quoted) break;
    if (options_.lines_max > 0 && line_ - first_line + 1 >= options_.lines_max)
      return base::fail(
          base::ErrorKind::InvalidValue,
          fmt::format("max number of lines to read exceeded while reading quoted column beginning on line "
                      "{} and ending on line {}",
                      first_line, line_));
    TRY(const bool more, next_line(line));
    if (!more)
      return base::fail(
          base::ErrorKind::InvalidValue,
          fmt::format("unexpected end of file while reading quoted column beginning on line {} and ending "
                      "on line {}",
                      first_line, line_));
    column += '\n';
    row.text += '\n' + line;
  }
  end_column();
  row.line = line_;
  return row;
}

}  // namespace flow
