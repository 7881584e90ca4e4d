#pragma once

#include "engine/bind/expr.h"

namespace engine::bind {

enum class CastMode {
  Explicit,  // CAST, :: and TO_x: fails at run time
  Implicit,  // written by us; between types that do not go together it fails while binding
  Try,       // NULL instead of a failure
};

/// Writes out the cast of a value to another type. Errors: 001065 when the types do not go together.
Result<BoundExpr> convert(BoundExpr value, const LogicalType& to, CastMode mode, BindContext& context);

/// Texts to dates and times by a format, which is an expression of the engine's SQL ('AUTO').
BoundExpr read_date_time(const BoundExpr& text, const LogicalType& to, std::string_view format_sql, CastMode mode,
                         BindContext& context);
/// The text of a date or time by a format; `format_sql` may be empty: the session's.
BoundExpr write_date_time_text(const BoundExpr& value, std::string_view format_sql, BindContext& context);

/// The session's zone as a literal of the engine.
std::string zone_sql(const BindContext& context);
/// LTZ to the wall clock of the session's zone, and back. Both are the engine's TIMESTAMP.
std::string to_local(std::string_view timestamp, const BindContext& context);
std::string to_instant(std::string_view timestamp, const BindContext& context);
/// The two fields of a TIMESTAMP_TZ.
std::string instant_of(std::string_view zoned);
std::string offset_of(std::string_view zoned);
/// A TIMESTAMP_TZ of its instant and its offset in minutes; NULL when the instant is.
std::string zoned_sql(std::string_view instant, std::string_view offset);
/// The same with the offset that the session's zone has then.
std::string in_session_zone(std::string_view instant, const BindContext& context);

/// Makes the branches one type and one carrier; answers the type. `what` begins the error: "CASE".
Result<LogicalType> unify(std::vector<BoundExpr*> values, std::string_view what, base::SourceSpan at,
                          BindContext& context);
/// Makes the sides of a comparison comparable.
base::Status unify_comparison(BoundExpr& left, BoundExpr& right, base::SourceSpan at, BindContext& context);

}  // namespace engine::bind
