// Queries and what stands in FROM as text.

#include "base/overloaded.h"
#include "sql/tree_printer.h"

namespace sql {

namespace {

/// UNION and EXCEPT bind alike, INTERSECT tighter.
int strength_of(SetOp op) { return op == SetOp::Intersect ? 2 : 1; }

bool is_body_only(const Query& query) {
  return query.with.empty() && !query.order_by_all && query.order_by.empty() && !query.limit && !query.offset;
}

std::string_view text_of(SetOp op) {
  switch (op) {
    case SetOp::Union: return " UNION";
    case SetOp::UnionAll: return " UNION ALL";
    case SetOp::Intersect: return " INTERSECT";
    case SetOp::Except: return " EXCEPT";
  }
}

}  // namespace

struct QueryPrinter {
  TreePrinter& p;

  void in_parentheses(const Query& query) {
    p.put("(");
    p.query(query);
    p.put(")");
  }

  // ---- Bodies
  void operator()(const Select& node) {
    p.put("SELECT ");
    if (node.distinct) p.put("DISTINCT ");
    if (node.top) {
      p.put("TOP ");
      p.operand(*node.top, Binding::Primary);
      p.put(" ");
    }
    p.join(node.items, ", ", [&](const SelectItem& item) {
      p.expr(item.value);
      if (item.alias) {
        p.put(" AS ");
        p.identifier(*item.alias);
      }
    });
    if (!node.from.empty()) {
      p.put(" FROM ");
      p.table_list(node.from);
    }
    clause(" WHERE ", node.where);
    if (node.connect_by) {
      clause(" START WITH ", node.connect_by->start_with);
      p.put(" CONNECT BY ");
      p.expr(node.connect_by->condition);
    }
    if (node.group_by_all) p.put(" GROUP BY ALL");
    if (!node.group_by.empty()) {
      p.put(" GROUP BY ");
      p.join(node.group_by, ", ", [&](const GroupElement& element) { group(element); });
    }
    clause(" HAVING ", node.having);
    if (!node.windows.empty()) {
      p.put(" WINDOW ");
      p.join(node.windows, ", ", [&](const NamedWindow& window) {
        p.identifier(window.name);
        p.put(" AS ");
        p.window(window.spec);
      });
    }
    clause(" QUALIFY ", node.qualify);
  }
  void operator()(const Values& node) {
    p.put("VALUES ");
    p.values(node.rows);
  }
  void operator()(const SetOperation& node) {
    set_operand(*node.left, strength_of(node.op));
    p.put(text_of(node.op));
    if (node.by_name) p.put(" BY NAME");
    p.put(" ");
    set_operand(*node.right, strength_of(node.op) + 1);
  }
  void set_operand(const Query& query, int least) {
    const auto* operation = std::get_if<SetOperation>(&query.body);
    if (!is_body_only(query) || (operation && strength_of(operation->op) < least)) return in_parentheses(query);
    p.query(query);
  }
  void clause(std::string_view word, const std::optional<Expr>& expr) {
    if (!expr) return;
    p.put(word);
    p.expr(*expr);
  }
  void group(const GroupElement& element) {
    const auto set_of_many = [&](const std::vector<Expr>& set) {
      p.put("(");
      p.expr_list(set);
      p.put(")");
    };
    const auto set_of_any = [&](const std::vector<Expr>& set) { set.size() == 1 ? p.expr(set[0]) : set_of_many(set); };
    switch (element.kind) {
      case GroupElement::Kind::Plain: return p.expr(element.sets[0][0]);
      case GroupElement::Kind::Rollup: p.put("ROLLUP ("); break;
      case GroupElement::Kind::Cube: p.put("CUBE ("); break;
      case GroupElement::Kind::GroupingSets:
        p.put("GROUPING SETS (");
        p.join(element.sets, ", ", set_of_many);
        return p.put(")");
    }
    p.join(element.sets, ", ", set_of_any);
    p.put(")");
  }

  // ---- Sources
  void operator()(const NamedTable& node) {
    p.name(node.name);
    if (node.changes) {
      p.put(" CHANGES (INFORMATION => ");
      p.put(node.changes->append_only ? "APPEND_ONLY)" : "DEFAULT)");
      p.time_point(node.changes->from);
      if (node.changes->until) p.time_point(*node.changes->until);
    }
    if (node.at) p.time_point(*node.at);
  }
  void operator()(const SubqueryTable& node) {
    if (node.lateral) p.put("LATERAL ");
    in_parentheses(*node.query);
  }
  void operator()(const FunctionTable& node) {
    if (node.lateral) p.put("LATERAL ");
    const bool keyword = node.table_keyword && !p.duckdb();
    if (keyword) p.put("TABLE(");
    p.expr(node.call);
    if (keyword) p.put(")");
  }
  void operator()(const StageTable& node) {
    p.stage(node.stage);
    source_options(node.options);
  }
  void operator()(const LocationTable& node) {
    p.string_literal(node.url);
    source_options(node.options);
  }
  void source_options(const std::vector<Argument>& options) {
    if (options.empty()) return;
    p.put(" (");
    p.argument_list(options);
    p.put(")");
  }
  void operator()(const ValuesTable& node) {
    p.put(p.duckdb() ? "(VALUES " : "VALUES ");
    p.values(node.rows);
    if (p.duckdb()) p.put(")");
  }
  void operator()(const Join& node) {
    p.table(*node.left);
    p.put(node.natural ? " NATURAL" : "");
    switch (node.kind) {
      case JoinKind::Inner: p.put(" JOIN "); break;
      case JoinKind::Left: p.put(" LEFT JOIN "); break;
      case JoinKind::Right: p.put(" RIGHT JOIN "); break;
      case JoinKind::Full: p.put(" FULL JOIN "); break;
      case JoinKind::Cross: p.put(" CROSS JOIN "); break;
      case JoinKind::Asof: p.put(p.duckdb() ? " ASOF LEFT JOIN " : " ASOF JOIN "); break;
    }
    nested(*node.right);
    if (node.match_condition && !p.duckdb()) {
      p.put(" MATCH_CONDITION (");
      p.expr(*node.match_condition);
      p.put(")");
    }
    if (p.duckdb() && node.match_condition) {
      p.put(" ON ");
      if (node.on) {
        p.operand(*node.on, Binding::And);
        p.put(" AND ");
      }
      return p.operand(*node.match_condition, Binding::And);
    }
    clause(" ON ", node.on);
    if (!node.using_columns.empty()) {
      p.put(" USING ");
      p.identifier_list(node.using_columns);
    }
  }
  /// A join on the right side, or below PIVOT, keeps its parentheses.
  void nested(const TableRef& table) {
    const bool parentheses = std::holds_alternative<Join>(table.node) && !table.alias;
    if (parentheses) p.put("(");
    p.table(table);
    if (parentheses) p.put(")");
  }
  void operator()(const Pivot& node) {
    nested(*node.source);
    p.put(" PIVOT (");
    pivot_values(node.aggregates);
    p.put(" FOR ");
    p.identifier(node.column);
    p.put(" IN (");
    if (node.any) {
      p.put("ANY");
      if (!node.any_order.empty()) {
        p.put(" ORDER BY ");
        p.order_list(node.any_order);
      }
    } else if (node.query) {
      p.query(**node.query);
    } else {
      pivot_values(node.values);
    }
    p.put(")");
    if (node.default_on_null) {
      p.put(" DEFAULT ON NULL (");
      p.expr(*node.default_on_null);
      p.put(")");
    }
    p.put(")");
  }
  void pivot_values(const std::vector<PivotValue>& values) {
    p.join(values, ", ", [&](const PivotValue& value) {
      p.expr(value.value);
      if (value.alias) {
        p.put(" AS ");
        p.identifier(*value.alias);
      }
    });
  }
  void operator()(const Unpivot& node) {
    nested(*node.source);
    p.put(node.include_nulls ? " UNPIVOT INCLUDE NULLS (" : " UNPIVOT (");
    p.identifier(node.value);
    p.put(" FOR ");
    p.identifier(node.name);
    p.put(" IN (");
    p.join(node.columns, ", ", [&](const UnpivotColumn& column) {
      p.column(column.column);
      if (column.alias) {
        p.put(" AS ");
        p.expr(*column.alias);
      }
    });
    p.put("))");
  }
  void operator()(const RawTable& node) { p.put(node.text); }

  void sample(const Sample& sample) {
    if (!p.duckdb()) {
      p.put(sample.blocks ? " SAMPLE SYSTEM (" : " SAMPLE (");
      p.expr(sample.amount);
      p.put(sample.rows ? " ROWS)" : ")");
    } else {
      p.put(sample.rows     ? " TABLESAMPLE RESERVOIR ("
            : sample.blocks ? " TABLESAMPLE SYSTEM ("
                            : " TABLESAMPLE BERNOULLI (");
      p.expr(sample.amount);
      p.put(sample.rows ? " ROWS)" : " PERCENT)");
    }
    if (!sample.seed) return;
    p.put(p.duckdb() ? " REPEATABLE (" : " SEED (");
    p.expr(*sample.seed);
    p.put(")");
  }
};

void TreePrinter::query(const Query& query) {
  QueryPrinter printer{*this};
  if (!query.with.empty()) {
    put(query.recursive ? "WITH RECURSIVE " : "WITH ");
    join(query.with, ", ", [&](const CommonTable& table) {
      identifier(table.name);
      if (!table.columns.empty()) {
        put(" ");
        identifier_list(table.columns);
      }
      put(" AS ");
      printer.in_parentheses(*table.query);
    });
    put(" ");
  }
  std::visit(printer, query.body);
  if (query.order_by_all) {
    put(" ORDER BY ALL");
    nulls_order(query.order_by_all->descending, query.order_by_all->nulls);
  }
  if (!query.order_by.empty()) {
    put(" ORDER BY ");
    order_list(query.order_by);
  }
  printer.clause(" LIMIT ", query.limit);
  printer.clause(" OFFSET ", query.offset);
}

void TreePrinter::table(const TableRef& table) {
  const bool parentheses = table.alias && std::holds_alternative<Join>(table.node);
  if (parentheses) put("(");
  std::visit(QueryPrinter{*this}, table.node);
  if (parentheses) put(")");
  if (table.alias) {
    put(" AS ");
    identifier(table.alias->name);
    if (!table.alias->columns.empty()) {
      put(" ");
      identifier_list(table.alias->columns);
    }
  }
  if (table.sample) QueryPrinter{*this}.sample(*table.sample);
}

void TreePrinter::table_list(const std::vector<TableRef>& tables) {
  join(tables, ", ", [&](const TableRef& item) { table(item); });
}

void TreePrinter::time_point(const TimePoint& point) {
  switch (point.side) {
    case TimePoint::Side::At: put(" AT ("); break;
    case TimePoint::Side::Before: put(" BEFORE ("); break;
    case TimePoint::Side::End: put(" END ("); break;
  }
  put(point.kind);
  put(" => ");
  expr(point.value);
  put(")");
}

void TreePrinter::values(const std::vector<std::vector<Expr>>& rows) {
  join(rows, ", ", [&](const std::vector<Expr>& row) {
    put("(");
    expr_list(row);
    put(")");
  });
}

}  // namespace sql
