#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/binder.h"

// Pieces of bound expressions: making them, and the types that operators and functions give.

namespace engine::bind {

using base::Result;
using catalog::LogicalType;
using catalog::TypeKind;

/// An expression from text that can stand as an operand (a call, a name, something in parentheses).
BoundExpr make(std::string sql, LogicalType type, Carrier carrier, bool nullable = true, bool constant = false);
/// The same in the carrier that `type` has when it is computed.
BoundExpr make(std::string sql, LogicalType type);
/// The text is of the engine's type `from`; it is cast to what carries `type`.
BoundExpr make_cast(std::string_view sql, LogicalType type, Carrier carrier);

BoundExpr null_literal();
BoundExpr text_literal(std::string_view text);
BoundExpr boolean_literal(bool value);
/// The exact number of digits of a literal: NUMBER(digits, scale).
Result<BoundExpr> number_literal(std::string_view text);
/// `type` is what the value is known to be, else it follows from the value.
Result<BoundExpr> literal(const Value& value, const LogicalType* type = nullptr);
BoundExpr timestamp_literal(std::int64_t microseconds, LogicalType type);

std::string quote(std::string_view text);             // 'text'
std::string quote_identifier(std::string_view name);  // "name"

/// "SQL compilation error: error line L at position P\nMESSAGE".
base::Error error_at(int number, std::string_view sqlstate, base::SourceSpan at, std::string_view message);
/// "SQL compilation error:\nMESSAGE".
base::Error compile_error(int number, std::string_view sqlstate, std::string_view message, base::SourceSpan at = {});
base::Error unsupported(std::string_view feature, base::SourceSpan at = {});

/// The carrier of a computed value; numbers of more than 18 digits are narrow unless `wide`.
Carrier computed_carrier(const LogicalType& type, bool wide = false);
bool is_wide(Carrier carrier);
/// Another carrier for the same type.
BoundExpr recarry(BoundExpr value, Carrier carrier);
/// Exact numbers with the carrier that holds `scale` digits behind the point without loss.
BoundExpr rescale(BoundExpr value, int scale, bool wide);

/// The type that CASE, COALESCE, UNION and VALUES give to branches of these types; nothing when they do not go
/// together.
std::optional<LogicalType> common_type(const LogicalType& a, const LogicalType& b);
/// As common_type, for sides of a comparison: text beside a number keeps all its digits.
std::optional<LogicalType> comparison_type(const BoundExpr& a, const BoundExpr& b);

/// VARCHAR(5), NUMBER(38,0): how error texts show the arguments of a function.
std::string argument_types(const std::vector<BoundExpr>& arguments);

}  // namespace engine::bind
