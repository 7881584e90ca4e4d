#include "flow/content/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace flow {
namespace {

/// The first "\n" or "\r" at or behind `from`.
std::size_t find_end(std::string_view text, std::size_t from) {
  const auto rest = text.substr(from);
  if (rest.empty()) return std::string_view::npos;
  const auto* feed = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
  const auto before = feed == nullptr ? rest.size() : static_cast<std::size_t>(feed - rest.data());
  const auto* lone = static_cast<const char*>(std::memchr(rest.data(), '\r', before));
  if (lone != nullptr) return from + static_cast<std::size_t>(lone - rest.data());
  return feed == nullptr ? std::string_view::npos : from + before;
}

}  // namespace

std::string_view line_ending(std::string_view line) {
  if (line.ends_with("\r\n")) return line.substr(line.size() - 2);
  if (line.ends_with('\n') || line.ends_with('\r')) return line.substr(line.size() - 1);
  return {};
}

std::string_view line_endings(std::string_view text) {
  const auto last = text.find_last_not_of("\r\n");
  return text.substr(last == std::string_view::npos ? 0 : last + 1);
}

base::Result<std::optional<std::string_view>> LineReader::next() {
  for (;;) {
    const auto end = find_end(buffer_, scanned_);
    // What follows a "\r" decides whether it is alone.
    const bool known = end != std::string::npos && (buffer_[end] == '\n' || end + 1 < buffer_.size() || ended_);
    const auto length = (end != std::string::npos ? end : buffer_.size()) - begin_;
    if (length > max_)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("a line is longer than {} bytes", max_));
    if (known || ended_) {
      auto next = buffer_.size();
      if (known) next = end + (std::string_view(buffer_).substr(end).starts_with("\r\n") ? 2 : 1);
      if (next == begin_) return std::nullopt;
      const auto line = std::string_view(buffer_).substr(begin_, next - begin_);
      begin_ = scanned_ = next;
      return line;
    }
    scanned_ = end == std::string::npos ? buffer_.size() : end;
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    TRY(const auto more, source_.next());
    ended_ = more.empty();
    buffer_ += more;
  }
}

base::Result<bool> LineScanner::fill() {
  if (!chunk_.empty()) return true;
  TRY(chunk_, source_.next());
  return !chunk_.empty();
}

base::Result<std::optional<LineScanner::Line>> LineScanner::next() {
  Line line{.offset = offset_};
  const auto take = [&](std::size_t bytes) {
    if (line.prefix.size() < prefix_bytes_)
      line.prefix += chunk_.substr(0, std::min(bytes, prefix_bytes_ - line.prefix.size()));
    line.length += bytes;
    offset_ += bytes;
    chunk_.remove_prefix(bytes);
  };
  for (;;) {
    TRY(const bool more, fill());
    if (!more) break;
    const auto end = find_end(chunk_, 0);
    if (end == std::string_view::npos) {
      take(chunk_.size());
      continue;
    }
    const char last = chunk_[end];
    take(end + 1);
    line.ending = 1;
    if (last == '\r') {
      TRY(const bool follows, fill());
      if (follows && chunk_.front() == '\n') {
        take(1);
        line.ending = 2;
      }
    }
    return line;
  }
  if (line.length == 0) return std::nullopt;
  return line;
}

}  // namespace flow
