#include "load/json_documents.h"

#include <array>

namespace load {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kDocumentMax = std::size_t{128} << 20;

bool is_separator(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ','; }

base::Error json_error(std::string_view problem) {
  return {
      base::ErrorKind::InvalidValue,
      100069,
      "22P02",
      problem.starts_with("Error parsing JSON") ? std::string(problem) : fmt::format("Error parsing JSON: {}", problem),
      {}};
}

void strip(engine::JsonValue& value) {
  using Kind = engine::JsonValue::Kind;
  std::erase_if(value.members, [](const engine::JsonMember& member) { return member.second.kind == Kind::Null; });
  for (engine::JsonMember& member : value.members) strip(member.second);
  for (engine::JsonValue& item : value.items) {
    if (item.kind == Kind::Null) item.kind = Kind::Undefined;
    strip(item);
  }
}

}  // namespace

std::string document_text(engine::JsonValue value, bool strip_nulls) {
  if (strip_nulls) strip(value);
  return engine::canonical(value);
}

base::Result<bool> JsonDocuments::more() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t had = buffer_.size();
  if (had > kDocumentMax) return base::fail(json_error("document is larger than 128 MB"));
  buffer_.resize(had + kChunk);
  TRY(const std::size_t got, text_->read(std::span(buffer_.data() + had, kChunk)));
  buffer_.resize(had + got);
  return got > 0;
}

base::Result<bool> JsonDocuments::skip_separators() {
  for (;;) {
    while (at_ < buffer_.size() && is_separator(buffer_[at_])) ++at_;
    if (at_ < buffer_.size()) return true;
    TRY(const bool any, more());
    if (!any) return false;
  }
}

/// The length of the document that begins at `at_`.
base::Result<std::size_t> JsonDocuments::end_of_document() {
  std::size_t length = 0;
  int depth = 0;
  bool quoted = false, escaped = false;
  const char first = buffer_[at_];
  const bool nested = first == '{' || first == '[';
  for (;; ++length) {
    if (at_ + length >= buffer_.size()) {
      TRY(const bool any, more());
      if (!any) return length;  // what is incomplete the parser reports
    }
    const char c = buffer_[at_ + length];
    if (quoted) {
      if (escaped)
        escaped = false;
      else if (c == '\\')
        escaped = true;
      else if (c == '"') {
        quoted = false;
        if (depth == 0) return length + 1;
      }
      continue;
    }
    if (c == '"')
      quoted = true;
    else if (c == '{' || c == '[') {
      if (!nested) return length;
      ++depth;
    } else if (c == '}' || c == ']') {
      if (!nested) return length;
      if (--depth == 0) return length + 1;
    } else if (!nested && length > 0 && is_separator(c)) {
      return length;
    }
  }
}

base::Result<std::optional<std::string>> JsonDocuments::next() {
  for (;;) {
    TRY(const bool any, skip_separators());
    if (!any) {
      if (inside_array_) return base::fail(json_error("missing closing bracket of the outer array"));
      return std::nullopt;
    }
    if (!format_.strip_outer_array) break;
    if (!inside_array_ && buffer_[at_] == '[')
      inside_array_ = true;
    else if (inside_array_ && buffer_[at_] == ']')
      inside_array_ = false;
    else
      break;
    ++at_;
  }
  TRY(const std::size_t length, end_of_document());
  const std::string_view text(buffer_.data() + at_, std::max<std::size_t>(length, 1));
  std::string problem;
  auto value = engine::parse_json(text, problem);
  if (!value) return base::fail(json_error(problem));
  at_ += text.size();
  return document_text(*std::move(value), format_.strip_null_values);
}

}  // namespace load
