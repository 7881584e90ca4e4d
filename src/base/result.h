#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace base {

/// What a fallible function returns: a T, or the Error that prevented it. Ignoring one does not compile.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::expected<T, Error>&& other) : tl::expected<T, Error>(std::move(other)) {}
};

using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, 0, {}, std::move(message), std::nullopt});
}

}  // namespace base

#define FRESHET_JOIN_(a, b) a##b
#define FRESHET_JOIN(a, b) FRESHET_JOIN_(a, b)

/// TRY(auto value, expression): declares `value` from a Result, or returns its error from the enclosing function.
#define TRY(declaration, ...)                                             \
  auto FRESHET_JOIN(try_, __LINE__) = (__VA_ARGS__);                      \
  if (!FRESHET_JOIN(try_, __LINE__).has_value()) [[unlikely]]             \
    return ::base::fail(std::move(FRESHET_JOIN(try_, __LINE__)).error()); \
  declaration = std::move(*FRESHET_JOIN(try_, __LINE__))

/// TRY_VOID(expression): the same for a Result whose value nobody needs.
#define TRY_VOID(...)                                                      \
  do {                                                                     \
    if (auto try_void = (__VA_ARGS__); !try_void.has_value()) [[unlikely]] \
      return ::base::fail(std::move(try_void).error());                    \
  } while (false)

#define CO_TRY(declaration, ...)                                             \
  auto FRESHET_JOIN(try_, __LINE__) = (__VA_ARGS__);                         \
  if (!FRESHET_JOIN(try_, __LINE__).has_value()) [[unlikely]]                \
    co_return ::base::fail(std::move(FRESHET_JOIN(try_, __LINE__)).error()); \
  declaration = std::move(*FRESHET_JOIN(try_, __LINE__))

#define CO_TRY_VOID(...)                                                   \
  do {                                                                     \
    if (auto try_void = (__VA_ARGS__); !try_void.has_value()) [[unlikely]] \
      co_return ::base::fail(std::move(try_void).error());                 \
  } while (false)
