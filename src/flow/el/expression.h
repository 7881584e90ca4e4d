#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "flow/el/value.h"
#include "flow/engine/attributes.h"

namespace flow::el {

/// What an expression can see while it is evaluated. Names are looked up in `first`, `attributes` and `find`, in this
/// order.
struct Context {
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

  /// Variables, system properties and environment; nothing: missing.
  Lookup find = {};
  /// What a component adds (field.value), and the properties of a flowfile (fileSize).
  Lookup first = {};
  std::span<const std::string_view> first_names = {};  // those that allMatchingAttributes() finds
  const Attributes* attributes = nullptr;
  Lookup state = {};       // for getStateValue()
  base::Instant now = {};  // business clock
  std::string_view hostname = {};
  std::string_view host_address = {};
  std::string_view time_zone = {};  // empty: the system's
  std::string_view thread_name = {};
  DateDialect dates = DateDialect::SimpleDateFormat;
  base::Random* random = nullptr;                 // for random(), UUID(); its owner serialises the use
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
  /// Errors: InvalidValue for parse errors, unknown functions, wrong argument counts and types, regular expressions,
  /// JSON paths and date patterns that are none, and unknown parameters ("#{p}").
  static base::Result<Expression> compile(std::string_view text, const ParameterLookup& parameters = {});
  /// Takes `${` literally; parameters are still replaced.
  static base::Result<Expression> literal(std::string_view text, const ParameterLookup& parameters = {});
  /// Null results give an empty text. Errors: InvalidValue, as NiFi's exceptions while evaluating.
  base::Result<std::string> evaluate(const Context& context) const;
  /// The same without copying where it can: a literal's text, the value of an attribute; else it is put into `buffer`.
  base::Result<std::string_view> view(const Context& context, std::string& buffer) const;
  bool is_literal() const;
  /// Whether it draws from Context's random numbers or counter, whose owner serialises the use.
  bool uses_chance() const { return uses_chance_; }

  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

 private:
  explicit Expression(std::vector<Piece> pieces);
  std::vector<Piece> pieces_;
  bool uses_chance_ = false;
};

}  // namespace flow::el
