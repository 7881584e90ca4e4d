#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "flow/el/value.h"

namespace flow::el {

/// What an expression can see while it is evaluated.
struct Context {
  /// Attributes, variables and environment, in their order; nothing: missing.
  std::function<std::optional<std::string>(std::string_view name)> find;
  base::Instant now;  // business clock
  std::string_view hostname;
  std::string_view time_zone;        // empty: the system's
  base::Random* random = nullptr;    // for random(), UUID(); its owner serialises the use
  std::atomic<std::uint64_t>* counter = nullptr;  // for nextInt()
  /// Applied to what each expression gives, not to the text around them (to quote it, say).
  std::function<std::string(std::string)> decorate = {};
};

/// Value of a parameter; nothing: there is no such parameter.
using ParameterLookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Piece;

/// A property value with `${...}` expressions, compiled once. Immutable; evaluation is thread-safe but for Context.
class Expression {
 public:
  /// Errors: InvalidValue for parse errors, unknown functions, wrong argument counts and unknown parameters ("#{p}").
  static base::Result<Expression> compile(std::string_view text, const ParameterLookup& parameters = {});
  /// Takes `${` literally; parameters are still replaced.
  static base::Result<Expression> literal(std::string_view text, const ParameterLookup& parameters = {});
  /// Null results give an empty text. Errors: InvalidValue, as NiFi's exceptions while evaluating.
  base::Result<std::string> evaluate(const Context& context) const;
  bool is_literal() const;

  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

 private:
  explicit Expression(std::vector<Piece> pieces);
  std::vector<Piece> pieces_;
};

}  // namespace flow::el
