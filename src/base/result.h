#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"

namespace base {

/// An error on its way to whoever handles it, behind one pointer: small to carry, and nothing of the error's members is
/// compiled where it is only passed on. Carries nothing once moved from.
template <class E>
class Failure {
 public:
  Failure(E error);
  explicit Failure(std::nullptr_t) : error_(nullptr) {}
  Failure(const Failure& other);
  Failure(Failure&& other) noexcept : error_(std::exchange(other.error_, nullptr)) {}
  Failure& operator=(Failure other) noexcept {
    std::swap(error_, other.error_);
    return *this;
  }
  ~Failure() {
    if (error_ != nullptr) discard();
  }

  bool carries() const { return error_ != nullptr; }
  E& error() { return *error_; }
  const E& error() const { return *error_; }

 private:
  void discard() noexcept;

  E* error_;
};

// Called, not copied into the thousands of places that can fail: these places are cold, and without this they are more
// than a quarter of the code.
template <class E>
[[gnu::noinline]] Failure<E>::Failure(E error) : error_(new E(std::move(error))) {}
template <class E>
[[gnu::noinline]] Failure<E>::Failure(const Failure& other)
    : error_(other.error_ == nullptr ? nullptr : new E(*other.error_)) {}
template <class E>
[[gnu::noinline]] void Failure<E>::discard() noexcept {
  delete error_;
}
extern template class Failure<Error>;

/// What a fallible function returns: a T, or the error that prevented it. Ignoring one does not compile. The members
/// are those of std::expected; without its traits and bases, which took longer to compile than the functions that used
/// them.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  Result() : value_(), has_value_(true) {}
  template <class U = T>
    requires std::is_convertible_v<U, T>
  Result(U&& value) : value_(std::forward<U>(value)), has_value_(true) {}
  Result(Failure<E> failure) : failure_(std::move(failure)), has_value_(false) {}
  Result(Result&& other) noexcept : has_value_(other.has_value_) { take(std::move(other)); }
  Result(const Result& other) : has_value_(other.has_value_) {
    if (has_value_)
      std::construct_at(&value_, other.value_);
    else
      std::construct_at(&failure_, other.failure_);
  }
  Result& operator=(Result other) noexcept {
    destroy();
    has_value_ = other.has_value_;
    take(std::move(other));
    return *this;
  }
  ~Result() { destroy(); }

  bool has_value() const { return has_value_; }
  explicit operator bool() const { return has_value_; }

  T& operator*() & { return value_; }
  const T& operator*() const& { return value_; }
  T&& operator*() && { return std::move(value_); }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }

  /// The value of a Result that is known to have one.
  T& value() & {
    ASSERT(has_value_);
    return value_;
  }
  const T& value() const& {
    ASSERT(has_value_);
    return value_;
  }
  T&& value() && {
    ASSERT(has_value_);
    return std::move(value_);
  }
  template <class U>
  T value_or(U&& other) const& {
    return has_value_ ? value_ : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  T value_or(U&& other) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

  E& error() & { return failure_.error(); }
  const E& error() const& { return failure_.error(); }
  E&& error() && { return std::move(failure_.error()); }

  /// The failure itself, for a function that returns it as its own.
  Failure<E> failure() && { return std::move(failure_); }

 private:
  void take(Result&& other) {
    if (has_value_)
      std::construct_at(&value_, std::move(other.value_));
    else
      std::construct_at(&failure_, std::move(other.failure_));
  }
  void destroy() {
    if (has_value_)
      std::destroy_at(&value_);
    else
      std::destroy_at(&failure_);
  }

  union {
    T value_;
    Failure<E> failure_;
  };
  bool has_value_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() : failure_(nullptr) {}
  Result(Failure<E> failure) : failure_(std::move(failure)) {}

  bool has_value() const { return !failure_.carries(); }
  explicit operator bool() const { return has_value(); }
  void value() const { ASSERT(has_value()); }

  E& error() & { return failure_.error(); }
  const E& error() const& { return failure_.error(); }
  E&& error() && { return std::move(failure_.error()); }
  Failure<E> failure() && { return std::move(failure_); }

 private:
  Failure<E> failure_;
};

using Status = Result<void>;

Failure<Error> fail(Error error);
Failure<Error> fail(ErrorKind kind, std::string message);

}  // namespace base

#define FRESHET_JOIN_(a, b) a##b
#define FRESHET_JOIN(a, b) FRESHET_JOIN_(a, b)

/// TRY(auto value, expression): declares `value` from a Result, or returns its error from the enclosing function.
#define TRY(declaration, ...)                                 \
  auto FRESHET_JOIN(try_, __LINE__) = (__VA_ARGS__);          \
  if (!FRESHET_JOIN(try_, __LINE__).has_value()) [[unlikely]] \
    return std::move(FRESHET_JOIN(try_, __LINE__)).failure(); \
  declaration = std::move(*FRESHET_JOIN(try_, __LINE__))

/// TRY_VOID(expression): the same for a Result whose value nobody needs.
#define TRY_VOID(...)                                                      \
  do {                                                                     \
    if (auto try_void = (__VA_ARGS__); !try_void.has_value()) [[unlikely]] \
      return std::move(try_void).failure();                                \
  } while (false)

#define CO_TRY(declaration, ...)                                 \
  auto FRESHET_JOIN(try_, __LINE__) = (__VA_ARGS__);             \
  if (!FRESHET_JOIN(try_, __LINE__).has_value()) [[unlikely]]    \
    co_return std::move(FRESHET_JOIN(try_, __LINE__)).failure(); \
  declaration = std::move(*FRESHET_JOIN(try_, __LINE__))

#define CO_TRY_VOID(...)                                                   \
  do {                                                                     \
    if (auto try_void = (__VA_ARGS__); !try_void.has_value()) [[unlikely]] \
      co_return std::move(try_void).failure();                             \
  } while (false)
