// Loading, calls, session and grants as text; option lists.

#include "base/overloaded.h"
#include "sql/statement_printer.h"

namespace sql {

void TreePrinter::labelled(std::string_view words, const std::optional<std::string>& text) {
  if (!text) return;
  put(" ");
  put(words);
  put(" ");
  string_literal(*text);
}

void TreePrinter::option_value(const OptionValue& value) {
  std::visit(base::Overloaded{
                 [&](const OptionWord& node) {
                   // Words of the grammar (TRUE, ALL, SKIP_FILE_10%) stand as they are, names by the rules of names.
                   const bool word = !node.name.indirect && node.name.parts.size() == 1 && !node.name.parts[0].quoted;
                   if (word)
                     put(node.name.parts[0].name);
                   else
                     name(node.name);
                 },
                 [&](const OptionString& node) { string_literal(node.value); },
                 [&](const OptionNumber& node) { put(node.text); },
                 [&](const OptionList& node) {
                   put("(");
                   join(node.values, ", ", [&](const OptionValue& element) { option_value(element); });
                   put(")");
                 },
                 [&](const OptionGroup& node) {
                   put("(");
                   join(node.options, ", ", [&](const Option& element) { option(element); });
                   put(")");
                 },
             },
             value.node);
}

void TreePrinter::option(const Option& option) {
  identifier(option.name);
  put(" = ");
  option_value(option.value);
}

void TreePrinter::options(const Options& options) {
  for (const Option& element : options) {
    put(" ");
    if (element.name.name == "TAG" && std::holds_alternative<OptionGroup>(element.value.node)) {
      put("TAG ");
      option_value(element.value);
    } else {
      option(element);
    }
  }
}

void StatementPrinter::location(const Location& location) {
  std::visit(base::Overloaded{[&](const StageRef& stage) { p.stage(stage); },
                              [&](const StringLiteral& url) { p.string_literal(url.value); }},
             location);
}

void StatementPrinter::operator()(const CopyIntoTable& node) {
  put("COPY INTO ");
  p.name(node.table);
  columns(node.columns);
  std::visit(base::Overloaded{
                 [](std::monostate) {},
                 [&](const Location& from) {
                   put(" FROM ");
                   location(from);
                 },
                 [&](const Box<Query>& query) {
                   put(" FROM (");
                   p.query(*query);
                   put(")");
                 },
             },
             node.from);
  p.options(node.options);
}

void StatementPrinter::operator()(const CopyIntoLocation& node) {
  put("COPY INTO ");
  location(node.location);
  put(" FROM ");
  std::visit(base::Overloaded{
                 [&](const ObjectName& table) { p.name(table); },
                 [&](const Box<Query>& query) {
                   put("(");
                   p.query(*query);
                   put(")");
                 },
             },
             node.from);
  if (node.partition_by) {
    put(" PARTITION BY (");
    p.expr(*node.partition_by);
    put(")");
  }
  p.options(node.options);
}

void StatementPrinter::operator()(const ListFiles& node) {
  put("LIST ");
  p.stage(node.stage);
  p.labelled("PATTERN =", node.pattern);
}

void StatementPrinter::operator()(const RemoveFiles& node) {
  put("REMOVE ");
  p.stage(node.stage);
  p.labelled("PATTERN =", node.pattern);
}

void StatementPrinter::operator()(const PutFiles& node) {
  put("PUT ");
  p.string_literal(node.file_uri);
  put(" ");
  p.stage(node.stage);
  p.options(node.options);
}

void StatementPrinter::operator()(const GetFiles& node) {
  put("GET ");
  p.stage(node.stage);
  put(" ");
  p.string_literal(node.file_uri);
  p.options(node.options);
}

void StatementPrinter::operator()(const Call& node) {
  put("CALL ");
  p.name(node.name);
  put("(");
  p.argument_list(node.arguments);
  put(")");
  if (!node.into) return;
  put(" INTO :");
  p.identifier(*node.into);
}

void StatementPrinter::operator()(const ExecuteTask& node) {
  put("EXECUTE TASK ");
  p.name(node.task);
  p.labelled("USING CONFIG =", node.config);
  flag(node.retry_last, " RETRY LAST");
  p.labelled("RETRY GRAPH RUN GROUP", node.retry_graph_run_group);
}

void StatementPrinter::operator()(const ExecuteImmediate& node) {
  put("EXECUTE IMMEDIATE ");
  p.expr(node.text);
  if (node.using_values.empty()) return;
  put(" USING (");
  p.expr_list(node.using_values);
  put(")");
}

void StatementPrinter::operator()(const Use& node) {
  put("USE");
  if (!node.kind.empty()) p.word(node.kind);
  put(" ");
  p.name(node.name);
}

void StatementPrinter::operator()(const SetVariables& node) {
  put("SET ");
  if (node.names.size() == 1) {
    p.identifier(node.names[0]);
    put(" = ");
    return p.expr(node.values[0]);
  }
  p.identifier_list(node.names);
  put(" = (");
  p.expr_list(node.values);
  put(")");
}

void StatementPrinter::operator()(const UnsetVariables& node) {
  put("UNSET ");
  if (node.names.size() == 1) return p.identifier(node.names[0]);
  p.identifier_list(node.names);
}

void StatementPrinter::operator()(const AlterSession& node) {
  put("ALTER SESSION ");
  if (!node.set.empty()) {
    put("SET");
    return p.options(node.set);
  }
  put("UNSET ");
  p.join(node.unset, ", ", [&](const Identifier& id) { p.identifier(id); });
}

void StatementPrinter::operator()(const Grant& node) {
  put(node.revoke ? "REVOKE " : "GRANT ");
  p.join(node.privileges, ", ", [&](const std::string& privilege) { put(privilege); });
  if (node.role) {
    p.word(node.privileges.empty() ? "ROLE " : "");
    p.name(*node.role);
  } else {
    put(" ON ");
    put(node.on_kind);
    if (node.on) {
      put(" ");
      p.name(*node.on);
      types(node.argument_types);
    }
  }
  put(node.revoke ? " FROM" : " TO");
  if (!node.to_kind.empty()) p.word(node.to_kind);
  put(" ");
  p.name(node.to);
  if (!node.tail.empty()) p.word(node.tail);
}

void StatementPrinter::operator()(const CommentOn& node) {
  put("COMMENT ");
  flag(node.if_exists, "IF EXISTS ");
  put("ON ");
  put(node.kind);
  put(" ");
  p.name(node.name);
  types(node.argument_types);
  put(" IS ");
  p.string_literal(node.comment);
}

void StatementPrinter::operator()(const Explain& node) {
  put("EXPLAIN ");
  if (!node.format.empty()) {
    put("USING ");
    put(node.format);
    put(" ");
  }
  p.statement(*node.statement);
}

void StatementPrinter::types(const std::optional<std::vector<TypeName>>& types) {
  if (types) p.type_list(*types);
}

}  // namespace sql
