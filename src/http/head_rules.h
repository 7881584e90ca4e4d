#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace http {

struct HeadLimits {
  std::size_t bytes_max = 64 << 10;         // of the whole head
  std::size_t request_line_max = 16 << 10;  // presigned URLs with tokens have some 4 KiB
  std::size_t headers_max = 256;
};

/// How far the head of a request has come.
enum class HeadState { Incomplete, Complete, Refused };
struct HeadVerdict {
  HeadState state = HeadState::Incomplete;
  int status = 400;      // of Refused
  std::string_view why;  // likewise: complete English
};

/// Refuses what two readers of one head could take for two different requests, and what is too long: lines that end
/// without CR, folded lines, blanks before the colon, control characters, two hosts or lengths, a length beside chunks.
/// `bytes` may hold more than the head. Source: RFC 9112, sections 2.2, 5.1, 5.2 and 6.3.
HeadVerdict judge_head(std::string_view bytes, const HeadLimits& limits);

}  // namespace http
