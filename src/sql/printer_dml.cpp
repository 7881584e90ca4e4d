// Queries as statements, DML and transactions as text.

#include "base/overloaded.h"
#include "sql/statement_printer.h"

namespace sql {

void TreePrinter::statement(const Statement& statement) { std::visit(StatementPrinter{*this}, statement.node); }

std::string print(const Statement& statement, Dialect dialect) {
  TreePrinter printer(dialect);
  printer.statement(statement);
  return printer.take();
}

void StatementPrinter::target(const ObjectName& name, const std::optional<Identifier>& alias) {
  p.name(name);
  if (!alias) return;
  put(" AS ");
  p.identifier(*alias);
}

void StatementPrinter::columns(const std::vector<TargetColumn>& columns) {
  if (columns.empty()) return;
  put(" (");
  p.join(columns, ", ", [&](const TargetColumn& column) { p.column(column); });
  put(")");
}

void StatementPrinter::assignments(const std::vector<SetClause>& set) {
  p.join(set, ", ", [&](const SetClause& clause) {
    p.column(clause.column);
    put(" = ");
    p.expr(clause.value);
  });
}

void StatementPrinter::value_row(const std::vector<Expr>& values) {
  put(" VALUES (");
  p.expr_list(values);
  put(")");
}

void StatementPrinter::where(const std::optional<Expr>& expr) {
  if (!expr) return;
  put(" WHERE ");
  p.expr(*expr);
}

void StatementPrinter::operator()(const QueryStatement& node) { p.query(node.query); }

void StatementPrinter::operator()(const PipeChain& node) {
  p.join(node.steps, " ->> ", [&](const Statement& step) { p.statement(step); });
}

void StatementPrinter::operator()(const Insert& node) {
  put(node.overwrite ? "INSERT OVERWRITE INTO " : "INSERT INTO ");
  p.name(node.table);
  columns(node.columns);
  put(" ");
  p.query(node.source);
}

void StatementPrinter::operator()(const MultiInsert& node) {
  put(node.overwrite ? "INSERT OVERWRITE " : "INSERT ");
  put(node.first ? "FIRST" : "ALL");
  const bool conditional = !node.branches.empty() && node.branches.front().when;
  for (const InsertBranch& branch : node.branches) {
    if (branch.when) {
      put(" WHEN ");
      p.expr(*branch.when);
      put(" THEN");
    } else if (conditional) {
      put(" ELSE");
    }
    for (const IntoClause& into : branch.into) {
      put(" INTO ");
      p.name(into.table);
      columns(into.columns);
      if (!into.values.empty()) value_row(into.values);
    }
  }
  put(" ");
  p.query(node.source);
}

void StatementPrinter::operator()(const Update& node) {
  put("UPDATE ");
  target(node.table, node.alias);
  put(" SET ");
  assignments(node.set);
  if (!node.from.empty()) {
    put(" FROM ");
    p.table_list(node.from);
  }
  where(node.where);
}

void StatementPrinter::operator()(const Delete& node) {
  put("DELETE FROM ");
  target(node.table, node.alias);
  if (!node.using_tables.empty()) {
    put(" USING ");
    p.table_list(node.using_tables);
  }
  where(node.where);
}

void StatementPrinter::operator()(const Merge& node) {
  put("MERGE INTO ");
  target(node.table, node.alias);
  put(" USING ");
  p.table(node.source);
  put(" ON ");
  p.expr(node.on);
  for (const MergeClause& clause : node.clauses) {
    put(clause.matched ? " WHEN MATCHED" : " WHEN NOT MATCHED");
    if (clause.condition) {
      put(" AND ");
      p.expr(*clause.condition);
    }
    put(" THEN ");
    std::visit(base::Overloaded{
                   [&](const MergeUpdate& action) {
                     if (action.all_by_name) return put("UPDATE ALL BY NAME");
                     put("UPDATE SET ");
                     assignments(action.set);
                   },
                   [&](const MergeDelete&) { put("DELETE"); },
                   [&](const MergeInsert& action) {
                     if (action.all_by_name) return put("INSERT ALL BY NAME");
                     put("INSERT");
                     columns(action.columns);
                     value_row(action.values);
                   },
               },
               clause.action);
  }
}

void StatementPrinter::operator()(const Truncate& node) {
  put(node.if_exists ? "TRUNCATE TABLE IF EXISTS " : "TRUNCATE TABLE ");
  p.name(node.table);
}

void StatementPrinter::operator()(const BeginTransaction& node) {
  put("BEGIN TRANSACTION");
  if (!node.name) return;
  put(" NAME ");
  p.identifier(*node.name);
}
void StatementPrinter::operator()(const CommitTransaction&) { put("COMMIT"); }
void StatementPrinter::operator()(const RollbackTransaction&) { put("ROLLBACK"); }
void StatementPrinter::operator()(const ScriptBlock& node) { put(node.text); }

}  // namespace sql
