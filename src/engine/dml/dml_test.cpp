#include "engine/dml/dml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/overloaded.h"
#include "engine/test_database.h"
#include "sql/parser.h"

namespace engine {
namespace {

using catalog::Column;
using catalog::LogicalType;
using catalog::ObjectId;
using catalog::ObjectKind;

/// Runs DML texts on tables of DB.S, and answers "2" or "1,0" (the row of counts) or the error's text.
class DmlTest : public testing::Test {
 protected:
  DmlTest() {
    auto work = test_.start(test_.session());
    database_ = work->new_object_id();
    schema_ = work->new_object_id();
    TestDatabase::must(work->put({.id = database_, .kind = ObjectKind::Database, .name = "DB"}));
    TestDatabase::must(work->put({.id = schema_, .kind = ObjectKind::Schema, .container = database_, .name = "S"}));
    TestDatabase::must(work->commit());
  }

  ObjectId make(const std::string& name, std::vector<Column> columns) {
    auto work = test_.start(test_.session());
    catalog::TableBody body;
    body.columns = std::move(columns);
    for (Column& column : body.columns) column.id = {body.next_column++};
    body.segments = {{work->new_segment_id(), std::nullopt}};
    const ObjectId id = work->new_object_id();
    TestDatabase::must(
        work->put({.id = id, .kind = ObjectKind::Table, .container = schema_, .name = name, .body = std::move(body)}));
    TestDatabase::must(work->commit());
    return id;
  }
  ObjectId make_plain(const std::string& name) {
    return make(name, {{.name = "ID", .type = LogicalType::number()}, {.name = "V", .type = LogicalType::text()}});
  }

  StatementContext statement_context() {
    StatementContext context;
    context.names = {.database = database_, .schema = schema_};
    context.parameters = &parameters_;
    context.now = test_.clock().now();
    return context;
  }

  std::string run(std::string_view text) {
    const auto statement = sql::parse_statement(text);
    if (!statement) return base::to_text(statement.error());
    StatementContext context = statement_context();
    const auto attempt = [&]() -> base::Result<std::string> {
      TRY(auto work, test_.session().begin_work({.query_id = "q", .now = context.now}));
      TRY(const auto locks, locks_of(*statement, work->catalog(), context));
      for (const DmlLock& lock : locks) TRY_VOID(work->lock(lock.object, lock.mode));
      TRY_VOID(work->start());
      BindContext bind{.statement = context, .work = *work, .sources = {}, .tables_read = {}, .streams_read = {}};
      bind.text = text;
      TRY(const DmlOutcome outcome, dispatch(statement->node, bind));
      TRY_VOID(work->commit());
      std::string shown;
      for (std::size_t i = 0; i < outcome.result->columns().size(); ++i) {
        const Value value = outcome.result->value(0, i);
        const auto* number = std::get_if<Decimal>(&value);
        shown += (i == 0 ? "" : ",") + (number ? base::to_string(number->digits) : std::get<std::string>(value));
      }
      return shown;
    };
    const auto done = attempt();
    return done ? *done : base::to_text(done.error());
  }

  static base::Result<DmlOutcome> dispatch(const auto& node, BindContext& bind) {
    return std::visit(
        base::Overloaded{
            [&](const sql::Insert& s) { return insert(s, bind); },
            [&](const sql::MultiInsert& s) { return insert_multi(s, bind); },
            [&](const sql::Update& s) { return update(s, bind); },
            [&](const sql::Delete& s) { return delete_rows(s, bind); },
            [&](const sql::Merge& s) { return merge(s, bind); },
            [&](const sql::Truncate& s) { return truncate(s, bind); },
            [](const auto&) -> base::Result<DmlOutcome> { return base::fail(base::ErrorKind::Unsupported, "no DML"); },
        },
        node);
  }

  std::string rows(ObjectId table, const std::string& columns = "c1, c2") {
    auto work = test_.start(test_.session());
    return TestDatabase::show(*work, work->rows(*test_.table(table)), columns);
  }

  TestDatabase test_;
  ObjectId database_, schema_;
  Parameters parameters_;
};

TEST_F(DmlTest, InsertTakesValuesQueriesAndDefaults) {
  auto work = test_.start(test_.session());
  const ObjectId sequence = work->new_object_id();
  TestDatabase::must(work->put({.id = sequence,
                                .kind = ObjectKind::Sequence,
                                .container = schema_,
                                .name = "T_ID",
                                .body = catalog::SequenceBody{.start = 5, .step = 5, .next = 5}}));
  TestDatabase::must(work->commit());
  const auto table = make("T", {{.name = "ID",
                                 .type = LogicalType::number(),
                                 .identity_start = 5,
                                 .identity_step = 5,
                                 .identity_sequence = sequence},
                                {.name = "V", .type = LogicalType::text(), .default_text = "'none'"},
                                {.name = "N", .type = LogicalType::number(), .nullable = true}});
  EXPECT_EQ(run("INSERT INTO t (v) VALUES ('a'), (DEFAULT), (NULL)"), "3");
  EXPECT_EQ(rows(table, "c1, c2, c3"), "10,none|15|5,a");
  EXPECT_EQ(run("INSERT INTO t (n, id) SELECT 7, 100"), "1");
  EXPECT_EQ(run("INSERT INTO s.t VALUES (101, 'x', 1 + 1)"), "1");
  EXPECT_EQ(rows(table, "c1, c2, c3"), "10,none|100,none,7|101,x,2|15|5,a");
  EXPECT_EQ(run("INSERT OVERWRITE INTO t SELECT id + 1, v, n FROM t WHERE id > 99"), "2");
  EXPECT_EQ(rows(table, "c1, c2, c3"), "101,none,7|102,x,2");
  EXPECT_EQ(run("TRUNCATE TABLE t"), "Statement executed successfully.");
  EXPECT_EQ(rows(table), "");
  EXPECT_EQ(run("TRUNCATE TABLE IF EXISTS nowhere"), "Statement executed successfully.");
}

TEST_F(DmlTest, InsertRefusesByName) {
  make("T",
       {{.name = "ID", .type = LogicalType::number(), .nullable = false}, {.name = "V", .type = LogicalType::text(3)}});
  struct Case {
    std::string_view text, error;
  };
  for (const Case& c : std::to_array<Case>({
           {"INSERT INTO nowhere VALUES (1)",
            "002003 (42S02): SQL compilation error:\nObject 'NOWHERE' does not exist or not authorized."},
           {"INSERT INTO t VALUES (1)",
            "002020 (21S01): SQL compilation error:\nInsert value list does not match column list expecting 2 but got "
            "1"},
           {"INSERT INTO t (id) SELECT 1, 2",
            "002020 (21S01): SQL compilation error:\nInsert value list does not match column list expecting 1 but got "
            "2"},
           {"INSERT INTO t (id, x) VALUES (1, 2)",
            "000904 (42000): SQL compilation error: error line 1 at position 19\ninvalid identifier 'X'"},
           {"INSERT INTO t (id, id) VALUES (1, 2)",
            "002025 (42S21): SQL compilation error:\nduplicate column name 'ID'"},
           {"INSERT INTO t VALUES (NULL, 'a')", "100072 (22000): NULL result in a non-nullable column"},
           {"INSERT INTO t (v) VALUES ('a')", "100072 (22000): NULL result in a non-nullable column"},
       }))
    EXPECT_EQ(run(c.text), c.error) << c.text;
  EXPECT_EQ(
      run("INSERT INTO t VALUES ('d', 'a')"),
      "100038 (22018): DML operation to table T failed on column ID with error: Numeric value 'd' is not recognized");
}

TEST_F(DmlTest, MultiTableInsert) {
  struct Case {
    std::string_view first, one, two;
  };
  // Source: streams-tasks-sql.md 3.2.
  for (const Case& c : std::to_array<Case>({{"ALL", "20|200|200", "2|20|200"}, {"FIRST", "20|200", "2|20"}})) {
    const auto one = make(std::string("T1") + std::string(c.first), {{.name = "N", .type = LogicalType::number()}});
    const auto two = make(std::string("T2") + std::string(c.first), {{.name = "N", .type = LogicalType::number()}});
    const std::string t1 = "T1" + std::string(c.first), t2 = "T2" + std::string(c.first);
    run("INSERT " + std::string(c.first) + " WHEN n > 150 THEN INTO " + t1 + " WHEN n > 15 THEN INTO " + t1 + " INTO " +
        t2 + " ELSE INTO " + t2 + " SELECT column1 AS n FROM VALUES (2), (20), (200)");
    EXPECT_EQ(rows(one, "c1"), c.one);
    EXPECT_EQ(rows(two, "c1"), c.two);
  }
}

// More rows than whose images are fetched by the search itself.
TEST_F(DmlTest, UpdateAndDeleteOfManyRows) {
  const auto table = make_plain("T");
  EXPECT_EQ(run("INSERT INTO t SELECT SEQ8(), 'a' FROM TABLE(GENERATOR(ROWCOUNT => 25000))"), "25000");
  const auto before = test_.database().version();
  EXPECT_EQ(run("UPDATE t SET v = 'b', id = id + 1 WHERE id < 24000"), "24000,0");
  EXPECT_EQ(run("DELETE FROM t WHERE v = 'b' AND id > 3"), "23997");
  EXPECT_EQ(run("DELETE FROM t WHERE id >= 24002"), "998");
  EXPECT_EQ(rows(table), "1,b|2,b|24000,a|24001,a|3,b");
  auto work = test_.start(test_.session());
  const auto record = test_.table(table);
  const std::string delta = TestDatabase::must(work->changes(*record, before, work->version()));
  EXPECT_EQ(TestDatabase::show(*work,
                               "(SELECT _action, _update, count(*) AS n, sum(c1) AS s FROM " + delta + " GROUP BY ALL)",
                               "_action, _update, n, s"),
            "DELETE,false,24995,312439496|DELETE,true,3,3|INSERT,true,3,6");
  EXPECT_EQ(TestDatabase::show(
                *work, "(SELECT count(*) AS n FROM " + TestDatabase::must(work->rows_at(*record, before)) + ")", "n"),
            "25000");
}

TEST_F(DmlTest, MergeOfManyRows) {
  const auto table = make_plain("T");
  const auto merge = [&](std::string_view texts) {
    return run(
        fmt::format("MERGE INTO t USING (SELECT MOD(SEQ8() * 7919, 25000) AS k, '{}' AS w FROM "
                    "TABLE(GENERATOR(ROWCOUNT => 25000))) AS s ON t.id = s.k"
                    " WHEN MATCHED AND k < 10 THEN DELETE WHEN MATCHED THEN UPDATE SET v = w WHEN NOT MATCHED THEN "
                    "INSERT VALUES (k, w)",
                    texts));
  };
  EXPECT_EQ(merge("a"), "25000,0,0");
  EXPECT_EQ(merge("b"), "0,24990,10");
  EXPECT_EQ(merge("c"), "10,24990,0");
  auto work = test_.start(test_.session());
  const std::string all = work->rows(*test_.table(table));
  EXPECT_EQ(
      TestDatabase::show(
          *work,
          "(SELECT count(*) AS n, count(DISTINCT c1) AS d, sum(c1) AS s, min(c2) AS a, max(c2) AS b FROM " + all + ")",
          "n, d, s, a, b"),
      "25000,25000,312487500,c,c");
  // The first 25,000 were stored in the order of their keys: a row group of 2,048 has about so many keys, not all of
  // them.
  EXPECT_EQ(TestDatabase::show(*work,
                               "(SELECT max(w) < 5000 AS narrow FROM (SELECT max(c1) - min(c1) AS w FROM " + all +
                                   " GROUP BY _row // 2048))",
                               "narrow"),
            "true");
}

TEST_F(DmlTest, UpdateAndDelete) {
  const auto table = make_plain("T");
  const auto other = make_plain("U");
  run("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  EXPECT_EQ(run("UPDATE t SET v = v || 'x', id = id + 10 WHERE id >= 2"), "2,0");
  EXPECT_EQ(rows(table), "1,a|12,bx|13,cx");
  EXPECT_EQ(run("UPDATE t AS a SET a.v = DEFAULT WHERE a.id = 1"), "1,0");
  EXPECT_EQ(rows(table), "1|12,bx|13,cx");
  run("INSERT INTO u VALUES (12, 'p'), (12, 'q'), (1, 'r')");
  EXPECT_EQ(run("UPDATE t SET v = u.v FROM u WHERE t.id = u.id"), "2,1");
  EXPECT_EQ(run("DELETE FROM u WHERE id = 1"), "1");
  EXPECT_EQ(run("DELETE FROM t USING u WHERE t.id = u.id"), "1");
  EXPECT_EQ(rows(table), "1,r|13,cx");
  EXPECT_EQ(rows(other), "12,p|12,q");
  EXPECT_EQ(run("DELETE FROM t"), "2");
  TestDatabase::must(parameters_.set("ERROR_ON_NONDETERMINISTIC_UPDATE", "TRUE"));
  run("INSERT INTO t VALUES (12, 'z')");
  EXPECT_EQ(run("UPDATE t SET v = u.v FROM u WHERE t.id = u.id"),
            "100090 (42P18): Duplicate row detected during DML action\nRow Values: [12, \"z\"]");
}

TEST_F(DmlTest, Merge) {
  const auto table = make_plain("T");
  make_plain("U");
  run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  run("INSERT INTO u VALUES (1, 'x'), (2, NULL), (3, 'z')");
  EXPECT_EQ(run("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED AND u.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE "
                "SET t.v = u.v"
                " WHEN NOT MATCHED THEN INSERT (id, v) VALUES (u.id, u.v)"),
            "1,1,1");
  EXPECT_EQ(rows(table), "1,x|3,z");
  EXPECT_EQ(run("MERGE INTO t AS a USING (SELECT 3 AS id, 'w' AS v UNION ALL SELECT 4, 'n') AS s ON a.id = s.id WHEN "
                "NOT MATCHED THEN INSERT ALL BY NAME"
                " WHEN MATCHED THEN UPDATE ALL BY NAME"),
            "1,1");
  EXPECT_EQ(rows(table), "1,x|3,w|4,n");
  // Keys of a wide carrier, and ones that do not fit a narrow column.
  EXPECT_EQ(run("MERGE INTO t USING (SELECT SUM(id) * 3 AS id, 'sum' AS v FROM u WHERE id = 1) s ON t.id = s.id WHEN "
                "MATCHED THEN UPDATE SET v = s.v"),
            "1");
  EXPECT_EQ(run("MERGE INTO t USING (SELECT 12345678901234567890123456789012345678 AS id, 0.5 AS d) s ON t.id = s.id "
                "OR t.id = s.d WHEN MATCHED THEN DELETE"),
            "0");
  EXPECT_EQ(rows(table), "1,x|3,sum|4,n");
}

TEST_F(DmlTest, MergeIsCheckedBeforeItRuns) {
  make_plain("T");
  make_plain("U");
  struct Case {
    std::string_view text, error;
  };
  for (const Case& c : std::to_array<Case>({
           {"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE WHEN MATCHED THEN UPDATE SET v = 'x'",
            "Unreachable merge case."},
           {"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET u.v = 'x'", "invalid identifier 'U.V'"},
           {"MERGE INTO t USING u ON t.id = u.id WHEN NOT MATCHED THEN INSERT (id) VALUES (t.id)",
            "invalid identifier 'T.ID'"},
           {"MERGE INTO t USING u ON t.id = u.id WHEN NOT MATCHED AND t.v = 'a' THEN INSERT (id) VALUES (1)",
            "invalid identifier 'T.V'"},
           {"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED AND v = 'a' THEN DELETE", "ambiguous column name 'V'"},
           {"MERGE INTO t AS a USING u ON t.id = u.id WHEN MATCHED THEN DELETE", "invalid identifier 'T.ID'"},
           {"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET v = 'a', v = 'b'",
            "duplicate column name 'V'"},
           {"MERGE INTO t USING u ON t.id = u.id WHEN NOT MATCHED THEN INSERT (id, v) VALUES (1)",
            "expecting 2 but got 1"},
       })) {
    const std::string error = run(c.text);
    EXPECT_NE(error.find(c.error), std::string::npos) << c.text << "\n" << error;
  }
}

TEST_F(DmlTest, ANarrowColumnIsWidenedForALargeValue) {
  const auto table = make("T", {{.name = "ID", .type = LogicalType::number()},
                                {.name = "P", .type = LogicalType::number(12, 2)},
                                {.name = "D", .type = LogicalType::number(38, 2)}});
  EXPECT_EQ(widenable(*test_.table(table)), (std::vector<catalog::ColumnId>{{1}, {3}}));
  run("INSERT INTO t VALUES (1, 1.5, 2.25)");
  for (const std::string_view text : {"INSERT INTO t VALUES (12345678901234567890123456789012345678, 0, 0)",
                                      "INSERT INTO t SELECT '12345678901234567890123456789012345678', 0, 0",
                                      "INSERT INTO t SELECT id + 12345678901234567890123456789012345677, 0, 0 FROM t",
                                      "UPDATE t SET d = 123456789012345678901234567890.25"}) {
    const std::string error = run(text);
    EXPECT_TRUE(error.starts_with("100039 (22003)") || error.starts_with("100046 (22003)")) << text << "\n" << error;
  }
  {
    auto work = test_.begin(test_.session());
    TestDatabase::must(work->widen(*test_.table(table), widenable(*test_.table(table))));
  }
  EXPECT_EQ(run("INSERT INTO t VALUES (12345678901234567890123456789012345678, 0, 0)"), "1");
  EXPECT_EQ(run("UPDATE t SET d = 123456789012345678901234567890.25 WHERE id = 1"), "1,0");
  EXPECT_EQ(rows(table, "c1, c2, c3"),
            "1,1.50,123456789012345678901234567890.25|12345678901234567890123456789012345678,0.00,0.00");
  EXPECT_TRUE(widenable(*test_.table(table)).empty());
}

TEST_F(DmlTest, StatementsOfATransactionSeeEachOther) {
  const auto table = make_plain("T");
  run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  const auto offset = test_.database().version();
  TestDatabase::must(test_.session().begin(test_.clock().now()));
  EXPECT_EQ(run("INSERT INTO t SELECT id + 10, v FROM t"), "2");
  EXPECT_EQ(run("UPDATE t SET v = v || '!' WHERE id > 1"), "3,0");
  EXPECT_EQ(run("INSERT INTO t VALUES ('x', 'fails')").substr(0, 6), "100038");
  EXPECT_EQ(run("DELETE FROM t WHERE id = 12"), "1");
  EXPECT_EQ(run("INSERT OVERWRITE INTO t SELECT id, v FROM t WHERE id <> 2"), "2");
  EXPECT_EQ(rows(table), "1,a|11,a!");
  TestDatabase::must(test_.session().rollback());
  EXPECT_EQ(rows(table), "1,a|2,b");
  TestDatabase::must(test_.session().begin(test_.clock().now()));
  run("UPDATE t SET v = 'x' WHERE id = 1");
  run("UPDATE t SET v = 'y' WHERE id = 1");
  run("INSERT INTO t VALUES (3, 'c')");
  run("UPDATE t SET v = 'd' WHERE id = 3");
  TestDatabase::must(test_.session().commit({.query_id = "c", .now = test_.clock().now()}));
  EXPECT_EQ(test_.changes(table, offset), "1,a,DELETE,true|1,y,INSERT,true|3,d,INSERT,false");
  EXPECT_EQ(test_.insertions(table, offset), "3,c");
}

TEST_F(DmlTest, LocksFollowTheStatement) {
  const auto table = make_plain("T");
  const auto other = make_plain("U");
  auto work = test_.start(test_.session());
  const ObjectId stream = work->new_object_id();
  TestDatabase::must(work->put({.id = stream,
                                .kind = ObjectKind::Stream,
                                .container = schema_,
                                .name = "ST",
                                .body = catalog::StreamBody{.source = other, .base_tables = {other}}}));
  TestDatabase::must(work->put({.id = work->new_object_id(),
                                .kind = ObjectKind::View,
                                .container = schema_,
                                .name = "W",
                                .body = catalog::ViewBody{.query_text = "SELECT * FROM st"}}));
  TestDatabase::must(work->commit());
  using enum LockMode;
  struct Case {
    std::string_view text;
    std::vector<std::pair<ObjectId, LockMode>> locks;
  };
  for (const Case& c : std::vector<Case>{
           {"INSERT INTO t VALUES (1, 'a')", {{table, Shared}}},
           {"INSERT INTO t SELECT * FROM u", {{table, Shared}}},
           {"INSERT OVERWRITE INTO t SELECT * FROM u", {{table, Exclusive}}},
           {"INSERT INTO t SELECT id, v FROM st", {{table, Shared}, {stream, Exclusive}}},
           {"INSERT INTO t SELECT id, v FROM w", {{table, Shared}, {stream, Exclusive}}},
           {"UPDATE t SET v = 'x' WHERE EXISTS (SELECT 1 FROM st)", {{table, Write}, {stream, Exclusive}}},
           {"DELETE FROM t", {{table, Write}}},
           {"MERGE INTO t USING (SELECT * FROM st) s ON t.id = s.id WHEN MATCHED THEN DELETE",
            {{table, Write}, {stream, Exclusive}}},
           {"TRUNCATE TABLE u", {{other, Exclusive}}}}) {
    const auto statement = sql::parse_statement(c.text);
    ASSERT_TRUE(statement) << c.text;
    std::vector<std::pair<ObjectId, LockMode>> found;
    for (const DmlLock& lock :
         TestDatabase::must(locks_of(*statement, *test_.database().catalog(), statement_context())))
      found.emplace_back(lock.object, lock.mode);
    EXPECT_EQ(found, c.locks) << c.text;
  }
}

}  // namespace
}  // namespace engine
