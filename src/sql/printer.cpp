#include "sql/printer.h"

#include "base/overloaded.h"
#include "sql/quoted_words.h"
#include "sql/tree_printer.h"

namespace sql {

namespace {

bool is_word_start(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }

/// A name that the lexer folds to itself.
bool is_plain(std::string_view name) {
  if (name.empty() || !is_word_start(name[0])) return false;
  for (const char c : name)
    if (!is_word_start(c) && !(c >= '0' && c <= '9') && c != '$') return false;
  return true;
}

/// Characters that a stage path may have without quotes around the whole reference.
bool needs_stage_quotes(std::string_view path) {
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/_-.=%+:~").find(c) != std::string_view::npos;
    if (!plain) return true;
  }
  return path.starts_with('/') || path.find("--") != std::string_view::npos ||
         path.find("//") != std::string_view::npos;
}

void append_doubled(std::string& out, std::string_view text, char quote) {
  out += quote;
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
}

}  // namespace

void TreePrinter::word(std::string_view text) {
  if (!out_.empty() && out_.back() != ' ' && out_.back() != '(') out_ += ' ';
  out_ += text;
}

void TreePrinter::identifier(const Identifier& id) {
  if (!duckdb() && !id.quoted && is_plain(id.name) && !needs_quotes(id.name)) {
    put(id.name);
    return;
  }
  append_doubled(out_, id.name, '"');
}

void TreePrinter::name(const ObjectName& name) {
  if (name.indirect) {
    put("IDENTIFIER(");
    std::visit(base::Overloaded{
                   [&](const NameFromText& node) { string_literal(node.text); },
                   [&](const NameFromVariable& node) { put("$"), put(node.variable); },
                   [&](const NameFromBind& node) {
                     put(node.label ? ":" : "?");
                     if (node.label) put(*node.label);
                   },
               },
               *name.indirect);
    put(")");
    return;
  }
  join(name.parts, ".", [&](const Identifier& part) {
    if (!part.name.empty()) identifier(part);  // db..t
  });
}

void TreePrinter::stage(const StageRef& stage) {
  const std::size_t begin = out_.size();
  put("@");
  switch (stage.kind) {
    case StageRef::Kind::User: put("~"); break;
    case StageRef::Kind::Named: name(stage.name); break;
    case StageRef::Kind::Table:
      for (std::size_t i = 0; i + 1 < stage.name.parts.size(); ++i) {
        if (!stage.name.parts[i].name.empty()) identifier(stage.name.parts[i]);
        put(".");
      }
      put("%");
      if (stage.name.indirect)
        name(stage.name);
      else
        identifier(stage.name.parts.back());
      break;
  }
  if (!stage.path.empty()) {
    put("/");
    put(stage.path);
  }
  if (!stage.quoted && !needs_stage_quotes(stage.path)) return;
  const std::string reference = out_.substr(begin);
  out_.resize(begin);
  string_literal(reference);
}

void TreePrinter::string_literal(std::string_view value) {
  if (duckdb()) {
    if (value.find('\0') == std::string_view::npos) {
      append_doubled(out_, value, '\'');
      return;
    }
    // Its statements end at the first NUL character: such a string is put together when it runs.
    put("(");
    for (std::size_t begin = 0;;) {
      const std::size_t end = value.find('\0', begin);
      append_doubled(out_, value.substr(begin, end - begin), '\'');
      if (end == std::string_view::npos) break;
      put(" || chr(0) || ");
      begin = end + 1;
    }
    put(")");
    return;
  }
  put("'");
  for (const char c : value) {
    switch (c) {
      case '\'': put("''"); break;
      case '\\': put("\\\\"); break;
      case '\n': put("\\n"); break;
      case '\r': put("\\r"); break;
      case '\t': put("\\t"); break;
      case '\0': put("\\x00"); break;
      default: out_ += c;
    }
  }
  put("'");
}

void TreePrinter::type(const TypeName& type) {
  put(type.name);
  if (type.params.empty() && type.of.empty()) return;
  put("(");
  join(type.of, ", ", [&](const TypeName& element) {
    this->type(element);
    if (element.not_null) put(" NOT NULL");
  });
  if (!type.of.empty() && !type.params.empty()) put(", ");
  join(type.params, ", ", [&](std::int64_t number) { put(std::to_string(number)); });
  put(")");
}

void TreePrinter::type_list(const std::vector<TypeName>& types) {
  put("(");
  join(types, ", ", [&](const TypeName& element) { type(element); });
  put(")");
}

void TreePrinter::identifier_list(const std::vector<Identifier>& names) {
  put("(");
  join(names, ", ", [&](const Identifier& id) { identifier(id); });
  put(")");
}

std::string print(const Expr& expr, Dialect dialect) {
  TreePrinter printer(dialect);
  printer.expr(expr);
  return printer.take();
}

std::string print(const Query& query, Dialect dialect) {
  TreePrinter printer(dialect);
  printer.query(query);
  return printer.take();
}

std::string print(const TableRef& table, Dialect dialect) {
  TreePrinter printer(dialect);
  printer.table(table);
  return printer.take();
}

std::string print(const ObjectName& name, Dialect dialect) {
  TreePrinter printer(dialect);
  printer.name(name);
  return printer.take();
}

std::string print(const TypeName& type) {
  TreePrinter printer(Dialect::Snowflake);
  printer.type(type);
  return printer.take();
}

}  // namespace sql
