// Calls: find the function, bind its arguments, check their number, translate.
#include "engine/functions/registry.h"

namespace engine::bind {

using functions::Call;
using functions::Entry;
using functions::Kind;

namespace {

base::Error too_few(std::string_view name, int expected, std::size_t got, base::SourceSpan at) {
  return error_at(938, "22023", at,
                  fmt::format("not enough arguments for function [{}], expected {}, got {}", name, expected, got));
}
base::Error too_many(std::string_view name, int expected, std::size_t got, base::SourceSpan at) {
  return error_at(939, "22023", at,
                  fmt::format("too many arguments for function [{}] expected {}, got {}", name, expected, got));
}
base::Error unknown(std::string_view name, base::SourceSpan at) {
  return compile_error(2140, "42601", fmt::format("Unknown function {}", name), at);
}

}  // namespace

Result<std::string> Translator::order_by(const std::vector<sql::OrderItem>& items, const Scope& scope) {
  std::string out;
  for (const sql::OrderItem& item : items) {
    TRY(const BoundExpr key, expression(item.value, scope));
    const bool first = item.nulls == sql::NullsOrder::Default ? item.descending : item.nulls == sql::NullsOrder::First;
    const std::string sql = key.type.kind == TypeKind::TimestampTz
                                ? fmt::format("struct_extract({}, 'instant')", to_sql(key))
                                : to_sql(key);
    out += fmt::format("{}{} {} NULLS {}", out.empty() ? "ORDER BY " : ", ", sql, item.descending ? "DESC" : "ASC",
                       first ? "FIRST" : "LAST");
  }
  return out;
}

Result<std::string> Translator::window(const sql::WindowSpec& spec, const Scope& scope,
                                       std::string_view default_frame) {
  if (spec.base && spec.partition_by.empty() && spec.order_by.empty() && !spec.frame && frame && frame->windows) {
    for (const sql::NamedWindow& named : *frame->windows)
      if (named.name == *spec.base) return window(named.spec, scope, default_frame);
    return base::fail(invalid_identifier({*spec.base}, spec.base->at));
  }
  std::string out;
  for (const sql::Expr& expr : spec.partition_by) {
    TRY(const BoundExpr key, expression(expr, scope));
    out += (out.empty() ? "PARTITION BY " : ", ") + to_sql(key);
  }
  TRY(const std::string order, order_by(spec.order_by, scope));
  if (!order.empty()) out += (out.empty() ? "" : " ") + order;
  if (!spec.frame) return out + (default_frame.empty() ? "" : " ") + std::string(default_frame);
  const auto bound = [&](const sql::FrameBound& one) -> Result<std::string> {
    using enum sql::FrameBound::Kind;
    switch (one.kind) {
      case UnboundedPreceding: return std::string("UNBOUNDED PRECEDING");
      case CurrentRow: return std::string("CURRENT ROW");
      case UnboundedFollowing: return std::string("UNBOUNDED FOLLOWING");
      case Preceding:
      case Following: break;
    }
    TRY(const BoundExpr offset, expression(*one.offset, scope));
    return to_sql(offset) + (one.kind == Preceding ? " PRECEDING" : " FOLLOWING");
  };
  const char* unit = spec.frame->unit == sql::FrameUnit::Rows    ? "ROWS"
                     : spec.frame->unit == sql::FrameUnit::Range ? "RANGE"
                                                                 : "GROUPS";
  TRY(const std::string from, bound(spec.frame->bounds.at(0)));
  if (spec.frame->bounds.size() == 1) return fmt::format("{} {} BETWEEN {} AND CURRENT ROW", out, unit, from);
  TRY(const std::string to, bound(spec.frame->bounds.at(1)));
  return fmt::format("{} {} BETWEEN {} AND {}", out, unit, from, to);
}

Result<BoundExpr> Translator::call(const sql::FunctionCall& node, const sql::Expr& expr, const Scope& scope) {
  if (node.name.indirect || node.name.parts.empty())
    return base::fail(unsupported("function named by IDENTIFIER", expr.at));
  Call call{.translator = *this,
            .node = node,
            .at = expr.at,
            .name = node.name.parts.back().name,
            .scope = scope,
            .args = {},
            .over = {}};
  const std::size_t count = node.arguments.size();
  const Entry* entry = functions::find_entry(call.name);
  if (node.name.parts.size() > 1) entry = nullptr;
  if (!entry && node.name.parts.size() == 1 && functions::has_pattern(call.name)) {
    const functions::Pattern* pattern = functions::find_pattern(call.name, count);
    if (!pattern) {
      // The nearest arity tells which way it is wrong.
      for (int n = static_cast<int>(count) + 1; n < 8; ++n)
        if (functions::find_pattern(call.name, static_cast<std::size_t>(n)))
          return base::fail(too_few(call.name, n, count, expr.at));
      int most = static_cast<int>(count);
      while (most > 0 && !functions::find_pattern(call.name, static_cast<std::size_t>(most))) --most;
      return base::fail(too_many(call.name, most, count, expr.at));
    }
    for (const sql::Argument& argument : node.arguments) {
      TRY(BoundExpr bound, expression(argument.value, scope));
      call.args.push_back(std::move(bound));
    }
    return functions::expand(*pattern, call);
  }
  if (!entry) {
    std::string whole;
    for (const sql::Identifier& part : node.name.parts) whole += (whole.empty() ? "" : ".") + part.name;
    if (const auto known = context_.statement.context_functions.find(whole);
        known != context_.statement.context_functions.end())
      return literal(known->second);
    if (context_.system) {
      std::vector<Value> values;
      for (const sql::Argument& argument : node.arguments) {
        TRY(Value value, evaluate(argument.value, context_));
        values.push_back(std::move(value));
      }
      TRY(auto answer, context_.system->call(whole, values));
      if (answer) {
        TRY(BoundExpr made, literal(answer->value, &answer->type));
        if (made.type.kind == TypeKind::Number && answer->type.kind == TypeKind::Number &&
            made.type.scale == answer->type.scale)
          made.type = answer->type;
        return made;
      }
    }
    return base::fail(unknown(whole, expr.at));
  }
  const bool star = count == 1 && std::holds_alternative<sql::Star>(node.arguments[0].value.node);
  if (static_cast<int>(count) < entry->least) return base::fail(too_few(call.name, entry->least, count, expr.at));
  if (entry->most >= 0 && static_cast<int>(count) > entry->most)
    return base::fail(too_many(call.name, entry->most, count, expr.at));
  const bool windowed = node.over.has_value();
  const bool aggregate = entry->kind == Kind::Aggregate && !windowed;
  if (entry->kind == Kind::Window && !windowed)
    return base::fail(
        error_at(2303, "42601", expr.at, fmt::format("Missing over clause for window function [{}].", call.name)));
  if (windowed && entry->kind != Kind::Aggregate && entry->kind != Kind::Window)
    return base::fail(
        error_at(2303, "42601", expr.at, fmt::format("Invalid function type [{}] for window function.", call.name)));
  if (frame) {
    if (aggregate && !frame->aggregates_allowed)
      return base::fail(error_at(2035, "42601", expr.at,
                                 fmt::format("Invalid aggregate function in where clause [{}]", column_name(expr))));
    if (aggregate && frame->inside_aggregate > 0)
      return base::fail(error_at(2036, "42601", expr.at,
                                 fmt::format("Aggregate functions cannot be nested: [{}]", column_name(expr))));
    if (windowed && !frame->windows_allowed)
      return base::fail(
          error_at(2304, "42601", expr.at,
                   fmt::format("Window function [{}] appears outside of SELECT, QUALIFY, and ORDER BY clauses.",
                               column_name(expr))));
    if (windowed && frame->inside_window > 0 && frame->inside_alias == 0)
      return base::fail(unsupported("window function inside of a window function", expr.at));
    if (aggregate) {
      frame->has_aggregate = true;
      ++frame->inside_aggregate;
    }
    if (windowed) {
      frame->has_window = true;
      ++frame->inside_window;
    }
  } else if (aggregate) {
    return base::fail(
        error_at(2035, "42601", expr.at, fmt::format("Invalid aggregate function [{}] here", column_name(expr))));
  }
  const auto bind_parts = [&]() -> Result<BoundExpr> {
    if (entry->kind != Kind::Raw && !star)
      for (const sql::Argument& argument : node.arguments) {
        if (entry->kind == Kind::Aggregate && std::holds_alternative<sql::Star>(argument.value.node)) continue;
        TRY(BoundExpr bound, expression(argument.value, scope));
        call.args.push_back(std::move(bound));
      }
    if (node.filter) {
      TRY(const BoundExpr filter, condition(**node.filter, scope, "FILTER"));
      call.over = fmt::format(" FILTER (WHERE {})", to_sql(filter));
    }
    if (windowed) {
      const bool whole = call.name == "FIRST_VALUE" || call.name == "LAST_VALUE" || call.name == "NTH_VALUE";
      TRY(const std::string spec,
          window(*node.over, scope, whole ? "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING" : ""));
      call.over += " OVER (" + spec + ")";
    }
    return entry->rule(call);
  };
  auto made = bind_parts();
  if (frame && aggregate) --frame->inside_aggregate;
  if (frame && windowed) --frame->inside_window;
  if (made && frame && windowed && frame->inside_window > 0) {
    const BoundExpr below = *std::move(made);
    made = make(frame->lift(to_sql(below), next_name("w")), below.type, below.carrier, below.nullable);
  }
  return made;
}

}  // namespace engine::bind
