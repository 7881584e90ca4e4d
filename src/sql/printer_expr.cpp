// Expressions as text.

#include <algorithm>

#include "base/overloaded.h"
#include "sql/tree_printer.h"

namespace sql {

namespace {

struct Operator {
  std::string_view text;
  Binding binding;
};

Operator operator_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::Or: return {" OR ", Binding::Or};
    case BinaryOp::And: return {" AND ", Binding::And};
    case BinaryOp::Equal: return {" = ", Binding::Compare};
    case BinaryOp::NotEqual: return {" <> ", Binding::Compare};
    case BinaryOp::Less: return {" < ", Binding::Compare};
    case BinaryOp::LessEqual: return {" <= ", Binding::Compare};
    case BinaryOp::Greater: return {" > ", Binding::Compare};
    case BinaryOp::GreaterEqual: return {" >= ", Binding::Compare};
    case BinaryOp::Concat: return {" || ", Binding::Concat};
    case BinaryOp::Add: return {" + ", Binding::Add};
    case BinaryOp::Subtract: return {" - ", Binding::Add};
    case BinaryOp::Multiply: return {" * ", Binding::Multiply};
    case BinaryOp::Divide: return {" / ", Binding::Multiply};
    case BinaryOp::Modulo: return {" % ", Binding::Multiply};
  }
}

Binding tighter(Binding binding) { return static_cast<Binding>(static_cast<int>(binding) + 1); }

/// What an operand of a comparison, LIKE, IN, BETWEEN or IS has to be at least: these do not chain.
constexpr Binding kComparable = Binding::Concat;

Binding binding_of(const Expr& expr) {
  return std::visit(
      base::Overloaded{
          [](const Binary& node) { return operator_of(node.op).binding; },
          [](const Unary& node) {
            switch (node.op) {
              case UnaryOp::Not: return Binding::Not;
              case UnaryOp::Minus:
              case UnaryOp::Plus:
              case UnaryOp::Prior:
              case UnaryOp::ConnectByRoot:
              case UnaryOp::Spread: return Binding::Sign;
            }
          },
          [](const NumberLiteral& node) { return node.text.starts_with('-') ? Binding::Sign : Binding::Primary; },
          [](const QuantifiedCompare&) { return Binding::Compare; },
          [](const Between&) { return Binding::Compare; },
          [](const InList&) { return Binding::Compare; },
          [](const InSubquery&) { return Binding::Compare; },
          [](const Like&) { return Binding::Compare; },
          [](const IsNull&) { return Binding::Compare; },
          [](const IsDistinctFrom&) { return Binding::Compare; },
          [](const IsBoolean&) { return Binding::Compare; },
          [](const Lambda&) { return Binding::Lowest; },
          [](const PathAccess&) { return Binding::Postfix; },
          [](const Index&) { return Binding::Postfix; },
          [](const OuterMark&) { return Binding::Postfix; },
          [](const auto&) { return Binding::Primary; },
      },
      expr.node);
}

bool is_plain_key(std::string_view key) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (key.empty() || !letter(key[0])) return false;
  for (const char c : key)
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '$') return false;
  return true;
}

bool has_lower_case(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Words only, so that it can stand before `(` as it is in either dialect.
bool is_plain_function(const ObjectName& name) {
  return !name.indirect && name.parts.size() == 1 && is_plain_key(name.parts[0].name);
}

std::string_view text_of(Quantifier quantifier) { return quantifier == Quantifier::Any ? "ANY" : "ALL"; }

}  // namespace

/// One overload per node, so that a forgotten one does not compile.
struct ExprPrinter {
  TreePrinter& p;

  void operator()(const NumberLiteral& node) { p.put(node.text); }
  void operator()(const StringLiteral& node) { p.string_literal(node.value); }
  void operator()(const BooleanLiteral& node) { p.put(node.value ? "TRUE" : "FALSE"); }
  void operator()(const NullLiteral&) { p.put("NULL"); }
  void operator()(const TypedLiteral& node) {
    p.put(node.type);
    p.put(" ");
    p.string_literal(node.value);
  }
  void operator()(const IntervalLiteral& node) {
    p.put("INTERVAL ");
    p.string_literal(node.value);
    if (!node.unit.empty()) p.word(node.unit);
  }
  void operator()(const ColumnRef& node) { p.column(node); }
  void operator()(const PositionalRef& node) {
    for (const Identifier& part : node.qualifier) {
      p.identifier(part);
      p.put(".");
    }
    p.put("$");
    p.put(std::to_string(node.position));
  }
  void operator()(const SessionVariable& node) {
    p.put("$");
    p.put(node.name);
  }
  void operator()(const BindRef& node) {
    if (!node.label) return p.put("?");
    p.put(p.duckdb() ? "$" : ":");
    p.put(*node.label);
  }
  void operator()(const DefaultValue&) { p.put("DEFAULT"); }
  void operator()(const Star& node) {
    for (const Identifier& part : node.qualifier) {
      p.identifier(part);
      p.put(".");
    }
    p.put("*");
    if (node.ilike) {
      p.put(" ILIKE ");
      p.string_literal(*node.ilike);
    }
    if (!node.exclude.empty()) {
      p.put(" EXCLUDE ");
      p.identifier_list(node.exclude);
    }
    if (!node.replace.empty()) {
      p.put(" REPLACE (");
      p.join(node.replace, ", ", [&](const StarReplace& item) {
        p.expr(item.value);
        p.put(" AS ");
        p.identifier(item.column);
      });
      p.put(")");
    }
    if (!node.rename.empty()) {
      p.put(" RENAME (");
      p.join(node.rename, ", ", [&](const StarRename& item) {
        p.identifier(item.from);
        p.put(" AS ");
        p.identifier(item.to);
      });
      p.put(")");
    }
  }

  void operator()(const Unary& node) {
    switch (node.op) {
      case UnaryOp::Not: p.put("NOT "); return p.operand(*node.operand, Binding::Not);
      case UnaryOp::Minus: p.put("-"); break;
      case UnaryOp::Plus: p.put("+"); break;
      case UnaryOp::Prior: p.put("PRIOR "); break;
      case UnaryOp::ConnectByRoot: p.put("CONNECT_BY_ROOT "); break;
      case UnaryOp::Spread: p.put("** "); break;
    }
    p.operand(*node.operand, Binding::Postfix);  // never `--`, which begins a comment
  }
  void operator()(const Binary& node) {
    const auto [text, binding] = operator_of(node.op);
    if (binding == Binding::Compare) {
      p.operand(*node.left, kComparable);
      p.put(text);
      return p.operand(*node.right, kComparable);
    }
    // Where || stands among + and - differs between engines: the mixture is written out.
    const bool arithmetic = binding == Binding::Add || binding == Binding::Concat;
    const auto clashes = [&](const Expr& side) {
      return arithmetic && binding_of(side) != binding && binding_of(side) <= Binding::Add;
    };
    p.operand(*node.left, clashes(*node.left) ? Binding::Multiply : binding);
    p.put(text);
    p.operand(*node.right, clashes(*node.right) ? Binding::Multiply : tighter(binding));
  }
  void operator()(const QuantifiedCompare& node) {
    p.operand(*node.left, kComparable);
    p.put(operator_of(node.op).text);
    p.put(text_of(node.quantifier));
    p.put(" (");
    p.query(*node.query);
    p.put(")");
  }

  void negated(bool negated) { p.put(negated ? " NOT " : " "); }
  void operator()(const Between& node) {
    p.operand(*node.value, kComparable);
    negated(node.negated);
    p.put("BETWEEN ");
    p.operand(*node.low, kComparable);
    p.put(" AND ");
    p.operand(*node.high, kComparable);
  }
  void operator()(const InList& node) {
    p.operand(*node.value, kComparable);
    negated(node.negated);
    p.put("IN (");
    p.expr_list(node.items);
    p.put(")");
  }
  void operator()(const InSubquery& node) {
    p.operand(*node.value, kComparable);
    negated(node.negated);
    p.put("IN (");
    p.query(*node.query);
    p.put(")");
  }
  void operator()(const Like& node) {
    p.operand(*node.value, kComparable);
    negated(node.negated);
    switch (node.op) {
      case LikeOp::Like: p.put("LIKE "); break;
      case LikeOp::ILike: p.put("ILIKE "); break;
      case LikeOp::RLike: p.put("RLIKE "); break;
    }
    if (node.quantifier) {
      p.put(text_of(*node.quantifier));
      p.put(" (");
      p.expr_list(node.patterns);
      p.put(")");
    } else {
      p.operand(node.patterns.front(), kComparable);
    }
    if (node.escape) {
      p.put(" ESCAPE ");
      p.operand(**node.escape, kComparable);
    }
  }
  void operator()(const IsNull& node) {
    p.operand(*node.value, kComparable);
    p.put(node.negated ? " IS NOT NULL" : " IS NULL");
  }
  void operator()(const IsDistinctFrom& node) {
    p.operand(*node.left, kComparable);
    p.put(node.negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
    p.operand(*node.right, kComparable);
  }
  void operator()(const IsBoolean& node) {
    p.operand(*node.value, kComparable);
    p.put(node.negated ? " IS NOT " : " IS ");
    p.put(node.expected ? "TRUE" : "FALSE");
  }

  void operator()(const Case& node) {
    p.put("CASE");
    if (node.subject) {
      p.put(" ");
      p.expr(**node.subject);
    }
    for (const CaseBranch& branch : node.branches) {
      p.put(" WHEN ");
      p.expr(branch.when);
      p.put(" THEN ");
      p.expr(branch.then);
    }
    if (node.otherwise) {
      p.put(" ELSE ");
      p.expr(**node.otherwise);
    }
    p.put(" END");
  }
  void operator()(const Cast& node) {
    p.put(node.kind == CastKind::Cast ? "CAST(" : "TRY_CAST(");
    p.expr(*node.value);
    p.put(" AS ");
    p.type(node.type);
    p.put(")");
  }
  void operator()(const FunctionCall& node) {
    const bool plain = is_plain_function(node.name) &&
                       (p.duckdb() || !node.name.parts[0].quoted || !has_lower_case(node.name.parts[0].name));
    if (plain)
      p.put(node.name.parts[0].name);
    else
      p.name(node.name);
    if (!node.bare) call_arguments(node);
    if (!node.within_group.empty()) {
      p.put(" WITHIN GROUP (ORDER BY ");
      p.order_list(node.within_group);
      p.put(")");
    }
    if (node.filter) {
      p.put(" FILTER (WHERE ");
      p.expr(**node.filter);
      p.put(")");
    }
    if (!p.duckdb()) null_treatment(node.nulls);
    if (node.over) {
      p.put(" OVER ");
      p.window(*node.over);
    }
  }
  void call_arguments(const FunctionCall& node) {
    p.put("(");
    if (node.distinct) p.put("DISTINCT ");
    p.argument_list(node.arguments);
    if (!node.order_by.empty()) {
      p.put(" ORDER BY ");
      p.order_list(node.order_by);
    }
    if (p.duckdb()) null_treatment(node.nulls);
    p.put(")");
  }
  void null_treatment(NullTreatment nulls) {
    if (nulls == NullTreatment::Ignore) p.put(" IGNORE NULLS");
    if (nulls == NullTreatment::Respect) p.put(" RESPECT NULLS");
  }

  void operator()(const Exists& node) {
    p.put("EXISTS (");
    p.query(*node.query);
    p.put(")");
  }
  void operator()(const ScalarSubquery& node) {
    p.put("(");
    p.query(*node.query);
    p.put(")");
  }
  void operator()(const RowValue& node) {
    p.put("(");
    p.expr_list(node.elements);
    p.put(")");
  }
  void operator()(const PathAccess& node) {
    p.operand(*node.value, Binding::Postfix);
    const bool within =
        std::holds_alternative<PathAccess>(node.value->node) || std::holds_alternative<Index>(node.value->node);
    p.put(within ? "." : ":");
    if (!node.quoted && is_plain_key(node.key)) return p.put(node.key);
    p.put("\"");
    for (const char c : node.key) p.put(c == '"' ? std::string_view("\"\"") : std::string_view(&c, 1));
    p.put("\"");
  }
  void operator()(const Index& node) {
    p.operand(*node.value, Binding::Postfix);
    p.put("[");
    p.expr(*node.index);
    p.put("]");
  }
  void operator()(const ObjectLiteral& node) {
    p.put("{");
    p.join(node.entries, ", ", [&](const ObjectEntry& entry) {
      if (entry.key) {
        p.expr(*entry.key);
        p.put(": ");
      }
      p.expr(entry.value);
    });
    p.put("}");
  }
  void operator()(const ArrayLiteral& node) {
    p.put("[");
    p.expr_list(node.items);
    p.put("]");
  }
  void operator()(const Lambda& node) {
    if (p.duckdb()) {
      p.put("lambda ");
      p.join(node.parameters, ", ", [&](const Identifier& id) { p.identifier(id); });
      p.put(": ");
    } else {
      if (node.parameters.size() == 1)
        p.identifier(node.parameters[0]);
      else
        p.identifier_list(node.parameters);
      p.put(" -> ");
    }
    p.expr(*node.body);
  }
  void operator()(const OuterMark& node) {
    p.operand(*node.value, Binding::Postfix);
    p.put(" (+)");
  }
  void operator()(const RawSql& node) { p.put(node.text); }
};

void TreePrinter::operand(const Expr& expr, Binding least) {
  const bool parentheses = binding_of(expr) < least;
  if (parentheses) put("(");
  std::visit(ExprPrinter{*this}, expr.node);
  if (parentheses) put(")");
}

void TreePrinter::expr_list(const std::vector<Expr>& list) {
  join(list, ", ", [&](const Expr& item) { expr(item); });
}

void TreePrinter::argument_list(const std::vector<Argument>& list) {
  join(list, ", ", [&](const Argument& argument) {
    if (argument.name) {
      identifier(*argument.name);
      put(" => ");
    }
    expr(argument.value);
  });
}

void TreePrinter::nulls_order(bool descending, NullsOrder nulls) {
  if (descending) put(" DESC");
  // The dialect's defaults are ASC NULLS LAST and DESC NULLS FIRST; the other engine's are not.
  if (nulls == NullsOrder::Default && !duckdb()) return;
  const bool first = nulls == NullsOrder::First || (nulls == NullsOrder::Default && descending);
  put(first ? " NULLS FIRST" : " NULLS LAST");
}

void TreePrinter::order_list(const std::vector<OrderItem>& list) {
  join(list, ", ", [&](const OrderItem& item) {
    expr(item.value);
    nulls_order(item.descending, item.nulls);
  });
}

void TreePrinter::column(const ColumnRef& column) {
  join(column.parts, ".", [&](const Identifier& part) { identifier(part); });
}

void TreePrinter::window(const WindowSpec& window) {
  if (window.base && window.partition_by.empty() && window.order_by.empty() && !window.frame)
    return identifier(*window.base);
  put("(");
  if (window.base) identifier(*window.base);
  if (!window.partition_by.empty()) {
    word("PARTITION BY ");
    expr_list(window.partition_by);
  }
  if (!window.order_by.empty()) {
    word("ORDER BY ");
    order_list(window.order_by);
  }
  if (window.frame) {
    switch (window.frame->unit) {
      case FrameUnit::Rows: word("ROWS "); break;
      case FrameUnit::Range: word("RANGE "); break;
      case FrameUnit::Groups: word("GROUPS "); break;
    }
    const bool between = window.frame->bounds.size() == 2;
    if (between) put("BETWEEN ");
    join(window.frame->bounds, " AND ", [&](const FrameBound& bound) {
      if (bound.offset) {
        operand(*bound.offset, kComparable);
        put(" ");
      }
      switch (bound.kind) {
        case FrameBound::Kind::UnboundedPreceding: return put("UNBOUNDED PRECEDING");
        case FrameBound::Kind::Preceding: return put("PRECEDING");
        case FrameBound::Kind::CurrentRow: return put("CURRENT ROW");
        case FrameBound::Kind::Following: return put("FOLLOWING");
        case FrameBound::Kind::UnboundedFollowing: return put("UNBOUNDED FOLLOWING");
      }
    });
  }
  put(")");
}

}  // namespace sql
