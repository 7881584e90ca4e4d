#include "flow/record/csv_parser.h"

#include <fmt/format.h>

#include <algorithm>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace flow::record {
namespace {

bool is_end(char c) { return c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<CsvFormat> named_csv_format(std::string_view name) {
  CsvFormat format;
  if (name == "rfc-4180") {
    format.ignore_empty_lines = false;
  } else if (name == "excel") {
    format.ignore_empty_lines = false;
    format.allow_missing_names = true;
    format.allow_trailing_data = true;
    format.lenient_end = true;
  } else if (name == "tdf") {
    format.delimiter = '\t';
    format.ignore_surrounding_spaces = true;
  } else if (name == "mysql") {
    format.delimiter = '\t';
    format.quote = std::nullopt;
    format.escape = '\\';
    format.null_text = "\\N";
    format.record_separator = "\n";
    format.quote_mode = QuoteMode::AllNonNull;
    format.ignore_empty_lines = false;
  } else if (name == "informix-unload") {
    format.delimiter = '|';
    format.escape = '\\';
    format.record_separator = "\n";
  } else if (name == "informix-unload-csv") {
    format.record_separator = "\n";
  } else {
    return std::nullopt;
  }
  return format;
}

CsvParser::CsvParser(std::unique_ptr<TextSource> source, CsvFormat format)
    : format_(std::move(format)), buffer_(std::move(source)) {
  for (const char c : {'\n', '\r', format_.delimiter}) marks_.add(c);
  if (format_.escape) marks_.add(*format_.escape);
}

void CsvParser::Marks::look(const char* at, const char* end) {
  block_ = at;
  found_ = 0;
  const auto size = std::min<std::size_t>(kBlock, static_cast<std::size_t>(end - at));
  std::size_t i = 0;
#if defined(__SSE2__)
  for (; i + 16 <= size; i += 16) {
    const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    auto any = _mm_setzero_si128();
    for (std::size_t c = 0; c < count_; ++c)
      any = _mm_or_si128(any, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(characters_[c])));
    found_ |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(any))} << i;
  }
#endif
  for (; i < size; ++i)
    for (std::size_t c = 0; c < count_; ++c)
      if (at[i] == characters_[c]) found_ |= std::uint64_t{1} << i;
}

base::Failure<base::Error> CsvParser::wrong(std::string_view what) const {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("line {}: {}", lines_, what));
}

bool CsvParser::is_meta(char c) const {
  return c == format_.delimiter || c == format_.escape || c == format_.quote || c == format_.comment;
}

void CsvParser::add(std::string_view text) {
  if (format_.trim) text = trimmed(text);
  if (format_.null_text && text == *format_.null_text)
    fields_.emplace_back();
  else
    fields_.push_back(text.data() == nullptr ? std::string_view("", 0) : text);
}

/// Takes one line end; the caller has seen to it that a CR is not the last of an unfinished buffer.
CsvParser::Token CsvParser::line_end() {
  if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
  ++at_;
  ++lines_;
  return Token::RecordEnd;
}

/// What follows a field: a delimiter, a line end, or nothing more.
CsvParser::Token CsvParser::end_of_field(std::string_view text) {
  if (at_ == text_.size()) {
    if (!buffer_.at_end()) return Token::NeedMore;
    add(text);
    done_ = true;
    return Token::RecordEnd;
  }
  if (text_[at_] == format_.delimiter) {
    add(text);
    ++at_;
    return Token::Field;
  }
  if (text_[at_] == '\r' && at_ + 1 == text_.size() && !buffer_.at_end()) return Token::NeedMore;
  // Commons CSV lets the last field go when it is empty and a trailing delimiter is the rule.
  if (!(format_.trailing_delimiter && (format_.trim ? trimmed(text) : text).empty())) add(text);
  return line_end();
}

/// The character after an escape: a control character, one with a meaning, or the escape and itself.
void CsvParser::escape(std::string& out) {
  const char c = text_[++at_];
  ++at_;
  switch (c) {
    case 'r': out += '\r'; return;
    case 'n': out += '\n'; return;
    case 't': out += '\t'; return;
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case '\r':
    case '\n':
    case '\f':
    case '\t':
    case '\b': out += c; return;
    default:
      if (!is_meta(c)) out += *format_.escape;
      out += c;
  }
}

/// Most fields are neither quoted nor escaped, and end within the buffer.
CsvParser::Token CsvParser::plain_fields() {
  const char* const data = text_.data();
  const char* const end = data + text_.size();
  const char* at = data + at_;
  for (;;) {
    if (at == end || (format_.quote && *at == *format_.quote)) break;
    const char* const stop = marks_.find(at, end);
    if (stop == end) break;
    if (*stop == format_.delimiter) {
      add({at, static_cast<std::size_t>(stop - at)});
      at = stop + 1;
      continue;
    }
    // A CR may be the first half of a line end; and what an escape does is for others to know.
    if (*stop != '\n') break;
    at_ = static_cast<std::size_t>(stop - data);
    return end_of_field({at, static_cast<std::size_t>(stop - at)});
  }
  at_ = static_cast<std::size_t>(at - data);
  return Token::Field;
}

base::Result<CsvParser::Token> CsvParser::simple(Arena& arena) {
  const auto begin = at_;
  const auto size = text_.size();
  at_ = static_cast<std::size_t>(marks_.find(text_.data() + at_, text_.data() + size) - text_.data());
  if (at_ == size || text_[at_] != format_.escape) {
    auto field = text_.substr(begin, at_ - begin);
    if (format_.ignore_surrounding_spaces) field = trimmed(field);
    return end_of_field(field);
  }
  std::string unescaped(text_.substr(begin, at_ - begin));
  while (at_ < size && text_[at_] != format_.delimiter && !is_end(text_[at_])) {
    if (text_[at_] != format_.escape) {
      unescaped += text_[at_++];
    } else if (at_ + 1 == size) {
      if (!buffer_.at_end()) return Token::NeedMore;
      return wrong("the text ends in an escape");
    } else {
      escape(unescaped);
    }
  }
  return end_of_field(arena.text(unescaped));
}

base::Result<CsvParser::Token> CsvParser::quoted(Arena& arena) {
  const char quote = *format_.quote;
  const auto first = lines_;
  const auto begin = ++at_;
  std::string text;
  bool plain = true;  // so far it is what stands in the buffer
  for (;;) {
    if (at_ == text_.size()) {
      if (!buffer_.at_end()) {
        lines_ = first;
        return Token::NeedMore;
      }
      if (format_.lenient_end) return end_of_field(plain ? text_.substr(begin) : arena.text(text));
      lines_ = first;
      return wrong("the text ends before a quoted field does");
    }
    const char c = text_[at_];
    if (c == quote) {
      if (at_ + 1 == text_.size() && !buffer_.at_end()) {
        lines_ = first;
        return Token::NeedMore;
      }
      if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        if (plain) text.assign(text_.substr(begin, at_ - begin));
        plain = false;
        text += quote;
        at_ += 2;
        continue;
      }
      const auto content = plain ? text_.substr(begin, at_ - begin) : std::string_view(text);
      ++at_;
      const auto after = at_;
      while (at_ < text_.size() && text_[at_] != format_.delimiter && !is_end(text_[at_])) {
        if (static_cast<unsigned char>(text_[at_]) > ' ' && !format_.allow_trailing_data)
          return wrong("a character stands between the end of a quoted field and the next delimiter");
        ++at_;
      }
      if (format_.allow_trailing_data && at_ > after) {
        auto all = std::string(content) + std::string(text_.substr(after, at_ - after));
        const auto token = end_of_field(arena.text(all));
        if (token == Token::NeedMore) lines_ = first;
        return token;
      }
      const auto token = end_of_field(plain ? content : arena.text(text));
      if (token == Token::NeedMore) lines_ = first;
      return token;
    }
    if (format_.escape && c == *format_.escape) {
      if (at_ + 1 == text_.size()) {
        if (!buffer_.at_end()) {
          lines_ = first;
          return Token::NeedMore;
        }
        return wrong("the text ends in an escape");
      }
      if (plain) text.assign(text_.substr(begin, at_ - begin));
      plain = false;
      escape(text);
      continue;
    }
    if (c == '\n') ++lines_;
    if (!plain) text += c;
    ++at_;
  }
}

base::Result<CsvParser::Step> CsvParser::next(Arena& arena) {
  fields_.clear();
  if (done_) return Step::End;
  text_ = buffer_.rest();
  at_ = 0;
  const auto wait = [&]() -> Step {
    fields_.clear();
    return Step::Wait;
  };
  // Empty lines and comments.
  for (;;) {
    if (at_ == text_.size()) {
      buffer_.consume(at_);
      if (!buffer_.at_end()) return wait();
      done_ = true;
      return Step::End;
    }
    const char c = text_[at_];
    if (format_.comment && c == *format_.comment) {
      const auto end = std::min(text_.find_first_of("\r\n", at_), text_.size());
      if (end == text_.size() && !buffer_.at_end()) return wait();
      at_ = end;
      if (at_ == text_.size()) continue;
    } else if (!format_.ignore_empty_lines || !is_end(c)) {
      break;
    }
    if (text_[at_] == '\r' && at_ + 1 == text_.size() && !buffer_.at_end()) return wait();
    line_end();
    buffer_.consume(at_);
    text_ = buffer_.rest();
    at_ = 0;
  }
  line_ = lines_;
  for (;;) {
    if (!format_.ignore_surrounding_spaces && plain_fields() == Token::RecordEnd) break;
    if (format_.ignore_surrounding_spaces)
      while (at_ < text_.size() && text_[at_] == ' ' && text_[at_] != format_.delimiter) ++at_;
    const bool is_quoted = format_.quote && at_ < text_.size() && text_[at_] == *format_.quote;
    TRY(const auto token, is_quoted ? quoted(arena) : simple(arena));
    if (token == Token::NeedMore) {
      lines_ = line_;
      return wait();
    }
    if (token == Token::RecordEnd) break;
  }
  buffer_.consume(at_);
  return Step::Record;
}

}  // namespace flow::record
