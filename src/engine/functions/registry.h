#pragma once

#include <string_view>
#include <vector>

#include "engine/bind/translator.h"

namespace engine::functions {

using base::Result;
using catalog::LogicalType;
using catalog::TypeKind;

/// One call being bound: its arguments are bound unless the entry says Raw.
struct Call {
  bind::Translator& translator;
  const sql::FunctionCall& node;
  base::SourceSpan at;
  std::string name;
  const Scope& scope;
  std::vector<BoundExpr> args;
  std::string over;  // " OVER (...)" or empty, after FILTER

  std::size_t count() const { return args.size(); }
  BindContext& context() { return translator.context(); }
  /// The argument's SQL cast to a type; `integer` is the engine's BIGINT.
  Result<std::string> as(std::size_t index, const LogicalType& type);
  Result<std::string> text(std::size_t index) { return as(index, LogicalType::text()); }
  Result<std::string> real(std::size_t index) { return as(index, LogicalType::real()); }
  Result<std::string> boolean(std::size_t index) { return as(index, LogicalType::boolean()); }
  Result<std::string> integer(std::size_t index);
  /// Text of a constant argument. Errors: 001015.
  Result<std::string> constant_text(std::size_t index);
  bool any_nullable() const;
  base::Error wrong_types() const;
  BoundExpr made(std::string sql, LogicalType type) const;
};

enum class Kind : std::uint8_t {
  Scalar,     // arguments bound
  Raw,        // binds its arguments itself
  Aggregate,  // also over windows
  Window,     // needs OVER
};
using Rule = Result<BoundExpr> (*)(Call&);
struct Entry {
  std::string_view name;
  int least, most;  // arguments; most < 0: any number
  Rule rule;
  Kind kind = Kind::Scalar;
};
/// Functions whose translation is a pattern. `types`: one letter an argument (t text, i integer, f float, b boolean, n
/// number as it is, a anything, v variant); after `|` they may be missing. In `sql` {0} stands for the first argument.
/// `result` is such a letter too; n: the type of the first argument.
struct Pattern {
  std::string_view name, types, sql;
  char result;
};

const Entry* find_entry(std::string_view name);
const Pattern* find_pattern(std::string_view name, std::size_t count);
bool has_pattern(std::string_view name);
Result<BoundExpr> expand(const Pattern& pattern, Call& call);

// The tables, one file each.
std::vector<Entry> conditional_entries();
std::vector<Entry> numeric_entries();
std::vector<Entry> text_entries();
std::vector<Entry> datetime_entries();
std::vector<Entry> conversion_entries();
std::vector<Entry> aggregate_entries();
std::vector<Entry> window_entries();
std::vector<Entry> context_entries();
std::vector<Entry> semi_structured_entries();
std::vector<Pattern> patterns();

}  // namespace engine::functions
