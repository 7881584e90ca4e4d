// CREATE of everything but tables and views as text.

#include "base/overloaded.h"
#include "sql/statement_printer.h"

namespace sql {

void StatementPrinter::named(const CreateMode& mode, std::string_view kind, const ObjectName& name,
                             const Options& options) {
  p.mode(mode, kind);
  p.name(name);
  p.options(options);
}

void StatementPrinter::operator()(const CreateDatabase& node) {
  p.mode(node.mode, node.transient ? "TRANSIENT DATABASE" : "DATABASE");
  p.name(node.name);
  p.clone(node.clone);
  p.options(node.options);
}

void StatementPrinter::operator()(const CreateSchema& node) {
  p.mode(node.mode, node.transient ? "TRANSIENT SCHEMA" : "SCHEMA");
  p.name(node.name);
  p.clone(node.clone);
  flag(node.managed_access, " WITH MANAGED ACCESS");
  p.options(node.options);
}

void StatementPrinter::operator()(const CreateSequence& node) {
  p.mode(node.mode, "SEQUENCE");
  p.name(node.name);
  if (node.start) {
    put(" START = ");
    put(*node.start);
  }
  if (node.increment) {
    put(" INCREMENT = ");
    put(*node.increment);
  }
  if (node.ordered) put(*node.ordered ? " ORDER" : " NOORDER");
  p.options(node.options);
}

void StatementPrinter::operator()(const CreateStage& node) {
  p.mode(node.mode, node.temporary ? "TEMPORARY STAGE" : "STAGE");
  p.name(node.name);
  p.clone(node.clone);
  p.options(node.options);
}

void StatementPrinter::operator()(const CreateFileFormat& node) {
  p.mode(node.mode, node.temporary ? "TEMPORARY FILE FORMAT" : "FILE FORMAT");
  p.name(node.name);
  p.clone(node.clone);
  p.options(node.options);
}

void StatementPrinter::operator()(const CreatePipe& node) {
  named(node.mode, "PIPE", node.name, node.options);
  put(" AS ");
  p.statement(*node.copy);
}

void StatementPrinter::operator()(const CreateStream& node) {
  p.mode(node.mode, "STREAM");
  p.name(node.name);
  p.clone(node.clone);
  const auto is_tag = [](const Option& option) { return option.name.name == "TAG"; };
  Options tags, others;
  for (const Option& option : node.options) (is_tag(option) ? tags : others).push_back(option);
  p.options(tags);  // they have to stand before ON
  flag(node.copy_grants, " COPY GRANTS");
  if (!node.source_kind.empty()) {
    put(" ON ");
    put(node.source_kind);
    put(" ");
    p.name(node.source);
  }
  if (node.at) p.time_point(*node.at);
  p.options(others);
}

void StatementPrinter::operator()(const CreateTask& node) {
  p.mode(node.mode, "TASK");
  p.name(node.name);
  p.clone(node.clone);
  p.options(node.options);
  if (!node.after.empty()) {
    put(" AFTER ");
    p.join(node.after, ", ", [&](const ObjectName& task) { p.name(task); });
  }
  if (node.execute_as_user) {
    put(" EXECUTE AS USER ");
    p.name(*node.execute_as_user);
  }
  if (node.when) {
    put(" WHEN ");
    p.expr(*node.when);
  }
  if (node.clone) return;
  put(" AS ");
  put(node.body.text);
}

void StatementPrinter::operator()(const CreateRoutine& node) {
  std::string kind;
  if (node.secure) kind += "SECURE ";
  if (node.temporary) kind += "TEMPORARY ";
  if (node.aggregate) kind += "AGGREGATE ";
  kind += node.kind == CreateRoutine::Kind::Procedure ? "PROCEDURE" : "FUNCTION";
  p.mode(node.mode, kind);
  p.name(node.name);
  put(" (");
  p.join(node.arguments, ", ", [&](const RoutineArgument& argument) {
    p.identifier(argument.name);
    put(argument.out ? " OUT " : " ");
    p.type(argument.type);
    if (argument.default_value) {
      put(" DEFAULT ");
      p.expr(*argument.default_value);
    }
  });
  put(")");
  flag(node.copy_grants, " COPY GRANTS");
  if (node.returns) {
    put(" RETURNS ");
    p.type(*node.returns);
  } else if (node.returns_table) {
    put(" RETURNS TABLE (");
    p.join(*node.returns_table, ", ", [&](const TableColumnType& column) {
      p.identifier(column.name);
      put(" ");
      p.type(column.type);
    });
    put(")");
  }
  flag(node.returns_not_null, " NOT NULL");
  if (!node.language.empty()) {
    put(" LANGUAGE ");
    put(node.language);
  }
  if (!node.null_handling.empty()) p.word(node.null_handling);
  if (!node.volatility.empty()) p.word(node.volatility);
  p.options(node.options);
  if (!node.execute_as.empty()) {
    put(" EXECUTE AS ");
    put(node.execute_as);
  }
  switch (node.body.delimiter) {
    case RoutineBody::Delimiter::None: return;
    case RoutineBody::Delimiter::Quote: put(" AS "); return p.string_literal(node.body.text);
    case RoutineBody::Delimiter::Dollar:
      put(" AS $$");
      put(node.body.text);
      return put("$$");
    case RoutineBody::Delimiter::Block: put(" AS "); return put(node.body.text);
  }
}

void StatementPrinter::operator()(const CreateRole& node) { named(node.mode, "ROLE", node.name, node.options); }
void StatementPrinter::operator()(const CreateUser& node) { named(node.mode, "USER", node.name, node.options); }
void StatementPrinter::operator()(const CreateWarehouse& node) {
  named(node.mode, "WAREHOUSE", node.name, node.options);
}
void StatementPrinter::operator()(const CreateIntegration& node) {
  named(node.mode, node.kind + " INTEGRATION", node.name, node.options);
}

void StatementPrinter::operator()(const CreateAlert& node) {
  named(node.mode, "ALERT", node.name, node.options);
  put(" IF (EXISTS (");
  p.query(node.condition);
  put(")) THEN ");
  put(node.action.text);
}

void StatementPrinter::operator()(const CreateOther& node) {
  p.mode(node.mode, node.kind);
  p.name(node.name);
  if (!node.rest.empty()) p.word(node.rest);
}

}  // namespace sql
