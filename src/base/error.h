#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// A place in a text: byte offset and length, and the line and column (both from 1, column in code points) of its
/// start.
struct SourceSpan {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  /// Spans are where a tree came from, not what it says: trees that differ in spans only are equal.
  bool operator==(const SourceSpan&) const { return true; }
};

/// What a caller may branch on.
enum class ErrorKind {
  Syntax,
  NotFound,
  AlreadyExists,
  Denied,
  InvalidValue,
  Conflict,
  Unavailable,
  Unsupported,
  Cancelled,
  Internal
};

std::string_view name_of(ErrorKind kind);

/// A failure as data. `number` is the dialect's published error number (0 where there is none) and `sqlstate` its
/// five characters; `message` is complete English for a person: fixed words first, run-time values last.
struct Error {
  ErrorKind kind = ErrorKind::Internal;
  int number = 0;
  std::string sqlstate;
  std::string message;
  std::optional<SourceSpan> at;

  bool operator==(const Error&) const = default;
};

/// "001003 (42000): message", the form in which the vendor's clients print an error; only the message without a number.
std::string to_text(const Error& error);

}  // namespace base
