// Tables, views and their columns as text.

#include "base/overloaded.h"
#include "sql/statement_printer.h"

namespace sql {

void TreePrinter::mode(const CreateMode& mode, std::string_view kind) {
  put("CREATE ");
  if (mode.or_replace) put("OR REPLACE ");
  if (mode.or_alter) put("OR ALTER ");
  put(kind);
  put(mode.if_not_exists ? " IF NOT EXISTS " : " ");
}

void TreePrinter::clone(const std::optional<CloneSource>& clone) {
  if (!clone) return;
  put(" CLONE ");
  name(clone->name);
  if (clone->at) time_point(*clone->at);
}

void TreePrinter::constraint(const Constraint& constraint) {
  if (constraint.name) {
    put("CONSTRAINT ");
    identifier(*constraint.name);
    put(" ");
  }
  switch (constraint.kind) {
    case Constraint::Kind::PrimaryKey: put("PRIMARY KEY"); break;
    case Constraint::Kind::Unique: put("UNIQUE"); break;
    case Constraint::Kind::ForeignKey: put("FOREIGN KEY"); break;
    case Constraint::Kind::Check: put("CHECK"); break;
  }
  if (!constraint.columns.empty()) {
    put(" ");
    identifier_list(constraint.columns);
  }
  if (constraint.references) {
    put(" REFERENCES ");
    name(constraint.references->table);
    if (!constraint.references->columns.empty()) {
      put(" ");
      identifier_list(constraint.references->columns);
    }
  }
  if (constraint.check) {
    put(" (");
    expr(*constraint.check);
    put(")");
  }
  if (!constraint.properties.empty()) word(constraint.properties);
}

void TreePrinter::column_definition(const ColumnDef& column) {
  identifier(column.name);
  if (column.type) {
    put(" ");
    type(*column.type);
  }
  if (column.computed) {
    put(" AS (");
    expr(*column.computed);
    put(")");
  }
  labelled("COLLATE", column.collate);
  if (column.not_null) put(" NOT NULL");
  if (column.explicit_null) put(" NULL");
  if (column.default_value) {
    put(" DEFAULT ");
    operand(*column.default_value, Binding::Concat);
  }
  if (column.autoincrement) {
    put(" AUTOINCREMENT (");
    put(column.autoincrement->start);
    put(", ");
    put(column.autoincrement->step);
    put(")");
    if (column.autoincrement->ordered) put(*column.autoincrement->ordered ? " ORDER" : " NOORDER");
  }
  for (const Constraint& element : column.constraints) {
    put(" ");
    constraint(element);
  }
  labelled("COMMENT", column.comment);
}

void StatementPrinter::cluster_by(const std::vector<Expr>& keys) {
  if (keys.empty()) return;
  put(" CLUSTER BY (");
  p.expr_list(keys);
  put(")");
}

void StatementPrinter::operator()(const CreateTable& node) {
  std::string_view kind;
  switch (node.kind) {
    case TableKind::Permanent: kind = "TABLE"; break;
    case TableKind::Transient: kind = "TRANSIENT TABLE"; break;
    case TableKind::Temporary: kind = "TEMPORARY TABLE"; break;
    case TableKind::External: kind = "EXTERNAL TABLE"; break;
    case TableKind::Dynamic: kind = "DYNAMIC TABLE"; break;
    case TableKind::Event: kind = "EVENT TABLE"; break;
    case TableKind::Hybrid: kind = "HYBRID TABLE"; break;
  }
  p.mode(node.mode, kind);
  p.name(node.name);
  if (!node.columns.empty() || !node.constraints.empty()) {
    put(" (");
    p.join(node.columns, ", ", [&](const ColumnDef& column) { p.column_definition(column); });
    flag(!node.columns.empty() && !node.constraints.empty(), ", ");
    p.join(node.constraints, ", ", [&](const Constraint& constraint) { p.constraint(constraint); });
    put(")");
  }
  if (node.like) {
    put(" LIKE ");
    p.name(*node.like);
  }
  p.clone(node.clone);
  if (node.using_template) {
    put(" USING TEMPLATE (");
    p.query(**node.using_template);
    put(")");
  }
  cluster_by(node.cluster_by);
  flag(node.copy_grants, " COPY GRANTS");
  p.options(node.options);
  if (node.as_query) {
    put(" AS ");
    p.query(**node.as_query);
  }
}

void StatementPrinter::operator()(const CreateView& node) {
  std::string kind;
  if (node.secure) kind += "SECURE ";
  if (node.temporary) kind += "TEMPORARY ";
  if (node.recursive) kind += "RECURSIVE ";
  if (node.materialized) kind += "MATERIALIZED ";
  p.mode(node.mode, kind + "VIEW");
  p.name(node.name);
  if (!node.columns.empty()) {
    put(" (");
    p.join(node.columns, ", ", [&](const ViewColumn& column) {
      p.identifier(column.name);
      p.labelled("COMMENT", column.comment);
    });
    put(")");
  }
  flag(node.copy_grants, " COPY GRANTS");
  cluster_by(node.cluster_by);
  p.options(node.options);
  put(" AS ");
  p.query(node.query);
}

}  // namespace sql
