#include "base/error.h"

#include <fmt/format.h>

namespace base {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Syntax: return "syntax";
    case ErrorKind::NotFound: return "not_found";
    case ErrorKind::AlreadyExists: return "already_exists";
    case ErrorKind::Denied: return "denied";
    case ErrorKind::InvalidValue: return "invalid_value";
    case ErrorKind::Conflict: return "conflict";
    case ErrorKind::Unavailable: return "unavailable";
    case ErrorKind::Unsupported: return "unsupported";
    case ErrorKind::Cancelled: return "cancelled";
    case ErrorKind::Internal: return "internal";
  }
  return "unknown";
}

std::string to_text(const Error& error) {
  if (error.number == 0) return error.message;
  return fmt::format("{:06} ({}): {}", error.number, error.sqlstate, error.message);
}

}  // namespace base
