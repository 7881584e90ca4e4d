#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>
#include <wchar.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace cli {
namespace {

/// The code point at `at`, which moves behind it; a byte that is no UTF-8 stands for itself.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0) return first;
  char32_t code = first & (0x3FU >> more);
  const auto start = at;
  for (; more > 0; --more, ++at) {
    if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) {
      at = start;
      return 0xFFFD;
    }
    code = (code << 6) | (static_cast<unsigned char>(text[at]) & 0x3FU);
  }
  return code;
}

/// Blocks of East Asian wide characters and emoji (Unicode, East Asian Width W and F), rounded to whole blocks.
bool is_wide(char32_t code) {
  constexpr std::pair<char32_t, char32_t> kWide[] = {
      {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xA960, 0xA97F}, {0xAC00, 0xD7A3},
      {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
      {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  return std::ranges::any_of(kWide, [&](const auto& block) { return code >= block.first && code <= block.second; });
}

bool is_combining(char32_t code) {
  return (code >= 0x0300 && code <= 0x036F) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0xFE00 && code <= 0xFE0F) || (code >= 0x20D0 && code <= 0x20FF);
}

void append_padded(std::string& out, std::string_view cell, std::size_t width, Align align, bool last) {
  const auto used = display_width(cell);
  const auto blanks = width > used ? width - used : 0;
  if (align == Align::Right) out.append(blanks, ' ');
  out += cell;
  if (align == Align::Left && !last) out.append(blanks, ' ');
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto code = next_code_point(text, at);
    if (!is_combining(code)) width += is_wide(code) ? 2 : 1;
  }
  return width;
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (const auto& column : columns_) widths.push_back(display_width(column.name));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  std::string out;
  const auto line = [&](const auto& cell_of) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += "  ";
      append_padded(out, cell_of(i), widths[i], columns_[i].align, i + 1 == columns_.size());
    }
    out += '\n';
  };
  line([&](std::size_t i) -> const std::string& { return columns_[i].name; });
  for (std::size_t i = 0; i < columns_.size(); ++i) out += (i > 0 ? "  " : "") + std::string(widths[i], '-');
  out += '\n';
  for (const auto& row : rows_) line([&](std::size_t i) -> const std::string& { return row[i]; });
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out;
}

void append_csv_cell(std::string& out, std::string_view cell) {
  if (!cell.empty() && cell.find_first_of("\",\r\n") == std::string_view::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

int complain(const base::Error& error) {
  fmt::print(stderr, "freshet: {}\n", base::to_text(error));
  return kFailure;
}

base::Status print(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return base::fail(base::ErrorKind::Unavailable,
                        "cannot write to standard output: " + std::system_category().message(errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace cli
