#pragma once

#include <string>
#include <string_view>

#include "sql/printer.h"

namespace sql {

/// How tightly a form binds; an operand is put in parentheses when it binds less tightly than its place demands.
enum class Binding { Lowest, Or, And, Not, Compare, Concat, Add, Multiply, Sign, Postfix, Primary };

/// Appends the text of trees to one string. One instance prints one tree.
class TreePrinter {
 public:
  explicit TreePrinter(Dialect dialect) : dialect_(dialect) {}
  std::string take() { return std::move(out_); }

  // Names, literals, types: printer.cpp
  void identifier(const Identifier& name);
  void name(const ObjectName& name);
  void stage(const StageRef& stage);
  void string_literal(std::string_view value);
  void type(const TypeName& type);
  void type_list(const std::vector<TypeName>& types);
  void identifier_list(const std::vector<Identifier>& names);

  // printer_expr.cpp
  void expr(const Expr& expr) { operand(expr, Binding::Lowest); }
  void operand(const Expr& expr, Binding least);
  void expr_list(const std::vector<Expr>& list);
  void argument_list(const std::vector<Argument>& list);
  void order_list(const std::vector<OrderItem>& list);
  void column(const ColumnRef& column);
  void window(const WindowSpec& window);

  // printer_query.cpp
  void query(const Query& query);
  void table(const TableRef& table);
  void table_list(const std::vector<TableRef>& tables);
  void time_point(const TimePoint& point);
  void values(const std::vector<std::vector<Expr>>& rows);

  // printer_statement.cpp and its neighbours
  void statement(const Statement& statement);
  void options(const Options& options);  // a blank before each
  void option(const Option& option);
  void option_value(const OptionValue& value);
  void mode(const CreateMode& mode, std::string_view kind);  // CREATE [OR ..] kind [IF NOT EXISTS], a blank after it
  void clone(const std::optional<CloneSource>& clone);
  void column_definition(const ColumnDef& column);
  void constraint(const Constraint& constraint);
  void labelled(std::string_view words, const std::optional<std::string>& text);  // ` words 'text'`

 private:
  friend struct ExprPrinter;
  friend struct QueryPrinter;
  friend struct StatementPrinter;
  friend struct AlterPrinter;

  bool duckdb() const { return dialect_ == Dialect::DuckDb; }
  void put(std::string_view text) { out_ += text; }
  void word(std::string_view text);  // a blank before it unless the text has one or a parenthesis
  void nulls_order(bool descending, NullsOrder nulls);

  // `function` for each element, `separator` between them
  template <class List, class Function>
  void join(const List& list, std::string_view separator, Function function) {
    bool first = true;
    for (const auto& element : list) {
      if (!first) put(separator);
      first = false;
      function(element);
    }
  }

  Dialect dialect_;
  std::string out_;
};

}  // namespace sql
