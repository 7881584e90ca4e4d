#include "change/time_point.h"

#include "base/overloaded.h"
#include "change/stream_errors.h"
#include "engine/dml/target.h"
#include "sql/printer.h"

namespace change {
namespace {

using catalog::LogicalType;
using catalog::TypeKind;
using catalog::Version;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDayNs = 86'400 * kSecondNs;

/// Calls and their arguments only: all that a constant point in time is written with.
bool reads_the_clock(const sql::Expr& expr) {
  return std::visit(
      base::Overloaded{
          [](const sql::Unary& node) { return reads_the_clock(*node.operand); },
          [](const sql::Binary& node) { return reads_the_clock(*node.left) || reads_the_clock(*node.right); },
          [](const sql::Cast& node) { return reads_the_clock(*node.value); },
          [](const sql::FunctionCall& node) {
            static constexpr std::string_view kClocks[] = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME",
                                                           "LOCALTIMESTAMP",    "LOCALTIME",    "GETDATE",
                                                           "SYSDATE",           "SYSTIMESTAMP"};
            const std::string_view name = node.name.parts.empty() ? "" : std::string_view(node.name.parts.back().name);
            return std::ranges::find(kClocks, name) != std::end(kClocks) ||
                   std::ranges::any_of(node.arguments,
                                       [](const sql::Argument& argument) { return reads_the_clock(argument.value); });
          },
          [](const auto&) { return false; },
      },
      expr.node);
}

base::Error out_of_time_travel(const catalog::Record& table) {
  return {base::ErrorKind::NotFound, 707, "02000",
          fmt::format("Time travel data is not available for table {}. The requested time is either beyond the allowed "
                      "time travel period or before the object creation time.",
                      table.name),
          std::nullopt};
}

base::Result<Version> at_stream(const sql::TimePoint& point, engine::BindContext& context) {
  TRY(const engine::Value name, engine::evaluate(point.value, context));
  const auto* text = std::get_if<std::string>(&name);
  if (!text)
    return base::fail(compile_error(2057, "22023", "Time travel AT(STREAM => _) expected a stream name, got NULL."));
  TRY(const auto parts, engine::dml::parts_of({.parts = {}, .indirect = sql::NameFromText{*text}, .at = point.value.at},
                                              context.statement));
  const auto stream =
      catalog::find(context.work.catalog(), context.statement.names, catalog::ObjectKind::Stream, parts);
  if (!stream) return base::fail(compile_error(2003, "02000", fmt::format("Stream '{}' not found.", *text)));
  return std::get<catalog::StreamBody>(stream->body).offset;
}

base::Result<Version> at_statement(const sql::TimePoint& point, engine::BindContext& context) {
  TRY(const engine::Value id, engine::evaluate(point.value, context));
  const auto* text = std::get_if<std::string>(&id);
  TRY(const auto version, context.work.version_of(text ? *text : ""));
  if (!version)
    return base::fail(compile_error(2003, "02000", fmt::format("Statement {} not found", text ? *text : "NULL")));
  const bool before = point.side == sql::TimePoint::Side::Before;
  return before && version->value > 0 ? Version{version->value - 1} : *version;
}

base::Result<engine::Value> value_as(const sql::Expr& expr, const LogicalType& type, engine::BindContext& context) {
  TRY(auto bound, engine::bind_expression(expr, engine::Scope{}, context));
  // A text without a cast is a wall clock in UTC; instants stay instants.
  const bool is_instant =
      type.is_timestamp() && (bound.type.kind == TypeKind::TimestampLtz || bound.type.kind == TypeKind::TimestampTz);
  TRY(bound, engine::cast(std::move(bound), is_instant ? LogicalType::timestamp_ltz() : type, context));
  TRY(const auto rows,
      context.work.query("SELECT " + engine::to_sql(bound) + " AS _0", {{.name = "POINT", .type = bound.type}}));
  return rows->value(0, 0);
}

base::Result<base::Instant> instant_of(const sql::TimePoint& point, engine::BindContext& context) {
  if (point.kind == "OFFSET") {
    TRY(const engine::Value value, value_as(point.value, LogicalType::real(), context));
    const auto* seconds = std::get_if<double>(&value);
    if (!seconds || *seconds > 0) {
      const std::string shown = sql::print(point.value);
      return base::fail(
          compile_error(1007, "22023", fmt::format("Invalid data type [{0}] in AT(OFFSET => {0})", shown)));
    }
    return context.statement.now + std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(*seconds, -9e9) * 1e9));
  }
  if (reads_the_clock(point.value))
    return base::fail(compile_error(1420, "0A000",
                                    "AT(TIMESTAMP => ..): change tracking is not supported on queries with "
                                    "non-deterministic functions in versions."));
  TRY(const engine::Value value, value_as(point.value, LogicalType::timestamp_ntz(), context));
  const auto* at = std::get_if<engine::Timestamp>(&value);
  if (!at) return base::fail(compile_error(1007, "22023", "Invalid NULL in AT(TIMESTAMP => ..)"));
  const base::Instant time{std::clamp<std::int64_t>(at->seconds, -9'000'000'000, 9'000'000'000) * kSecondNs +
                           at->nanos};
  return point.side == sql::TimePoint::Side::Before ? time - std::chrono::nanoseconds(1) : time;
}

}  // namespace

base::Result<Version> version_of(const sql::TimePoint& point, const catalog::Record& table,
                                 engine::BindContext& context) {
  if (point.kind == "STREAM") return at_stream(point, context);
  if (point.kind == "STATEMENT") return at_statement(point, context);
  TRY(const base::Instant time, instant_of(point, context));
  const auto* body = std::get_if<catalog::TableBody>(&table.body);
  const bool too_old = body && time.ns < context.statement.now.ns - body->retention_days * kDayNs;
  if (time < table.created || too_old) return base::fail(out_of_time_travel(table));
  const auto version = context.work.version_at(time);
  if (!version) return base::fail(out_of_time_travel(table));
  return *version;
}

}  // namespace change
