#include "load/csv_parser.h"

#include <cstring>

namespace load {

struct CsvParser::Block {
  std::unique_ptr<char[]> data;
  std::size_t size = 0;
  std::vector<std::uint32_t> marks;
  bool ascii = true;
};

namespace {
constexpr std::size_t kNeedMore = std::string_view::npos;
bool is_blank(char c) { return c == ' ' || c == '\t'; }
std::uint64_t characters_in(std::string_view text) {
  std::uint64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}
}  // namespace

FilePosition position_in(const CsvRecord& record, std::size_t offset) {
  const std::string_view before = record.with_delimiter.substr(0, offset);
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(before, '\n'));
  const std::size_t line_start = before.rfind('\n');
  const std::uint64_t character = line_start == std::string_view::npos
                                      ? record.characters_before + characters_in(before)
                                      : characters_in(before.substr(line_start + 1));
  return {record.line + lines, character + 1, record.byte_offset + offset};
}

CsvParser::CsvParser(std::unique_ptr<ByteSource> source, const FileFormat& format, Limits limits, Simd simd)
    : source_(std::move(source)),
      record_delimiter_(format.record_delimiter),
      field_delimiter_(format.field_delimiter),
      header_lines_(format.parse_header ? 0 : format.skip_header),
      enclosed_by_(format.enclosed_by),
      escape_(format.escape),
      escape_unenclosed_(format.escape_unenclosed_field),
      line_break_(format.record_delimiter == "\r" ? '\r' : '\n'),
      logical_newline_(format.record_delimiter == "\n"),
      multi_line_(format.multi_line),
      trim_(format.trim_space),
      limits_(limits),
      simd_(simd),
      block_(std::make_unique<Block>()) {
  const char first = line_break_;
  const auto or_line_break = [first](char c) { return c == 0 ? first : c; };
  marks_ = {{first, record_delimiter_.empty() ? first : record_delimiter_[0],
             field_delimiter_.empty() ? first : field_delimiter_[0], or_line_break(enclosed_by_),
             or_line_break(enclosed_by_ == 0 ? '\0' : escape_), or_line_break(escape_unenclosed_)}};
}
CsvParser::~CsvParser() = default;

void CsvParser::forget() { retired_.clear(); }

base::Status CsvParser::refill() {
  const std::size_t left = block_->size - start_;
  auto fresh = std::make_unique<Block>();
  const std::size_t capacity = std::max(limits_.block_bytes, left * 2);
  fresh->data.reset(new char[capacity]);  // not cleared: it is filled at once
  if (left > 0) std::memcpy(fresh->data.get(), block_->data.get() + start_, left);
  fresh->size = left;
  while (fresh->size < capacity) {
    TRY(const std::size_t count, source_->read({fresh->data.get() + fresh->size, capacity - fresh->size}));
    if (count == 0) {
      at_end_ = true;
      break;
    }
    fresh->size += count;
  }
  fresh->ascii = !find_marks({fresh->data.get(), fresh->size}, 0, marks_, fresh->marks, simd_);
  block_offset_ += start_;
  start_ = 0;
  next_mark_ = 0;
  block_->marks = {};
  if (delivered_) retired_.push_back(std::move(block_));
  delivered_ = false;
  block_ = std::move(fresh);
  return {};
}

base::Status CsvParser::skip_header() {
  header_skipped_ = true;
  for (std::int64_t skipped = 0; skipped < header_lines_;) {
    const void* found =
        block_->size == start_ ? nullptr : std::memchr(block_->data.get() + start_, line_break_, block_->size - start_);
    if (found) {
      start_ = static_cast<std::size_t>(static_cast<const char*>(found) - block_->data.get()) + 1;
      ++line_;
      ++skipped;
      continue;
    }
    if (at_end_) {
      start_ = block_->size;
      break;
    }
    start_ = block_->size;  // a header line needs not be kept
    TRY_VOID(refill());
  }
  const auto& marks = block_->marks;
  next_mark_ = static_cast<std::size_t>(std::ranges::lower_bound(marks, start_) - marks.begin());
  return {};
}

base::Result<const CsvRecord*> CsvParser::next() {
  if (!header_skipped_) TRY_VOID(skip_header());
  for (;;) {
    if (start_ < block_->size && split() == Outcome::Record) return &record_;
    if (at_end_) return nullptr;
    if (block_->size - start_ > limits_.record_bytes_max) {
      TRY_VOID(skip_long_record());
      return &record_;
    }
    TRY_VOID(refill());
  }
}

/// The record's beginning is handed out as a problem; all up to the next record delimiter is dropped.
base::Status CsvParser::skip_long_record() {
  record_.problem.reset();
  record_.fields.assign(1, CsvField{});
  set_problem(start_, 100324, fmt::format("Record is longer than the limit of {} bytes", limits_.record_bytes_max));
  const std::string head(block_->data.get() + start_, std::min<std::size_t>(block_->size - start_, 4096));
  const std::uint64_t first_line = line_;
  const std::uint64_t offset = block_offset_ + start_;
  const char last = record_delimiter_.empty() ? line_break_ : record_delimiter_.back();
  std::size_t from = start_;  // the whole record is searched: an enclosure that never ends began this
  for (;;) {
    std::size_t end = from;
    while (end < block_->size && block_->data[end] != last) {
      if (block_->data[end] == line_break_) ++line_;
      ++end;
    }
    if (end < block_->size) {
      if (last == line_break_) ++line_;
      start_ = end + 1;
      break;
    }
    start_ = block_->size;
    if (at_end_) break;
    TRY_VOID(refill());
    from = 0;
  }
  const auto& marks = block_->marks;
  next_mark_ = static_cast<std::size_t>(std::ranges::lower_bound(marks, start_) - marks.begin());
  auto kept = std::make_unique<Block>();
  kept->data.reset(new char[head.size() + 1]);
  std::memcpy(kept->data.get(), head.data(), head.size());
  record_.raw = record_.with_delimiter = {kept->data.get(), head.size()};
  retired_.push_back(std::move(kept));
  record_.number = ++records_;
  record_.line = first_line;
  record_.byte_offset = offset;
  record_.characters_before = characters_before_;
  characters_before_ = 0;
  record_.ascii = false;
  return {};
}

std::size_t CsvParser::match(std::string_view delimiter, std::size_t at) const {
  const std::size_t left = block_->size - at;
  const std::size_t compared = std::min(left, delimiter.size());
  if (std::memcmp(block_->data.get() + at, delimiter.data(), compared) != 0) return 0;
  if (compared == delimiter.size()) return compared;
  return at_end_ ? 0 : kNeedMore;
}
std::size_t CsvParser::field_delimiter_at(std::size_t at) const {
  return field_delimiter_.empty() ? 0 : match(field_delimiter_, at);
}
std::size_t CsvParser::record_delimiter_at(std::size_t at) const {
  if (record_delimiter_.empty()) return 0;
  if (!logical_newline_) return match(record_delimiter_, at);
  const char c = block_->data[at];
  if (c == '\n') return 1;
  return c == '\r' ? match("\r\n", at) : 0;
}

void CsvParser::add_field(std::size_t begin, std::size_t end, std::size_t text_begin, std::size_t text_end,
                          bool enclosed, bool escaped) {
  const auto relative = [this](std::size_t at) { return static_cast<std::uint32_t>(at - start_); };
  record_.fields.push_back(
      {relative(begin), relative(end), relative(text_begin), relative(text_end), enclosed, escaped});
}

void CsvParser::set_problem(std::size_t at, int number, std::string message) {
  if (record_.problem) return;
  record_.problem = RowProblem{number, "22000", "parsing", std::move(message)};
  record_.problem_at = static_cast<std::uint32_t>(at - start_);
}

CsvParser::Outcome CsvParser::finish(std::size_t end, std::size_t delimiter_length) {
  const char* data = block_->data.get();
  record_.raw = {data + start_, end - start_};
  record_.with_delimiter = {data + start_, end - start_ + delimiter_length};
  record_.number = ++records_;
  record_.line = line_;
  record_.byte_offset = block_offset_ + start_;
  record_.characters_before = characters_before_;
  record_.ascii = block_->ascii;
  const bool line_ends = logical_newline_ ? delimiter_length != 0 : record_.with_delimiter.ends_with(line_break_);
  if (line_ends)
    characters_before_ = 0;
  else if (!logical_newline_) {
    const std::size_t last = record_.with_delimiter.rfind(line_break_);
    characters_before_ = last == std::string_view::npos ? characters_before_ + characters_in(record_.with_delimiter)
                                                        : characters_in(record_.with_delimiter.substr(last + 1));
  }
  line_ += lines_inside_ + (line_ends ? 1 : 0);
  start_ = end + delimiter_length;
  delivered_ = true;
  return Outcome::Record;
}

CsvParser::Outcome CsvParser::split() {
  const char* const data = block_->data.get();
  const std::size_t size = block_->size;
  const std::uint32_t* const marks = block_->marks.data();
  const std::size_t count = block_->marks.size();
  record_.fields.clear();
  record_.problem.reset();
  lines_inside_ = 0;
  std::size_t mark = next_mark_;
  const auto skip_marks_below = [&](std::size_t at) {
    while (mark < count && marks[mark] < at) ++mark;
  };

  for (std::size_t field = start_;;) {
    std::size_t content = field;
    if (trim_)
      while (content < size && is_blank(data[content])) ++content;
    if (content == size && !at_end_) return Outcome::NeedMore;
    std::size_t scan = content;
    bool enclosed = false, escaped = false;
    std::size_t text_begin = content, text_end = content;

    if (enclosed_by_ != 0 && content < size && data[content] == enclosed_by_) {
      enclosed = true;
      text_begin = content + 1;
      skip_marks_below(text_begin);
      std::size_t close = kNeedMore;
      std::size_t broken_at = kNeedMore;
      while (mark < count) {
        const std::size_t at = marks[mark];
        const char c = data[at];
        if (c == enclosed_by_ || (c == escape_ && escape_ != 0)) {
          if (at + 1 == size && !at_end_) return Outcome::NeedMore;
          const bool pair = at + 1 < size && (c != enclosed_by_ || data[at + 1] == enclosed_by_);
          if (!pair && c == enclosed_by_) {
            close = at;
            ++mark;
            break;
          }
          if (pair && data[at + 1] == line_break_) ++lines_inside_;
          escaped = true;
          ++mark;
          skip_marks_below(at + 2);
          continue;
        }
        if (!multi_line_) {
          if (const std::size_t length = record_delimiter_at(at); length != 0) {
            if (length == kNeedMore) return Outcome::NeedMore;
            broken_at = at;
            break;
          }
        }
        if (c == line_break_) ++lines_inside_;
        ++mark;
      }
      if (close == kNeedMore && broken_at == kNeedMore && !at_end_) return Outcome::NeedMore;
      if (close == kNeedMore) {
        const bool whole_file = broken_at == kNeedMore;
        text_end = scan = whole_file ? size : broken_at;
        set_problem(content, 100067,
                    fmt::format("End of {} reached while looking for the closing character '{}' of an enclosed field",
                                whole_file ? "file" : "record", enclosed_by_));
      } else {
        text_end = close;
        scan = close + 1;
        if (trim_)
          while (scan < size && is_blank(data[scan])) ++scan;
        if (scan == size && !at_end_) return Outcome::NeedMore;
        if (scan < size) {
          const std::size_t ends = record_delimiter_at(scan);
          const std::size_t separates = ends != 0 ? 0 : field_delimiter_at(scan);
          if (ends == kNeedMore || separates == kNeedMore) return Outcome::NeedMore;
          if (ends == 0 && separates == 0) {
            std::size_t length = 1;
            while (scan + length < size && (static_cast<unsigned char>(data[scan + length]) & 0xC0) == 0x80) ++length;
            set_problem(scan, 100066,
                        fmt::format("Found character '{}' instead of field delimiter '{}'",
                                    std::string_view(data + scan, length), field_delimiter_));
          }
        }
      }
    }

    skip_marks_below(scan);
    std::size_t end = kNeedMore, delimiter = 0;
    bool record_ends = false;
    for (; mark < count; ++mark) {
      const std::size_t at = marks[mark];
      const char c = data[at];
      if (c == escape_unenclosed_ && c != 0 && !enclosed) {
        std::size_t next = at + 1;
        if (next + 1 >= size && !at_end_) return Outcome::NeedMore;
        if (next < size && data[next] == '\r' && next + 1 < size && data[next + 1] == '\n') ++next;
        if (next < size && data[next] == line_break_) ++lines_inside_;
        escaped = true;
        while (mark + 1 < count && marks[mark + 1] <= next) ++mark;
        continue;
      }
      if (const std::size_t length = record_delimiter_at(at); length != 0) {
        if (length == kNeedMore) return Outcome::NeedMore;
        end = at;
        delimiter = length;
        record_ends = true;
        ++mark;
        break;
      }
      if (const std::size_t length = field_delimiter_at(at); length != 0) {
        if (length == kNeedMore) return Outcome::NeedMore;
        end = at;
        delimiter = length;
        ++mark;
        break;
      }
      if (c == line_break_) ++lines_inside_;
    }
    if (end == kNeedMore) {
      if (!at_end_) return Outcome::NeedMore;
      end = size;
      record_ends = true;
    }
    // The line end CR LF is found by its LF.
    if (record_ends && logical_newline_ && delimiter == 1 && end > field && data[end - 1] == '\r') {
      --end;
      delimiter = 2;
    }
    if (!enclosed) {
      text_begin = std::min(content, end);
      text_end = end;
      if (trim_)
        while (text_end > text_begin && is_blank(data[text_end - 1])) --text_end;
    } else if (text_end > end) {
      text_end = end;
    }
    add_field(field, end, text_begin, text_end, enclosed, escaped);
    if (record_ends) {
      next_mark_ = mark;
      return finish(end, delimiter);
    }
    field = end + delimiter;
    skip_marks_below(field);
  }
}

std::string_view CsvParser::unescaped(const CsvRecord& record, const CsvField& field, std::string& scratch) const {
  const std::string_view text = record.text_of(field);
  if (!field.escaped) return text;
  scratch.clear();
  const char escape = field.enclosed ? escape_ : escape_unenclosed_;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool has_next = i + 1 < text.size();
    if (has_next && field.enclosed && c == enclosed_by_ && text[i + 1] == enclosed_by_) {
      scratch += c;
      ++i;
    } else if (has_next && c == escape && escape != 0) {
      const char next = text[++i];
      switch (next) {
        case 'n': scratch += '\n'; break;
        case 't': scratch += '\t'; break;
        case 'r': scratch += '\r'; break;
        case 'b': scratch += '\b'; break;
        case 'f': scratch += '\f'; break;
        case '0': scratch += '\0'; break;
        default: scratch += next;
      }
    } else {
      scratch += c;
    }
  }
  return scratch;
}

}  // namespace load
