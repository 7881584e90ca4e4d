#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "engine/bind/expr.h"
#include "engine/test_database.h"
#include "engine/values/value_text.h"
#include "sql/parser.h"

namespace engine {

/// For tests: a database with one schema, and queries that run on it as a client's would.
class TestBinder {
 public:
  TestBinder() {
    TestDatabase::must(parameters.set("TIMEZONE", "America/Los_Angeles"));
    auto work = db_.start(db_.session());
    db = TestDatabase::must(put(*work, catalog::ObjectKind::Database, {0}, "DB"));
    schema = TestDatabase::must(put(*work, catalog::ObjectKind::Schema, db, "S"));
    TestDatabase::must(work->commit());
  }

  catalog::ObjectId create_table(const std::string& name,
                                 std::vector<std::pair<std::string, catalog::LogicalType>> columns) {
    auto work = db_.start(db_.session());
    catalog::TableBody body;
    for (auto& [column, type] : columns)
      body.columns.push_back({.id = {body.next_column++}, .name = column, .type = type});
    body.segments = {{work->new_segment_id(), std::nullopt}};
    body.tracked_since = catalog::Version{0};
    const catalog::ObjectId id = work->new_object_id();
    TestDatabase::must(work->put({.id = id,
                                  .kind = catalog::ObjectKind::Table,
                                  .container = schema,
                                  .name = name,
                                  .created = db_.clock().now(),
                                  .body = body}));
    TestDatabase::must(work->commit());
    return id;
  }
  void create_view(const std::string& name, const std::string& text) {
    auto work = db_.start(db_.session());
    TestDatabase::must(work->put({.id = work->new_object_id(),
                                  .kind = catalog::ObjectKind::View,
                                  .container = schema,
                                  .name = name,
                                  .body = catalog::ViewBody{.query_text = text}}));
    TestDatabase::must(work->commit());
  }
  void create_sequence(const std::string& name) {
    auto work = db_.start(db_.session());
    TestDatabase::must(work->put({.id = work->new_object_id(),
                                  .kind = catalog::ObjectKind::Sequence,
                                  .container = schema,
                                  .name = name,
                                  .body = catalog::SequenceBody{}}));
    TestDatabase::must(work->commit());
  }
  /// `query` gives the rows, cast to the columns as an INSERT does.
  void insert(catalog::ObjectId table, const std::string& query) {
    auto work = db_.start(db_.session());
    const auto record = work->catalog().find(table);
    const auto& body = std::get<catalog::TableBody>(record->body);
    StatementContext statement = statement_context();
    BindContext context{.statement = statement, .work = *work, .sources = sources, .text = query};
    const auto tree = TestDatabase::must(sql::parse_query(query));
    const BoundQuery bound = TestDatabase::must(bind_query(*tree, context));
    std::string list = "SELECT CAST(NULL AS BIGINT) AS _row";
    for (std::size_t i = 0; i < body.columns.size(); ++i) {
      BoundExpr value = bind::make(fmt::format("x._{}", i), bound.columns.at(i).type, bound.columns.at(i).carrier);
      value = TestDatabase::must(assign(std::move(value), body.columns[i].type, carrier_of(body.columns[i]), context));
      list += fmt::format(", {}", to_sql(value));
    }
    TestDatabase::must(work->change(*record, {.ended_sql = "", .made_sql = list + " FROM (" + bound.sql + ") AS x"}));
    TestDatabase::must(work->commit());
  }

  StatementContext statement_context() {
    StatementContext statement;
    statement.user = "TESTER";
    statement.role = "ACCOUNTADMIN";
    statement.names = {.database = db, .schema = schema};
    statement.parameters = &parameters;
    statement.variables = &variables;
    statement.binds = binds;
    statement.now = db_.clock().now();
    return statement;
  }

  struct Answer {
    std::string names, types, rows;  // "A,B", "NUMBER(38,0),..", "1,x|2,y"; an error's text is in `rows`
    std::string sql;
  };
  Answer ask(const std::string& query) {
    auto work = db_.start(db_.session());
    StatementContext statement = statement_context();
    BindContext context{
        .statement = statement, .work = *work, .sources = sources, .text = query, .wide_arithmetic = wide_arithmetic};
    Answer answer;
    const auto tree = sql::parse_query(query);
    if (!tree) {
      answer.rows = base::to_text(tree.error());
      return answer;
    }
    const auto bound = bind_query(**tree, context);
    if (!bound) {
      answer.rows = base::to_text(bound.error());
      return answer;
    }
    answer.sql = bound->sql;
    std::vector<ResultColumn> columns;
    for (const BoundColumn& column : bound->columns) {
      answer.names += (answer.names.empty() ? "" : ",") + column.name;
      answer.types += (answer.types.empty() ? "" : ",") +
                      (column.type.kind == catalog::TypeKind::Null ? "NULL" : catalog::to_text(column.type));
      columns.push_back({.name = column.name, .type = column.type, .nullable = column.nullable});
    }
    const auto result = work->query(bound->sql, columns);
    if (!result) {
      answer.rows = base::to_text(result.error());
      return answer;
    }
    const FormatSettings settings = format_settings(parameters);
    for (std::uint64_t row = 0; row < (*result)->row_count(); ++row) {
      if (row) answer.rows += '|';
      for (std::size_t i = 0; i < columns.size(); ++i)
        answer.rows += (i ? "," : "") + to_text((*result)->value(row, i), columns[i].type, settings);
    }
    return answer;
  }

  TestDatabase& database() { return db_; }

  Parameters parameters;
  std::map<std::string, Value> variables;
  std::vector<Value> binds;
  std::vector<RelationSource*> sources;
  catalog::ObjectId db{}, schema{};
  bool wide_arithmetic = false;

 private:
  static base::Result<catalog::ObjectId> put(Work& work, catalog::ObjectKind kind, catalog::ObjectId container,
                                             std::string name) {
    const catalog::ObjectId id = work.new_object_id();
    TRY_VOID(work.put(
        {.id = id, .kind = kind, .container = container, .name = std::move(name), .body = catalog::PlainBody{}}));
    return id;
  }
  TestDatabase db_;
};

}  // namespace engine
