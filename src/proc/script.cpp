#include "proc/script.h"

#include <fmt/format.h>

#include <utility>

#include "base/overloaded.h"
#include "engine/locks.h"
#include "proc/one_statement.h"
#include "proc/script_scope.h"
#include "proc/script_value.h"
#include "sql/lexer.h"

namespace proc {
namespace {

using catalog::LogicalType;
using catalog::TypeKind;
using engine::NamedBind;
using engine::NamedBinds;
using engine::Value;
using ResultPtr = std::shared_ptr<const engine::ResultSet>;

base::Error failure(int number, std::string_view state, std::string message) {
  return {base::ErrorKind::InvalidValue, number, std::string(state), std::move(message), std::nullopt};
}

base::Error not_declared(std::string_view name) {
  return {base::ErrorKind::NotFound, 904, "42000", fmt::format("SQL compilation error:\ninvalid identifier '{}'", name),
          std::nullopt};
}

NamedBind text_bind(std::string text) { return {std::move(text), LogicalType::text()}; }
NamedBind number_bind(std::int64_t number) { return {engine::Decimal{number, 0}, LogicalType::number()}; }
NamedBind truth_bind(bool truth) { return {truth, LogicalType::boolean()}; }

class Run {
 public:
  Run(const NamedBinds& arguments, ScriptHost& host) : host_(host), outer_(scopes_) {
    for (const auto& [name, bind] : arguments) scopes_.declare(name, ScriptValue{bind});
    for (const char* name : {"SQLROWCOUNT", "SQLFOUND", "SQLNOTFOUND", "SQLID"})
      special_[name] = {Value(), LogicalType::null()};
  }

  base::Result<ScriptAnswer> run(const sql::ScriptNested& script) {
    auto flow = block(script);
    if (flow) return std::move(answer_);
    base::Error error = std::move(flow).error();
    if (!raised_ || !may_be_caught(error)) return base::fail(std::move(error));
    error.message = fmt::format("Uncaught exception of type '{}' on line {} at position {} : {}", raised_->type,
                                raised_->at.line, raised_->at.column - 1, error.message);
    error.at.reset();
    return base::fail(std::move(error));
  }

 private:
  enum class Flow { Next, Break, Continue, Return };
  /// What an error is to handlers, beside the error itself.
  struct Raised {
    std::string type;
    base::SourceSpan at;
    base::Error error;
  };

  static bool may_be_caught(const base::Error& error) { return error.kind != base::ErrorKind::Cancelled; }

  // ---- Blocks

  base::Result<Flow> block(const sql::ScriptNested& node) {
    const ScriptScopes::Inner inner(scopes_);
    auto flow = [&]() -> base::Result<Flow> {
      for (const auto& declaration : node.declarations) TRY_VOID(declared(declaration, false));
      return Flow::Next;
    }();
    for (std::size_t i = 0; flow && *flow == Flow::Next && i < node.body.size(); ++i) {
      flow = statement(node.body[i]);
      if (flow) continue;
      const sql::ScriptHandler* handler = handler_of(node, flow.error());
      if (!handler) break;
      flow = handled(*handler);
      if (flow && *flow == Flow::Next && !handler->goes_on) return Flow::Next;
    }
    return flow;
  }

  base::Result<Flow> body(const sql::ScriptBody& statements) {
    for (const auto& one : statements) {
      TRY(const Flow flow, statement(one));
      if (flow != Flow::Next) return flow;
    }
    return Flow::Next;
  }

  const sql::ScriptHandler* handler_of(const sql::ScriptNested& node, const base::Error& error) const {
    if (!raised_ || !may_be_caught(error)) return nullptr;
    for (const auto& handler : node.handlers)
      for (const auto& name : handler.exceptions)
        if (name.name == raised_->type || name.name == "OTHER") return &handler;
    return nullptr;
  }

  base::Result<Flow> handled(const sql::ScriptHandler& handler) {
    const ScriptScopes::WithoutLet out_of_sight(scopes_);
    const Raised caught = *std::exchange(raised_, std::nullopt);
    const auto outside = special_;
    special_["SQLCODE"] = number_bind(caught.error.number);
    special_["SQLERRM"] = text_bind(caught.error.message);
    special_["SQLSTATE"] = text_bind(caught.error.sqlstate);
    handling_.push_back(caught);
    auto flow = [&] {
      const ScriptScopes::Inner inner(scopes_);
      return body(handler.body);
    }();
    handling_.pop_back();
    for (const char* name : {"SQLCODE", "SQLERRM", "SQLSTATE"}) {
      special_.erase(name);
      if (const auto found = outside.find(name); found != outside.end()) special_.insert(*found);
    }
    return flow;
  }

  base::Status declared(const sql::ScriptDeclaration& declaration, bool let) {
    const auto add = [&](const sql::Identifier& name, ScriptEntry entry) {
      let ? scopes_.let(name.name, std::move(entry)) : scopes_.declare(name.name, std::move(entry));
    };
    return std::visit(
        base::Overloaded{
            [&](const sql::ScriptVariable& node) -> base::Status {
              ScriptValue made;
              std::optional<NamedBind> value;
              if (node.value) {
                TRY(value, evaluate(*node.value));
              }
              if (node.type) {
                TRY(made.bind.type, host_.type_of(*node.type));
                if (value) {
                  TRY(made.bind, cast(*value, made.bind.type));
                }
              } else if (value && value->type.kind != TypeKind::Null) {
                made.bind = *value;
                TRY_VOID(infer_type(node, made.bind));
              } else {
                return base::fail(failure(92228, "P0000",
                                          fmt::format("SQL compilation error: error line {} at position {}\nThe type "
                                                      "of variable '{}' cannot be inferred; declare it.",
                                                      node.name.at.line, node.name.at.column - 1, node.name.name)));
              }
              add(node.name, std::move(made));
              return {};
            },
            [&](const sql::ScriptCursor& node) -> base::Status {
              add(node.name, ScriptCursorState{.definition = &node, .result = nullptr});
              return {};
            },
            [&](const sql::ScriptResultSet& node) -> base::Status {
              ScriptRows rows;
              if (node.query) {
                TRY(rows.result, result_of(node.query->source.text, {}));
              }
              add(node.name, std::move(rows));
              return {};
            },
            [&](const sql::ScriptException& node) -> base::Status {
              add(node.name, ScriptExceptionType{node.code, node.message});
              return {};
            },
        },
        declaration);
  }

  /// A variable without a type takes that of its first value: a literal with a point makes it FLOAT, another number the
  /// widest NUMBER, a text the longest VARCHAR.
  base::Status infer_type(const sql::ScriptVariable& node, NamedBind& bind) {
    const bool point = std::holds_alternative<sql::NumberLiteral>(node.value->tree.node) && bind.type.scale > 0;
    if (bind.type.kind == TypeKind::Text) bind.type = LogicalType::text();
    if (bind.type.kind != TypeKind::Number) return {};
    TRY(bind, cast(bind, point ? LogicalType::real() : LogicalType::number(38, bind.type.scale)));
    return {};
  }

  // ---- Statements

  base::Result<Flow> statement(const sql::ScriptStatement& one) {
    if (host_.is_cancelled()) return base::fail(engine::cancelled_error());
    error_type_ = "STATEMENT_ERROR";
    auto flow = std::visit([&](const auto& node) { return execute(node); }, one.node);
    if (!flow && !raised_) raised_ = Raised{error_type_, one.at, flow.error()};
    return flow;
  }

  base::Result<Flow> execute(const sql::ScriptNested& node) { return block(node); }
  base::Result<Flow> execute(const sql::ScriptLet& node) {
    TRY_VOID(declared(node.declaration, true));
    return Flow::Next;
  }
  base::Result<Flow> execute(const sql::ScriptNothing&) { return Flow::Next; }
  base::Result<Flow> execute(const sql::ScriptRefused& node) {
    return base::fail(
        {base::ErrorKind::Unsupported, 2, "0A000", fmt::format("Unsupported feature '{}'.", node.what), std::nullopt});
  }

  base::Result<Flow> execute(const sql::ScriptAssign& node) {
    if (auto* rows = scopes_.find_as<ScriptRows>(node.name.name)) {
      if (!node.query) return base::fail(failure(1003, "42000", "A RESULTSET is assigned a statement in parentheses."));
      TRY(auto result, result_of(node.query->source.text, {}));
      rows->result = std::move(result);
      return Flow::Next;
    }
    if (node.value.source.text.empty())
      return base::fail(failure(1003, "42000", fmt::format("'{}' is no RESULTSET.", node.name.name)));
    TRY(const NamedBind value, evaluate(node.value));
    TRY_VOID(assign(node.name, value));
    return Flow::Next;
  }

  base::Result<Flow> execute(const sql::ScriptSql& node) {
    TRY(const auto outcome, run_sql(node.text, {}));
    if (node.into.empty()) return Flow::Next;
    const auto& result = *outcome.result;
    if (result.row_count() > 1)
      return base::fail(failure(
          0, "P0000",
          fmt::format("A SELECT INTO statement expects exactly 1 returned row, but got {}.", result.row_count())));
    if (result.columns().size() != node.into.size())
      return base::fail(failure(0, "P0000",
                                fmt::format("INTO names {} variables and the statement answers {} columns.",
                                            node.into.size(), result.columns().size())));
    for (std::size_t i = 0; i < node.into.size(); ++i)
      TRY_VOID(
          assign(node.into[i], {result.row_count() == 0 ? Value() : result.value(0, i), result.columns()[i].type}));
    return Flow::Next;
  }

  base::Result<Flow> execute(const sql::ScriptExecute& node) {
    TRY_VOID(run_dynamic(node.text, node.using_variables));
    return Flow::Next;
  }

  base::Result<Flow> execute(const sql::ScriptIf& node) {
    std::optional<NamedBind> subject;
    if (node.subject) {
      TRY(subject, evaluate(*node.subject));
    }
    for (const auto& branch : node.branches) {
      TRY(const bool taken, subject ? equal(*subject, branch.condition) : holds(branch.condition));
      if (taken) return body(branch.body);
    }
    return body(node.otherwise);
  }

  base::Result<Flow> execute(const sql::ScriptForRange& node) {
    TRY(const std::int64_t from, bound(node.from));
    TRY(const std::int64_t to, bound(node.to));
    for (std::int64_t step = 0; step <= to - from; ++step) {
      const ScriptScopes::Inner inner(scopes_);
      scopes_.declare(node.counter.name, ScriptValue{number_bind(node.reverse ? to - step : from + step)});
      TRY(const auto end, once(node.body, node.label));
      if (end) return *end;
    }
    return Flow::Next;
  }

  base::Result<Flow> execute(const sql::ScriptForRows& node) {
    TRY(const ResultPtr rows, rows_of(node.rows));
    for (std::uint64_t at = 0; at < rows->row_count(); ++at) {
      const ScriptScopes::Inner inner(scopes_);
      scopes_.declare(node.row.name, ScriptRow{rows, at});
      TRY(const auto end, once(node.body, node.label));
      if (end) return *end;
    }
    return Flow::Next;
  }

  base::Result<Flow> execute(const sql::ScriptWhile& node) {
    for (;;) {
      TRY(const bool goes_on, holds(node.condition));
      if (!goes_on) return Flow::Next;
      TRY(const auto end, once_in_scope(node.body, node.label));
      if (end) return *end;
    }
  }
  base::Result<Flow> execute(const sql::ScriptRepeat& node) {
    for (;;) {
      TRY(const auto end, once_in_scope(node.body, node.label));
      if (end) return *end;
      TRY(const bool over, holds(node.until));
      if (over) return Flow::Next;
    }
  }
  base::Result<Flow> execute(const sql::ScriptLoop& node) {
    for (;;) {
      TRY(const auto end, once_in_scope(node.body, node.label));
      if (end) return *end;
    }
  }

  base::Result<Flow> execute(const sql::ScriptBreak& node) {
    label_ = node.label;
    return Flow::Break;
  }
  base::Result<Flow> execute(const sql::ScriptContinue& node) {
    label_ = node.label;
    return Flow::Continue;
  }

  base::Result<Flow> execute(const sql::ScriptOpen& node) {
    std::vector<Value> values;
    for (const auto& one : node.values) {
      TRY(NamedBind value, evaluate(one));
      values.push_back(std::move(value.value));
    }
    TRY_VOID(open(node.cursor, values));
    return Flow::Next;
  }
  base::Result<Flow> execute(const sql::ScriptFetch& node) {
    TRY(ScriptCursorState * cursor, cursor_named(node.cursor));
    if (!cursor->result)
      return base::fail(failure(0, "P0000", fmt::format("Cursor '{}' is not open.", node.cursor.name)));
    const auto& columns = cursor->result->columns();
    if (columns.size() != node.into.size())
      return base::fail(failure(0, "P0000",
                                fmt::format("FETCH names {} variables and the cursor '{}' has {} columns.",
                                            node.into.size(), node.cursor.name, columns.size())));
    const bool row = cursor->next < cursor->result->row_count();
    std::vector<Value> values;
    for (std::size_t i = 0; i < columns.size(); ++i)
      values.push_back(row ? cursor->result->value(cursor->next, i) : Value());
    const ResultPtr kept = cursor->result;
    if (row) ++cursor->next;
    for (std::size_t i = 0; i < values.size(); ++i)
      TRY_VOID(assign(node.into[i], {std::move(values[i]), kept->columns()[i].type}));
    return Flow::Next;
  }
  base::Result<Flow> execute(const sql::ScriptClose& node) {
    TRY(ScriptCursorState * cursor, cursor_named(node.cursor));
    cursor->result = nullptr;
    cursor->next = 0;
    return Flow::Next;
  }

  base::Result<Flow> execute(const sql::ScriptReturn& node) {
    answer_ = {};
    if (node.table) {
      TRY(answer_.table, table_of(node.table->source.text));
    } else if (node.value) {
      TRY(answer_.value, evaluate(*node.value));
    }
    return Flow::Return;
  }

  base::Result<Flow> execute(const sql::ScriptRaise& node) {
    if (!node.exception) {
      if (handling_.empty())
        return base::fail(failure(0, "P0000", "RAISE without an exception stands in a handler only."));
      raised_ = handling_.back();
      return base::fail(raised_->error);
    }
    const auto* exception = scopes_.find_as<ScriptExceptionType>(node.exception->name);
    if (!exception) return base::fail(not_declared(node.exception->name));
    error_type_ = node.exception->name;
    return base::fail(failure(static_cast<int>(exception->code), "P0001", exception->message));
  }

  // ---- Loops

  /// One pass: nothing goes on, anything else ends the loop with that.
  base::Result<std::optional<Flow>> once(const sql::ScriptBody& statements, const std::string& label) {
    TRY(const Flow flow, body(statements));
    const bool ours = label_.empty() || label_ == label;
    switch (flow) {
      case Flow::Next: return std::nullopt;
      case Flow::Return: return flow;
      case Flow::Break:
        if (!ours) return flow;
        label_.clear();
        return Flow::Next;
      case Flow::Continue:
        if (!ours) return flow;
        label_.clear();
        return std::nullopt;
    }
    return std::nullopt;
  }
  base::Result<std::optional<Flow>> once_in_scope(const sql::ScriptBody& statements, const std::string& label) {
    const ScriptScopes::Inner inner(scopes_);
    return once(statements, label);
  }

  base::Result<std::int64_t> bound(const sql::ScriptExpr& expression) {
    TRY(const NamedBind value, evaluate(expression));
    TRY(const NamedBind number, cast(value, LogicalType::number(18, 0)));
    const auto* digits = std::get_if<engine::Decimal>(&number.value);
    if (!digits) return base::fail(failure(0, "P0000", "A bound of FOR is NULL."));
    return static_cast<std::int64_t>(digits->digits);
  }

  // ---- Values

  std::optional<NamedBind> variable(std::string_view name) {
    if (auto found = scopes_.value(name)) return found;
    const auto found = special_.find(name);
    return found == special_.end() ? std::nullopt : std::optional(found->second);
  }

  /// The text with its variables as binds, which `named` gets.
  std::string bound_text(std::string_view text, sql::ScriptTextKind kind, NamedBinds& named) {
    return sql::with_binds(text, kind, [&](std::string_view name) {
      auto found = variable(name);
      if (found) named.insert_or_assign(std::string(name), *std::move(found));
      return found.has_value();
    });
  }

  base::Result<NamedBind> evaluate(const sql::ScriptExpr& expression) {
    if (auto simple = simple_value(expression.tree, [&](std::string_view name) { return variable(name); }))
      return *std::move(simple);
    NamedBinds named;
    const std::string text = bound_text(expression.source.text, sql::ScriptTextKind::Expression, named);
    return evaluate(text, named);
  }
  base::Result<NamedBind> evaluate(std::string_view text, const NamedBinds& named) {
    auto value = host_.evaluate(text, named);
    if (!value) error_type_ = "EXPRESSION_ERROR";
    return value;
  }

  base::Result<NamedBind> cast(const NamedBind& value, const LogicalType& type) {
    if (auto simple = simple_cast(value, type)) return *std::move(simple);
    TRY(NamedBind made, evaluate(fmt::format("CAST(:V AS {})", catalog::to_text(type)), {{"V", value}}));
    made.type = type;
    return made;
  }

  base::Result<bool> holds(const sql::ScriptExpr& condition) {
    TRY(const NamedBind value, evaluate(condition));
    TRY(const NamedBind truth, cast(value, LogicalType::boolean()));
    const auto* flag = std::get_if<bool>(&truth.value);
    return flag && *flag;
  }

  base::Result<bool> equal(const NamedBind& subject, const sql::ScriptExpr& other) {
    TRY(const NamedBind value, evaluate(other));
    TRY(const NamedBind same, evaluate("COALESCE(:A = :B, FALSE)", {{"A", subject}, {"B", value}}));
    const auto* flag = std::get_if<bool>(&same.value);
    return flag && *flag;
  }

  base::Status assign(const sql::Identifier& name, const NamedBind& value) {
    auto* variable = scopes_.find_as<ScriptValue>(name.name);
    if (!variable) return base::fail(not_declared(name.name));
    TRY(NamedBind made, cast(value, variable->bind.type));
    variable->bind = std::move(made);
    return {};
  }

  // ---- Statements of SQL

  base::Result<engine::StatementOutcome> run_sql(std::string_view text, const std::vector<Value>& binds) {
    NamedBinds named;
    const std::string bound = bound_text(text, sql::ScriptTextKind::Sql, named);
    TRY(auto outcome, host_.run(bound, binds, named));
    note(outcome);
    return outcome;
  }

  void note(const engine::StatementOutcome& outcome) {
    special_["SQLID"] = text_bind(outcome.query_id);
    const auto& counts = outcome.counts;
    if (!counts.inserted && !counts.updated && !counts.deleted && !counts.loaded) return;
    special_["SQLROWCOUNT"] = number_bind(counts.affected());
    special_["SQLFOUND"] = truth_bind(counts.affected() > 0);
    special_["SQLNOTFOUND"] = truth_bind(counts.affected() == 0);
  }

  base::Result<engine::StatementOutcome> run_dynamic(const sql::ScriptExpr& text,
                                                     const std::vector<sql::Identifier>& using_variables) {
    TRY(const NamedBind value, evaluate(text));
    const auto* statement = std::get_if<std::string>(&value.value);
    if (!statement) return base::fail(failure(1044, "42P13", "EXECUTE IMMEDIATE needs a text"));
    std::vector<Value> binds;
    for (const auto& name : using_variables) {
      const auto bind = variable(name.name);
      if (!bind) return base::fail(not_declared(name.name));
      binds.push_back(bind->value);
    }
    if (has_second_statement(*statement))
      return base::fail({base::ErrorKind::Unsupported, 8, "0A000",
                         "Actual statement count 2 did not match the desired statement count 1.", std::nullopt});
    TRY(auto outcome, host_.run(*statement, binds, {}));
    note(outcome);
    return outcome;
  }

  /// The rows of a statement, or of EXECUTE IMMEDIATE.
  base::Result<ResultPtr> result_of(std::string_view text, const std::vector<Value>& binds) {
    if (sql::tokenize(text)[0].is_word("EXECUTE")) {
      TRY(const auto block, sql::parse_script_block(fmt::format("BEGIN {}; END", text)));
      if (const auto* dynamic = std::get_if<sql::ScriptExecute>(&block.body.at(0).node)) {
        TRY(const auto outcome, run_dynamic(dynamic->text, dynamic->using_variables));
        return outcome.result;
      }
    }
    TRY(const auto outcome, run_sql(text, binds));
    return outcome.result;
  }

  /// RETURN TABLE(x): a RESULTSET, RESULTSET_FROM_CURSOR(c), or a statement.
  base::Result<ResultPtr> table_of(std::string_view text) {
    const auto tokens = sql::tokenize(text);
    if (tokens.size() == 2 && scopes_.find(tokens[0].text)) return rows_of({.name = tokens[0].text});
    if (tokens.size() == 5 && tokens[0].is_word("RESULTSET_FROM_CURSOR") && tokens[1].is_symbol("("))
      return rows_of({.name = tokens[2].text});
    return result_of(text, {});
  }

  base::Result<ScriptCursorState*> cursor_named(const sql::Identifier& name) {
    auto* cursor = scopes_.find_as<ScriptCursorState>(name.name);
    if (!cursor) return base::fail(not_declared(name.name));
    return cursor;
  }

  base::Status open(const sql::Identifier& name, const std::vector<Value>& binds) {
    TRY(ScriptCursorState * cursor, cursor_named(name));
    ResultPtr result;
    if (cursor->definition->result_set) {
      TRY(result, rows_of(*cursor->definition->result_set));
    } else {
      TRY(result, result_of(cursor->definition->query.source.text, binds));
    }
    cursor->result = std::move(result);
    cursor->next = 0;
    return {};
  }

  /// All rows of a RESULTSET or of a cursor, which is opened when it is not.
  base::Result<ResultPtr> rows_of(const sql::Identifier& name) {
    if (const auto* rows = scopes_.find_as<ScriptRows>(name.name)) {
      if (!rows->result)
        return base::fail(failure(0, "P0000", fmt::format("RESULTSET '{}' has no rows yet.", name.name)));
      return rows->result;
    }
    TRY(ScriptCursorState * cursor, cursor_named(name));
    if (!cursor->result) TRY_VOID(open(name, {}));
    return cursor->result;
  }

  ScriptHost& host_;
  ScriptScopes scopes_;
  ScriptScopes::Inner outer_;
  NamedBinds special_;
  std::optional<Raised> raised_;  // with the error that is on its way out
  std::vector<Raised> handling_;  // of the handlers that run, the innermost last
  std::string error_type_;        // of an error of the statement that runs
  std::string label_;             // of the BREAK or CONTINUE on its way out
  ScriptAnswer answer_;
};

}  // namespace

base::Result<ScriptAnswer> run_script(const sql::ScriptNested& block, const NamedBinds& arguments, ScriptHost& host) {
  return Run(arguments, host).run(block);
}

}  // namespace proc
