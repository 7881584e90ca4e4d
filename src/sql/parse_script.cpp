#include <charconv>

#include "sql/parse_expr.h"
#include "sql/script.h"
#include "sql/statement_end.h"

namespace sql {
namespace {

base::Result<ScriptStatement> parse_script_statement(Cursor& cursor);

/// What no statement begins with: it ends the statements before it.
bool at_body_end(const Cursor& cursor) {
  return cursor.at(TokenKind::End) || cursor.at_any_word({"END", "EXCEPTION", "ELSE", "ELSEIF", "WHEN", "UNTIL"});
}

base::Result<ScriptBody> parse_body(Cursor& cursor) {
  ScriptBody body;
  for (;;) {
    while (cursor.accept_symbol(";")) {
    }
    if (at_body_end(cursor)) return body;
    TRY(auto statement, parse_script_statement(cursor));
    body.push_back(std::move(statement));
    if (!cursor.at_symbol(";")) return cursor.unexpected();
  }
}

base::Result<ScriptExpr> parse_value_of(Cursor& cursor) {
  const std::size_t first = cursor.index();
  TRY(Expr tree, parse_expression(cursor));
  return ScriptExpr{cursor.source_from(first), std::move(tree)};
}

/// From the token with index `first` to before the `;`, which is next then.
SourceText take_statement(Cursor& cursor, std::size_t first) {
  cursor.move_to(find_statement_end(cursor.tokens(), cursor.index()));
  return cursor.source_from(first);
}

/// What stands in `( .. )`.
base::Result<ScriptQuery> parse_enclosed(Cursor& cursor) {
  TRY_VOID(cursor.expect_symbol("("));
  const std::size_t first = cursor.index();
  for (int open = 0; open > 0 || !cursor.at_symbol(")"); cursor.take()) {
    if (cursor.at_statement_end()) return cursor.unexpected();
    open += cursor.at_symbol("(") ? 1 : cursor.at_symbol(")") ? -1 : 0;
  }
  if (cursor.index() == first) return cursor.unexpected();
  const ScriptQuery query{cursor.source_from(first)};
  cursor.take();
  return query;
}

bool at_statement_in_parentheses(const Cursor& cursor) {
  return cursor.at_symbol("(") && cursor.at_any_word({"SELECT", "WITH", "SHOW", "DESC", "DESCRIBE", "CALL", "EXECUTE",
                                                      "INSERT", "UPDATE", "DELETE", "MERGE", "LIST", "LS"},
                                                     1);
}

bool accept_value_mark(Cursor& cursor) { return cursor.accept_word("DEFAULT") || cursor.accept_symbol(":="); }

/// `:x` or `x`, one or more.
base::Result<std::vector<Identifier>> parse_variables(Cursor& cursor) {
  std::vector<Identifier> names;
  do {
    cursor.accept_symbol(":");
    TRY(Identifier name, cursor.identifier());
    names.push_back(std::move(name));
  } while (cursor.accept_symbol(","));
  return names;
}

// ---- Declarations

base::Result<ScriptException> parse_exception(Cursor& cursor, Identifier name) {
  ScriptException exception{.name = std::move(name), .message = {}};
  if (!cursor.accept_symbol("(")) return exception;
  TRY(const std::string code, cursor.signed_number());
  const auto [end, problem] = std::from_chars(code.data(), code.data() + code.size(), exception.code);
  if (problem != std::errc{} || end != code.data() + code.size()) return cursor.unexpected(cursor.previous());
  if (cursor.accept_symbol(",")) {
    TRY(exception.message, cursor.string_literal());
  }
  TRY_VOID(cursor.expect_symbol(")"));
  return exception;
}

base::Result<ScriptCursor> parse_cursor(Cursor& cursor, Identifier name) {
  TRY_VOID(cursor.expect_word("FOR"));
  ScriptCursor made{.name = std::move(name), .query = {}, .result_set = std::nullopt};
  const std::size_t first = cursor.index();
  if (cursor.at_identifier() && cursor.at_symbol(";", 1)) {
    TRY(made.result_set, cursor.identifier());
    return made;
  }
  made.query.source = take_statement(cursor, first);
  if (made.query.source.text.empty()) return cursor.unexpected();
  return made;
}

base::Result<ScriptDeclaration> parse_declaration(Cursor& cursor) {
  TRY(Identifier name, cursor.identifier());
  if (cursor.accept_word("EXCEPTION")) {
    TRY(auto exception, parse_exception(cursor, std::move(name)));
    return exception;
  }
  if (cursor.accept_word("CURSOR")) {
    TRY(auto made, parse_cursor(cursor, std::move(name)));
    return made;
  }
  if (cursor.at_word("PROCEDURE")) return cursor.unsupported("procedures nested in a block");
  if (cursor.accept_word("RESULTSET")) {
    ScriptResultSet made{std::move(name), std::nullopt};
    if (!accept_value_mark(cursor)) return made;
    if (cursor.at_word("ASYNC")) return cursor.unsupported("ASYNC");
    TRY(made.query, parse_enclosed(cursor));
    return made;
  }
  ScriptVariable variable{std::move(name), std::nullopt, std::nullopt};
  if (!cursor.at_symbol(";") && !cursor.at_word("DEFAULT") && !cursor.at_symbol(":=")) {
    TRY(variable.type, cursor.type_name());
  }
  if (accept_value_mark(cursor)) {
    TRY(variable.value, parse_value_of(cursor));
  }
  return variable;
}

base::Result<std::vector<ScriptDeclaration>> parse_declarations(Cursor& cursor) {
  std::vector<ScriptDeclaration> list;
  while (!cursor.at_word("BEGIN")) {
    TRY(auto declaration, parse_declaration(cursor));
    list.push_back(std::move(declaration));
    TRY_VOID(cursor.expect_symbol(";"));
  }
  return list;
}

// ---- Statements

base::Result<ScriptIf> parse_if(Cursor& cursor) {
  ScriptIf made{};
  do {
    TRY(auto condition, parse_value_of(cursor));
    TRY_VOID(cursor.expect_word("THEN"));
    TRY(auto body, parse_body(cursor));
    made.branches.push_back({std::move(condition), std::move(body)});
  } while (cursor.accept_word("ELSEIF"));
  if (cursor.accept_word("ELSE")) {
    TRY(made.otherwise, parse_body(cursor));
  }
  TRY_VOID(cursor.expect_words({"END", "IF"}));
  return made;
}

base::Result<ScriptIf> parse_case(Cursor& cursor) {
  ScriptIf made{};
  if (!cursor.at_word("WHEN")) {
    TRY(made.subject, parse_value_of(cursor));
  }
  while (cursor.accept_word("WHEN")) {
    TRY(auto condition, parse_value_of(cursor));
    TRY_VOID(cursor.expect_word("THEN"));
    TRY(auto body, parse_body(cursor));
    made.branches.push_back({std::move(condition), std::move(body)});
  }
  if (made.branches.empty()) return cursor.unexpected();
  if (cursor.accept_word("ELSE")) {
    TRY(made.otherwise, parse_body(cursor));
  }
  TRY_VOID(cursor.expect_word("END"));
  cursor.accept_word("CASE");
  return made;
}

/// END FOR [label]
base::Result<std::string> parse_loop_end(Cursor& cursor, std::string_view word) {
  TRY_VOID(cursor.expect_word("END"));
  TRY_VOID(cursor.expect_word(word));
  if (!cursor.at_identifier()) return std::string();
  TRY(const Identifier label, cursor.identifier());
  return label.name;
}

/// DO, or LOOP; the closing word that goes with it.
base::Result<std::string_view> parse_loop_begin(Cursor& cursor, std::string_view with_do) {
  if (cursor.accept_word("LOOP")) return std::string_view("LOOP");
  TRY_VOID(cursor.expect_word("DO"));
  return with_do;
}

base::Result<ScriptStatement> parse_for(Cursor& cursor, base::SourceSpan at) {
  TRY(Identifier name, cursor.identifier());
  TRY_VOID(cursor.expect_word("IN"));
  const bool reverse = cursor.accept_word("REVERSE");
  if (!reverse && cursor.at_identifier() && cursor.at_any_word({"DO", "LOOP"}, 1)) {
    TRY(Identifier rows, cursor.identifier());
    TRY(const auto closing, parse_loop_begin(cursor, "FOR"));
    ScriptForRows made{.row = std::move(name), .rows = std::move(rows), .body = {}, .label = {}};
    TRY(made.body, parse_body(cursor));
    TRY(made.label, parse_loop_end(cursor, closing));
    return ScriptStatement{std::move(made), at};
  }
  TRY(auto from, parse_value_of(cursor));
  TRY_VOID(cursor.expect_word("TO"));
  TRY(auto to, parse_value_of(cursor));
  TRY(const auto closing, parse_loop_begin(cursor, "FOR"));
  ScriptForRange made{.counter = std::move(name),
                      .reverse = reverse,
                      .from = std::move(from),
                      .to = std::move(to),
                      .body = {},
                      .label = {}};
  TRY(made.body, parse_body(cursor));
  TRY(made.label, parse_loop_end(cursor, closing));
  return ScriptStatement{std::move(made), at};
}

base::Result<ScriptReturn> parse_return(Cursor& cursor) {
  ScriptReturn made{};
  if (cursor.at_symbol(";")) return made;
  if (cursor.at_word("TABLE") && cursor.at_symbol("(", 1)) {
    cursor.take();
    TRY(made.table, parse_enclosed(cursor));
    return made;
  }
  TRY(made.value, parse_value_of(cursor));
  return made;
}

base::Result<ScriptExecute> parse_execute_text(Cursor& cursor) {
  ScriptExecute made{};
  TRY(made.text, parse_value_of(cursor));
  if (cursor.accept_word("USING")) {
    TRY_VOID(cursor.expect_symbol("("));
    TRY(made.using_variables, parse_variables(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  return made;
}

base::Result<ScriptAssign> parse_assignment(Cursor& cursor) {
  TRY(Identifier name, cursor.identifier());
  accept_value_mark(cursor);
  if (cursor.at_word("ASYNC")) return cursor.unsupported("ASYNC");
  ScriptAssign made{.name = std::move(name), .value = {}, .query = std::nullopt};
  if (at_statement_in_parentheses(cursor)) {
    Cursor inside = cursor;
    TRY(made.query, parse_enclosed(inside));
    if (inside.at_symbol(";")) {
      // A scalar subquery, unless the name turns out to be a RESULTSET; what is no expression can only be the latter.
      if (auto value = parse_value_of(cursor)) made.value = *std::move(value);
      cursor = inside;
      return made;
    }
    made.query.reset();
  }
  TRY(made.value, parse_value_of(cursor));
  return made;
}

/// A statement of SQL; the INTO of SELECT and CALL is taken out of its text.
base::Result<ScriptSql> parse_sql(Cursor& cursor) {
  const std::size_t first = cursor.index();
  ScriptSql made{};
  made.is_select = cursor.at_any_word({"SELECT", "WITH"});
  const bool may_have_into = made.is_select || cursor.at_word("CALL");
  made.source = take_statement(cursor, first);
  made.text = made.source.text;
  if (made.text.empty()) return cursor.unexpected();
  const std::size_t end = cursor.index();
  for (std::size_t i = first, open = 0; may_have_into && i < end; ++i) {
    const Token& token = cursor.tokens()[i];
    if (token.is_symbol("(")) ++open;
    if (token.is_symbol(")")) --open;
    if (open > 0 || !token.is_word("INTO")) continue;
    Cursor into = cursor;
    into.move_to(i + 1);
    TRY(made.into, parse_variables(into));
    const std::size_t from = token.at.offset - made.source.at.offset;
    const Token& last = into.previous();
    made.text.erase(from, last.at.offset + last.at.length - token.at.offset);
    break;
  }
  return made;
}

base::Result<ScriptHandler> parse_handler(Cursor& cursor) {
  ScriptHandler handler;
  do {
    TRY(Identifier name, cursor.any_word());
    handler.exceptions.push_back(std::move(name));
  } while (cursor.accept_word("OR"));
  handler.goes_on = cursor.accept_word("CONTINUE");
  if (!handler.goes_on) cursor.accept_word("EXIT");
  TRY_VOID(cursor.expect_word("THEN"));
  TRY(handler.body, parse_body(cursor));
  return handler;
}

base::Result<ScriptNested> parse_nested(Cursor& cursor) {
  ScriptNested block;
  if (cursor.accept_word("DECLARE")) {
    TRY(block.declarations, parse_declarations(cursor));
  }
  TRY_VOID(cursor.expect_word("BEGIN"));
  TRY(block.body, parse_body(cursor));
  if (cursor.accept_word("EXCEPTION")) {
    while (cursor.accept_word("WHEN")) {
      TRY(auto handler, parse_handler(cursor));
      block.handlers.push_back(std::move(handler));
    }
    if (block.handlers.empty()) return cursor.unexpected();
  }
  TRY_VOID(cursor.expect_word("END"));
  return block;
}

std::string label_of(Cursor& cursor) { return cursor.at_identifier() ? cursor.take().text : std::string(); }

base::Result<ScriptStatement> parse_script_statement(Cursor& cursor) {
  TRY(const auto nesting, cursor.nest());
  const base::SourceSpan at = cursor.peek().at;
  const auto made = [&](auto parsed) -> base::Result<ScriptStatement> {
    TRY(auto node, std::move(parsed));
    return ScriptStatement{std::move(node), at};
  };
  if (starts_block(cursor.tokens(), cursor.index())) return made(parse_nested(cursor));
  if (cursor.at_symbol(":=", 1)) return made(parse_assignment(cursor));
  if (cursor.accept_word("LET")) {
    TRY(auto declaration, parse_declaration(cursor));
    return ScriptStatement{ScriptLet{std::move(declaration)}, at};
  }
  if (cursor.accept_word("IF")) return made(parse_if(cursor));
  if (cursor.accept_word("CASE")) return made(parse_case(cursor));
  if (cursor.accept_word("FOR")) return parse_for(cursor, at);
  if (cursor.accept_word("WHILE")) {
    ScriptWhile loop{};
    TRY(loop.condition, parse_value_of(cursor));
    TRY(const auto closing, parse_loop_begin(cursor, "WHILE"));
    TRY(loop.body, parse_body(cursor));
    TRY(loop.label, parse_loop_end(cursor, closing));
    return ScriptStatement{std::move(loop), at};
  }
  if (cursor.accept_word("REPEAT")) {
    ScriptRepeat loop{};
    TRY(loop.body, parse_body(cursor));
    TRY_VOID(cursor.expect_word("UNTIL"));
    TRY(loop.until, parse_value_of(cursor));
    TRY(loop.label, parse_loop_end(cursor, "REPEAT"));
    return ScriptStatement{std::move(loop), at};
  }
  if (cursor.accept_word("LOOP")) {
    ScriptLoop loop;
    TRY(loop.body, parse_body(cursor));
    TRY(loop.label, parse_loop_end(cursor, "LOOP"));
    return ScriptStatement{std::move(loop), at};
  }
  if (cursor.accept_word("BREAK") || cursor.accept_word("EXIT"))
    return ScriptStatement{ScriptBreak{label_of(cursor)}, at};
  if (cursor.accept_word("CONTINUE") || cursor.accept_word("ITERATE"))
    return ScriptStatement{ScriptContinue{label_of(cursor)}, at};
  if (cursor.accept_word("OPEN")) {
    ScriptOpen open{};
    TRY(open.cursor, cursor.identifier());
    if (cursor.accept_word("USING")) {
      TRY_VOID(cursor.expect_symbol("("));
      do {
        TRY(auto value, parse_value_of(cursor));
        open.values.push_back(std::move(value));
      } while (cursor.accept_symbol(","));
      TRY_VOID(cursor.expect_symbol(")"));
    }
    return ScriptStatement{std::move(open), at};
  }
  if (cursor.accept_word("FETCH")) {
    ScriptFetch fetch{};
    TRY(fetch.cursor, cursor.identifier());
    TRY_VOID(cursor.expect_word("INTO"));
    TRY(fetch.into, parse_variables(cursor));
    return ScriptStatement{std::move(fetch), at};
  }
  if (cursor.accept_word("CLOSE")) {
    ScriptClose close{};
    TRY(close.cursor, cursor.identifier());
    return ScriptStatement{std::move(close), at};
  }
  if (cursor.accept_word("RETURN")) return made(parse_return(cursor));
  if (cursor.accept_word("RAISE")) {
    ScriptRaise raise{};
    if (!cursor.at_symbol(";")) {
      TRY(raise.exception, cursor.identifier());
    }
    return ScriptStatement{std::move(raise), at};
  }
  if (cursor.accept_word("NULL")) return ScriptStatement{ScriptNothing{}, at};
  if (cursor.at_any_word({"AWAIT", "CANCEL"})) {
    std::string what = cursor.take().text;
    take_statement(cursor, cursor.index() - 1);
    return ScriptStatement{ScriptRefused{std::move(what)}, at};
  }
  if (cursor.accept_words({"EXECUTE", "IMMEDIATE"})) return made(parse_execute_text(cursor));
  return made(parse_sql(cursor));
}

bool is_name(const Token& token) { return token.kind == TokenKind::Word || token.kind == TokenKind::QuotedName; }

std::string bind_of(std::string_view name) {
  std::string text = ":\"";
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  return text + '"';
}

}  // namespace

base::Result<ScriptNested> parse_script_block(std::string_view text) {
  Cursor cursor(text);
  while (cursor.accept_symbol(";")) {
  }
  for (const Token& token : cursor.tokens())
    if (token.kind == TokenKind::Invalid) return cursor.unexpected(token);
  TRY(auto block, parse_nested(cursor));
  while (cursor.accept_symbol(";")) {
  }
  if (!cursor.at(TokenKind::End)) return cursor.unexpected();
  return block;
}

std::string with_binds(std::string_view text, ScriptTextKind kind,
                       const std::function<bool(std::string_view)>& is_variable) {
  const std::vector<Token> tokens = tokenize(text);
  std::string made;
  std::size_t copied = 0;
  std::vector<bool> in_query;  // one for each open parenthesis
  const auto replace = [&](std::size_t from, std::size_t to, const std::string& by) {
    made.append(text, copied, tokens[from].at.offset - copied);
    made += (made.empty() || made.back() == ' ' ? "" : " ") + by + ' ';
    copied = tokens[to].at.offset + tokens[to].at.length;
  };
  for (std::size_t i = 0; tokens[i].kind != TokenKind::End; ++i) {
    const Token& token = tokens[i];
    if (token.is_symbol("("))
      in_query.push_back((!in_query.empty() && in_query.back()) || tokens[i + 1].is_word("SELECT") ||
                         tokens[i + 1].is_word("WITH"));
    if (token.is_symbol(")") && !in_query.empty()) in_query.pop_back();
    const bool colon =
        token.is_symbol(":") && is_name(tokens[i + 1]) && (i == 0 || token.spaced || !is_name(tokens[i - 1]));
    const std::size_t name = colon ? i + 1 : i;
    if (!is_name(tokens[name])) continue;
    if (colon) (void)is_variable(tokens[name].text);  // it may want to know
    const bool bare = !colon && kind == ScriptTextKind::Expression && (in_query.empty() || !in_query.back());
    if (!colon && (!bare || (i > 0 && (tokens[i - 1].is_symbol(".") || tokens[i - 1].is_symbol(":") ||
                                       tokens[i - 1].is_symbol("::")))))
      continue;
    // A row's column, or a variable; a name with a parenthesis after it is a function.
    if (tokens[name + 1].is_symbol(".") && is_name(tokens[name + 2])) {
      const std::string column = tokens[name].text + "." + tokens[name + 2].text;
      if (is_variable(column)) {
        replace(i, name + 2, bind_of(column));
        i = name + 2;
        continue;
      }
    }
    if (bare && !tokens[name + 1].is_symbol("(") && !tokens[name + 1].is_symbol(".") && is_variable(tokens[name].text))
      replace(i, name, bind_of(tokens[name].text));
    i = name;
  }
  return made.append(text, copied);
}

}  // namespace sql
