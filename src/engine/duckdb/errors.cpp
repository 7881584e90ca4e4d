#include "engine/duckdb/errors.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"

namespace engine::duck {
namespace {

using base::Error;
using base::ErrorKind;

std::optional<Error> own_error(std::string_view message) {
  const auto start = message.find('\x01');
  if (start == std::string_view::npos) return std::nullopt;
  std::string_view rest = message.substr(start + 1);
  if (const auto end = rest.find('\x02'); end != std::string_view::npos) rest = rest.substr(0, end);
  const auto first = rest.find('\x1f');
  const auto second = first == std::string_view::npos ? first : rest.find('\x1f', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  int number = 0;
  std::from_chars(rest.data(), rest.data() + first, number);
  return Error{ErrorKind::InvalidValue, number, std::string(rest.substr(first + 1, second - first - 1)),
               std::string(rest.substr(second + 1)), std::nullopt};
}

/// The text between the first pair of single quotes: the value that a conversion refused.
std::string_view first_quoted(std::string_view message) {
  const auto start = message.find('\'');
  const auto end = start == std::string_view::npos ? start : message.find('\'', start + 1);
  return end == std::string_view::npos ? std::string_view{} : message.substr(start + 1, end - start - 1);
}

Error conversion(std::string_view message) {
  if (message.find("out of range") != std::string_view::npos ||
      message.find("Could not cast value") != std::string_view::npos)
    return {ErrorKind::InvalidValue, 100039, "22003", "Numeric value is out of range", std::nullopt};
  return {ErrorKind::InvalidValue, 100038, "22018",
          fmt::format("Numeric value '{}' is not recognized", first_quoted(message)), std::nullopt};
}

std::string one_line(std::string_view message) {
  std::string line(message.substr(0, 2000));
  std::ranges::replace(line, '\n', ' ');
  return line;
}

}  // namespace

Error translate(Failure failure, std::string_view message) {
  if (auto own = own_error(message)) return *std::move(own);
  switch (failure) {
    case Failure::OutOfRange:
      return {ErrorKind::InvalidValue, 100046, "22003", "Number out of representable range", std::nullopt};
    case Failure::Conversion: return conversion(message);
    case Failure::DivideByZero: return {ErrorKind::InvalidValue, 100051, "22012", "Division by zero", std::nullopt};
    case Failure::Interrupt: return {ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", std::nullopt};
    case Failure::Constraint:
      if (message.find("NOT NULL") != std::string_view::npos)
        return {ErrorKind::InvalidValue, 100072, "22000", "NULL result in a non-nullable column", std::nullopt};
      break;
    case Failure::OutOfMemory:
      return {ErrorKind::Unavailable, 603, "XX000", "SQL execution internal error: out of memory (see memory_limit)",
              std::nullopt};
    case Failure::Io:
      LOG_ERROR("engine.io_failed message=\"{}\"", message.substr(0, 500));
      for (const std::string_view full : {"No space left", "File too large", "quota exceeded"})
        if (message.find(full) != std::string_view::npos)
          return {ErrorKind::Unavailable, 603, "XX000",
                  "SQL execution internal error: the disk of the data directory is full; the statement was rolled "
                  "back; free some space and run it again",
                  std::nullopt};
      return {ErrorKind::Unavailable, 603, "XX000",
              "SQL execution internal error: the warehouse file could not be read or written", std::nullopt};
    case Failure::Transaction:
      LOG_WARN("engine.transaction_failed message=\"{}\"", message.substr(0, 500));
      return {ErrorKind::Conflict, 603, "XX000",
              "SQL execution internal error: another transaction changed the same rows", std::nullopt};
    case Failure::Other: break;
  }
  LOG_ERROR("engine.statement_failed message=\"{}\"", one_line(message));
  return {ErrorKind::Internal, 603, "XX000", "SQL execution internal error: the statement could not be executed",
          std::nullopt};
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string raise_sql(int number, std::string_view sqlstate, std::string_view message) {
  // Control characters cannot stand in every client's log of the SQL: they are made by chr().
  return fmt::format("error(chr(1) || '{}' || chr(31) || '{}' || chr(31) || {} || chr(2))", number, sqlstate,
                     quoted(message));
}

}  // namespace engine::duck
