// ALTER, DROP, UNDROP, DESC and SHOW as text.

#include "base/overloaded.h"
#include "sql/statement_printer.h"

namespace sql {

struct AlterPrinter {
  TreePrinter& p;
  bool alert;  // whose MODIFY names its parts differently

  void operator()(const RenameTo& action) { p.put("RENAME TO "), p.name(action.name); }
  void operator()(const SwapWith& action) { p.put("SWAP WITH "), p.name(action.name); }
  void operator()(const SetOptions& action) { p.put("SET"), p.options(action.options); }
  void operator()(const UnsetOptions& action) { p.put("UNSET "), names(action.names); }
  void operator()(const AddColumns& action) {
    p.put(action.if_not_exists ? "ADD COLUMN IF NOT EXISTS " : "ADD COLUMN ");
    p.join(action.columns, ", ", [&](const ColumnDef& column) { p.column_definition(column); });
  }
  void operator()(const DropColumns& action) {
    p.put(action.if_exists ? "DROP COLUMN IF EXISTS " : "DROP COLUMN ");
    names(action.columns);
  }
  void operator()(const RenameColumn& action) { rename("RENAME COLUMN ", action.from, action.to); }
  void operator()(const AlterColumns& action) {
    p.put("ALTER ");
    p.join(action.changes, ", ", [&](const AlterColumn& change) { column(change); });
  }
  void column(const AlterColumn& change) {
    p.put("COLUMN ");
    p.identifier(change.column);
    switch (change.change) {
      case AlterColumn::Change::SetType: p.put(" SET DATA TYPE "), p.type(*change.type); break;
      case AlterColumn::Change::SetNotNull: p.put(" SET NOT NULL"); break;
      case AlterColumn::Change::DropNotNull: p.put(" DROP NOT NULL"); break;
      case AlterColumn::Change::SetDefault: p.put(" SET DEFAULT "), p.expr(*change.default_value); break;
      case AlterColumn::Change::DropDefault: p.put(" DROP DEFAULT"); break;
      case AlterColumn::Change::SetComment: p.put(" COMMENT "), p.string_literal(change.comment); break;
      case AlterColumn::Change::UnsetComment: p.put(" UNSET COMMENT"); break;
    }
  }
  void operator()(const ClusterBy& action) {
    if (action.keys.empty()) return p.put("DROP CLUSTERING KEY");
    p.put("CLUSTER BY (");
    p.expr_list(action.keys);
    p.put(")");
  }
  void operator()(const AddConstraint& action) { p.put("ADD "), p.constraint(action.constraint); }
  void operator()(const DropConstraint& action) {
    p.put("DROP ");
    if (action.constraint) return p.constraint(*action.constraint);
    p.put("CONSTRAINT ");
    p.identifier(*action.name);
  }
  void operator()(const RenameConstraint& action) { rename("RENAME CONSTRAINT ", action.from, action.to); }
  void operator()(const AlterWords& action) { p.put(action.words); }
  void operator()(const Refresh& action) { p.put("REFRESH"), p.options(action.options); }
  void operator()(const AddAfter& action) { p.put("ADD AFTER "), tasks(action.tasks); }
  void operator()(const RemoveAfter& action) { p.put("REMOVE AFTER "), tasks(action.tasks); }
  void operator()(const ModifyBody& action) { p.put(alert ? "MODIFY ACTION " : "MODIFY AS "), p.put(action.body.text); }
  void operator()(const ModifyWhen& action) {
    p.put(alert ? "MODIFY CONDITION " : "MODIFY WHEN "), p.expr(action.when);
  }
  void operator()(const ExecuteAs& action) { p.put("EXECUTE AS "), p.put(action.rights); }

  void rename(std::string_view words, const Identifier& from, const Identifier& to) {
    p.put(words);
    p.identifier(from);
    p.put(" TO ");
    p.identifier(to);
  }
  void names(const std::vector<Identifier>& list) {
    p.join(list, ", ", [&](const Identifier& id) { p.identifier(id); });
  }
  void tasks(const std::vector<ObjectName>& list) {
    p.join(list, ", ", [&](const ObjectName& task) { p.name(task); });
  }
};

void StatementPrinter::operator()(const Alter& node) {
  put("ALTER ");
  put(node.kind);
  put(node.if_exists ? " IF EXISTS " : " ");
  if (!node.name.parts.empty() || node.name.indirect) {
    p.name(node.name);
    types(node.argument_types);
    put(" ");
  }
  std::visit(AlterPrinter{p, node.kind == "ALERT"}, node.action);
}

void StatementPrinter::operator()(const Drop& node) {
  put("DROP ");
  put(node.kind);
  put(node.if_exists ? " IF EXISTS " : " ");
  p.name(node.name);
  types(node.argument_types);
  flag(node.cascade, " CASCADE");
  flag(node.restrict, " RESTRICT");
}

void StatementPrinter::operator()(const Undrop& node) {
  put("UNDROP ");
  put(node.kind);
  put(" ");
  p.name(node.name);
}

void StatementPrinter::operator()(const Describe& node) {
  put("DESCRIBE ");
  put(node.kind);
  put(" ");
  if (node.kind == "RESULT") return node.text.empty() ? put("LAST_QUERY_ID()") : p.string_literal(node.text);
  p.name(node.name);
  types(node.argument_types);
  if (!node.text.empty()) p.put(" TYPE = "), p.put(node.text);
}

void StatementPrinter::operator()(const Show& node) {
  put("SHOW ");
  flag(node.terse, "TERSE ");
  put(node.kind);
  flag(node.history, " HISTORY");
  p.labelled("LIKE", node.like);
  if (!node.scope_word.empty()) {
    p.word(node.scope_word);
    if (!node.scope_kind.empty()) p.word(node.scope_kind);
    if (node.scope) {
      put(" ");
      p.name(*node.scope);
      types(node.scope_types);
    }
  }
  p.labelled("STARTS WITH", node.starts_with);
  if (node.limit) p.put(" LIMIT "), p.put(*node.limit);
  p.labelled("FROM", node.limit_from);
}

}  // namespace sql
