#pragma once

// The tree of a scripting block (DECLARE .. BEGIN .. EXCEPTION .. END). Source: streams-tasks-sql.md 5.3.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "sql/ast_expr.h"
#include "sql/ast_name.h"

namespace sql {

// What is evaluated and run is kept as text: names in it mean variables, which only the running block knows.
/// An expression outside of SQL: bare names may be variables. `tree` is what it parsed as.
struct ScriptExpr {
  SourceText source;
  Expr tree;
};

/// What stands in RESULTSET := (..), CURSOR FOR .., RETURN TABLE(..): a statement, EXECUTE IMMEDIATE, or a name.
struct ScriptQuery {
  SourceText source;
};

struct ScriptStatement;
using ScriptBody = std::vector<ScriptStatement>;

struct ScriptVariable {
  Identifier name;
  std::optional<TypeName> type;
  std::optional<ScriptExpr> value;
};
/// `c CURSOR FOR SELECT ..` or `c CURSOR FOR resultset`
struct ScriptCursor {
  Identifier name;
  ScriptQuery query;
  std::optional<Identifier> result_set;  // instead of a query
};
struct ScriptResultSet {
  Identifier name;
  std::optional<ScriptQuery> query;
};
struct ScriptException {
  Identifier name;
  std::int64_t code = -20000;
  std::string message;
};
using ScriptDeclaration = std::variant<ScriptVariable, ScriptCursor, ScriptResultSet, ScriptException>;

struct ScriptHandler {
  std::vector<Identifier> exceptions;  // OTHER, STATEMENT_ERROR, EXPRESSION_ERROR, names of DECLARE
  bool goes_on = false;                // CONTINUE
  ScriptBody body;
};
struct ScriptNested {
  std::vector<ScriptDeclaration> declarations;
  ScriptBody body;
  std::vector<ScriptHandler> handlers;
};

/// LET
struct ScriptLet {
  ScriptDeclaration declaration;
};
/// x := e; of a RESULTSET, x := (SELECT ..) is run instead: `query` has what stands in the parentheses.
struct ScriptAssign {
  Identifier name;
  ScriptExpr value;
  std::optional<ScriptQuery> query;
};
/// Any statement of SQL; `into` are the variables of SELECT .. INTO and CALL .. INTO, taken out of the text.
struct ScriptSql {
  SourceText source;
  std::string text;
  std::vector<Identifier> into;
  bool is_select = false;
};
struct ScriptExecute {
  ScriptExpr text;
  std::vector<Identifier> using_variables;
};
struct ScriptBranch {
  ScriptExpr condition;  // of a CASE with a subject: the value to compare
  ScriptBody body;
};
struct ScriptIf {
  std::optional<ScriptExpr> subject;  // of CASE
  std::vector<ScriptBranch> branches;
  ScriptBody otherwise;
};
struct ScriptForRange {
  Identifier counter;
  bool reverse = false;
  ScriptExpr from, to;
  ScriptBody body;
  std::string label;
};
struct ScriptForRows {
  Identifier row;
  Identifier rows;  // a cursor or RESULTSET
  ScriptBody body;
  std::string label;
};
struct ScriptWhile {
  ScriptExpr condition;
  ScriptBody body;
  std::string label;
};
struct ScriptRepeat {
  ScriptBody body;
  ScriptExpr until;
  std::string label;
};
struct ScriptLoop {
  ScriptBody body;
  std::string label;
};
struct ScriptBreak {
  std::string label;
};
struct ScriptContinue {
  std::string label;
};
struct ScriptOpen {
  Identifier cursor;
  std::vector<ScriptExpr> values;
};
struct ScriptFetch {
  Identifier cursor;
  std::vector<Identifier> into;
};
struct ScriptClose {
  Identifier cursor;
};
struct ScriptReturn {
  std::optional<ScriptExpr> value;
  std::optional<ScriptQuery> table;  // RETURN TABLE(..)
};
struct ScriptRaise {
  std::optional<Identifier> exception;  // none: again, in a handler
};
struct ScriptNothing {};  // NULL;
/// What we know and refuse when it is run.
struct ScriptRefused {
  std::string what;
};

struct ScriptStatement {
  std::variant<ScriptNested, ScriptLet, ScriptAssign, ScriptSql, ScriptExecute, ScriptIf, ScriptForRange, ScriptForRows,
               ScriptWhile, ScriptRepeat, ScriptLoop, ScriptBreak, ScriptContinue, ScriptOpen, ScriptFetch, ScriptClose,
               ScriptReturn, ScriptRaise, ScriptNothing, ScriptRefused>
      node;
  base::SourceSpan at;
};

/// One block, `;` allowed after it. Errors: those of parse_statement.
base::Result<ScriptNested> parse_script_block(std::string_view text);

/// The text of an expression or statement with its variables as binds: In an expression
/// bare names that are variables become `:name`, and `row.column` of a row `:"ROW.COLUMN"`; in SQL, and in the
/// subqueries of an expression, only `:row.column` changes. `is_variable` is asked for every name that may be one.
enum class ScriptTextKind { Expression, Sql };
std::string with_binds(std::string_view text, ScriptTextKind kind,
                       const std::function<bool(std::string_view)>& is_variable);

}  // namespace sql
