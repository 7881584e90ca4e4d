#include "http/head_rules.h"

#include <algorithm>

#include "http/message.h"

namespace http {
namespace {

constexpr HeadVerdict refused(std::string_view why, int status = 400) { return {HeadState::Refused, status, why}; }

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

bool has_control(std::string_view text) {
  for (const char c : text)
    if (is_control(c)) return true;
  return false;
}

/// Lines that may come once, counted.
struct Once {
  int hosts = 0, lengths = 0, encodings = 0;
};

std::string_view judge_line(std::string_view line, Once& once) {
  if (line.front() == ' ' || line.front() == '\t') return "a header is folded over several lines";
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return "a header has no name";
  const auto name = line.substr(0, colon);
  if (name.find_first_of(" \t") != std::string_view::npos) return "the name of a header holds a blank";
  if (has_control(name) || has_control(line.substr(colon + 1))) return "a header holds a control character";
  if (equal_without_case(name, "host") && ++once.hosts > 1) return "there are two hosts";
  if (equal_without_case(name, "content-length") && ++once.lengths > 1) return "there are two lengths";
  if (equal_without_case(name, "transfer-encoding")) ++once.encodings;
  if (once.encodings > 0 && once.lengths > 0) return "there is a length beside chunks";
  return {};
}

}  // namespace

HeadVerdict judge_head(std::string_view bytes, const HeadLimits& limits) {
  // One empty line before a request is forgiven.
  const std::size_t start = bytes.starts_with("\r\n") ? 2 : 0;
  std::size_t lines = 0;
  Once once;
  for (std::size_t at = start;;) {
    const auto end = bytes.find('\n', at);
    const bool is_request_line = lines == 0;
    if (is_request_line && std::min(end, bytes.size()) - at > limits.request_line_max)
      return refused("the request line is too long", 414);
    if (std::min(end, bytes.size()) - start > limits.bytes_max) return refused("the head is too long", 431);
    if (end == std::string_view::npos) return {};
    if (end == at || bytes[end - 1] != '\r') return refused("a line does not end with CR LF");
    const auto line = bytes.substr(at, end - 1 - at);
    at = end + 1;
    if (is_request_line) {
      if (has_control(line) || line.find('\t') != std::string_view::npos)
        return refused("the request line holds a control character");
    } else if (line.empty()) {
      return {HeadState::Complete, 0, {}};
    } else if (const auto why = judge_line(line, once); !why.empty()) {
      return refused(why);
    } else if (lines > limits.headers_max) {
      return refused("there are too many headers");
    }
    ++lines;
  }
}

}  // namespace http
