// Queries over tables, run.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "engine/bind/test_binder.h"

namespace engine {
namespace {

using catalog::LogicalType;

struct Case {
  std::string_view query, rows, names;  // empty names are not compared
};

class QueryTest : public testing::Test {
 protected:
  QueryTest() {
    const auto t = binder_.create_table(
        "T", {{"ID", LogicalType::number()}, {"G", LogicalType::text()}, {"X", LogicalType::number(10, 2)}});
    binder_.insert(t, "SELECT * FROM VALUES (1, 'a', 1.5), (2, 'a', 2.5), (3, 'b', 10), (4, NULL, NULL)");
    const auto u = binder_.create_table("U", {{"ID", LogicalType::number()}, {"NAME", LogicalType::text()}});
    binder_.insert(u, "SELECT * FROM VALUES (1, 'one'), (3, 'three'), (9, 'nine')");
  }
  void check(std::initializer_list<Case> cases) {
    for (const Case& c : cases) {
      const auto answer = binder_.ask(std::string(c.query));
      EXPECT_EQ(answer.rows, c.rows) << c.query << "\n" << answer.sql;
      if (!c.names.empty()) EXPECT_EQ(answer.names, c.names) << c.query;
    }
  }
  TestBinder binder_;
};

TEST_F(QueryTest, NamesAndStars) {
  check({{"SELECT * FROM t ORDER BY id", "1,a,1.50|2,a,2.50|3,b,10.00|4,NULL,NULL", "ID,G,X"},
         {"SELECT t.id, id + 1, count(*) over () FROM db.s.t t WHERE id = 1", "1,2,1", "ID,ID + 1,COUNT(*) OVER ()"},
         {"SELECT * EXCLUDE (x) FROM t WHERE id = 1", "1,a", "ID,G"},
         {"SELECT * REPLACE (id * 10 AS id) RENAME (g AS h) FROM t WHERE id = 1", "10,a,1.50", "ID,H,X"},
         {"SELECT * ILIKE '%d' FROM t WHERE id = 1", "1", "ID"},
         {"SELECT $2 FROM t WHERE $1 = 3", "b", ""},
         {"SELECT a.id FROM t a, u b WHERE a.id = b.id ORDER BY 1", "1|3", ""},
         {"SELECT id FROM t, u",
          "002028 (42601): SQL compilation error: error line 1 at position 7\nambiguous column name 'ID'", ""},
         {"SELECT z FROM t",
          "000904 (42000): SQL compilation error: error line 1 at position 7\ninvalid identifier 'Z'", ""},
         {"SELECT t.z FROM t",
          "000904 (42000): SQL compilation error: error line 1 at position 7\ninvalid identifier 'T.Z'", ""},
         {"SELECT 1 FROM nope",
          "002003 (42S02): SQL compilation error:\nObject 'NOPE' does not exist or not authorized.", ""},
         {"SELECT v.c FROM (VALUES (1), (2)) AS v (c) ORDER BY 1 DESC", "2|1", "C"},
         {"SELECT * FROM VALUES (1, NULL), (2, 'x') ORDER BY column1", "1,NULL|2,x", "COLUMN1,COLUMN2"}});
}

TEST_F(QueryTest, LateralAliases) {
  check({{"SELECT id AS a, a + 1 AS b, b * 2 AS c FROM t WHERE a = 1", "1,2,4", "A,B,C"},
         {"SELECT LAG(id) OVER (ORDER BY id DESC) AS p, CASE WHEN p IS NULL THEN TRUE ELSE FALSE END AS q FROM t ORDER "
          "BY id",
          "2,false|3,false|4,false|NULL,true", "P,Q"},
         {"SELECT x AS id, id + 1 AS y FROM t WHERE t.id = 2", "2.50,3", ""},
         {"SELECT g AS k, COUNT(*) AS n FROM t GROUP BY k HAVING n > 1", "a,2", ""}});
}

TEST_F(QueryTest, JoinsAndSubqueries) {
  check({{"SELECT t.id, name FROM t JOIN u ON t.id = u.id ORDER BY t.id", "1,one|3,three", ""},
         {"SELECT id, name FROM t LEFT JOIN u USING (id) ORDER BY id", "1,one|2,NULL|3,three|4,NULL", ""},
         {"SELECT * FROM t JOIN u USING (id) ORDER BY id", "1,a,1.50,one|3,b,10.00,three", "ID,G,X,NAME"},
         {"SELECT id FROM t NATURAL FULL JOIN u ORDER BY id", "1|2|3|4|9", ""},
         {"SELECT id FROM t WHERE id IN (SELECT id FROM u) ORDER BY id", "1|3", ""},
         {"SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id) ORDER BY 1", "1|3", ""},
         {"SELECT (SELECT name FROM u WHERE u.id = t.id) n FROM t ORDER BY t.id", "one|NULL|three|NULL", "N"},
         {"SELECT id FROM t WHERE id > ALL (SELECT id FROM u WHERE id < 3) ORDER BY id", "2|3|4", ""},
         {"WITH c AS (SELECT id i FROM t), d (j) AS (SELECT i + 1 FROM c) SELECT j FROM d ORDER BY j", "2|3|4|5", "J"},
         {"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT * FROM r ORDER BY n",
          "1|2|3|4", "N"}});
}

TEST_F(QueryTest, GroupsAndWindows) {
  check({{"SELECT g, SUM(x), COUNT(*) FROM t GROUP BY g ORDER BY g", "a,4.00,2|b,10.00,1|NULL,NULL,1",
          "G,SUM(X),COUNT(*)"},
         {"SELECT AVG(id) FROM t", "2.500000", ""},
         {"SELECT g, id FROM t GROUP BY g",
          "001104 (42601): SQL compilation error: error line 1 at position 10\n'T.ID' in select clause is neither an "
          "aggregate nor in the group by clause.",
          ""},
         {"SELECT g, MAX(id) FROM t GROUP BY ALL ORDER BY 2", "a,2|b,3|NULL,4", ""},
         {"SELECT g, SUM(id) FROM t GROUP BY ROLLUP (g) ORDER BY 2 DESC, 1", "NULL,10|NULL,4|a,3|b,3", ""},
         {"SELECT LISTAGG(g, ',') WITHIN GROUP (ORDER BY id) FROM t", "a,a,b", ""},
         {"SELECT LISTAGG(g) FROM t WHERE 1 = 0", "", ""},
         {"SELECT COUNT(id, g) FROM t", "3", ""},
         {"SELECT COUNT_IF(id > 2) FROM t", "2", ""},
         {"SELECT id FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY g ORDER BY id DESC) = 1 ORDER BY id", "2|3|4", ""},
         {"SELECT id, LAST_VALUE(id) OVER (ORDER BY id) FROM t WHERE id < 3 ORDER BY id", "1,2|2,2", ""},
         {"SELECT LAG(id, 1, 0) OVER (ORDER BY id) FROM t ORDER BY id", "0|1|2|3", ""},
         {"SELECT id FROM t WHERE COUNT(*) > 1",
          "002035 (42601): SQL compilation error: error line 1 at position 23\nInvalid aggregate function in where "
          "clause [COUNT(*)]",
          ""},
         {"SELECT MEDIAN(x) FROM t", "2.50000", ""},
         {"SELECT DISTINCT g FROM t ORDER BY g DESC", "NULL|b|a", ""}});
}

TEST_F(QueryTest, OrderAndLimits) {
  check({{"SELECT g FROM t ORDER BY g", "a|a|b|NULL", ""},
         {"SELECT g FROM t ORDER BY g DESC", "NULL|b|a|a", ""},
         {"SELECT id AS k FROM t ORDER BY k DESC LIMIT 2", "4|3", ""},
         {"SELECT id FROM t ORDER BY x NULLS FIRST LIMIT 1 OFFSET 1", "1", ""},
         {"SELECT TOP 1 id FROM t ORDER BY id", "1", ""},
         {"SELECT id FROM t ORDER BY ALL LIMIT NULL", "1|2|3|4", ""}});
}

TEST_F(QueryTest, SetOperations) {
  check({{"SELECT id, NULL FROM t WHERE id = 1 UNION SELECT id, name FROM u WHERE id = 9 ORDER BY 1", "1,NULL|9,nine",
          ""},
         {"SELECT 1 AS a UNION ALL SELECT 2.5", "1.0|2.5", "A"},
         {"SELECT id FROM t INTERSECT SELECT id FROM u ORDER BY id", "1|3", ""},
         {"SELECT id FROM t MINUS SELECT id FROM u ORDER BY 1", "2|4", ""},
         {"SELECT 1, 2 UNION SELECT 1",
          "001789 (42601): SQL compilation error:\ninvalid number of result columns for set operator input branches, "
          "expected 2, got 1 in branch {2}",
          ""}});
}

TEST_F(QueryTest, ViewsSequencesGenerators) {
  binder_.create_view("W", "SELECT id, x * 2 AS y FROM t");
  binder_.create_sequence("SEQ");
  check({{"SELECT y FROM w WHERE id = 1", "3.00", "Y"},
         {"SELECT w.id FROM s.w JOIN t ON t.id = w.id ORDER BY 1", "1|2|3|4", ""},
         {"SELECT seq.NEXTVAL", "1", ""},
         {"SELECT seq.NEXTVAL", "2", ""},
         {"SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 3)) ORDER BY 1", "0|1|2", ""},
         {"SELECT COUNT(*) FROM TABLE('t')", "4", ""},
         {"SELECT id FROM IDENTIFIER('db.s.t') WHERE id = 1", "1", ""}});
}

TEST_F(QueryTest, ChangesAndTimeTravel) {
  binder_.database().clock().advance(std::chrono::minutes(1));
  const auto w = binder_.create_table("W", {{"ID", LogicalType::number()}});
  binder_.insert(w, "SELECT 1");
  binder_.database().clock().advance(std::chrono::minutes(1));
  binder_.insert(w, "SELECT 2");
  check({{"SELECT id, metadata$action, metadata$isupdate, LENGTH(metadata$row_id) FROM w CHANGES (INFORMATION => "
          "DEFAULT) AT (OFFSET => -30)",
          "2,INSERT,false,40", ""},
         {"SELECT id FROM w AT (OFFSET => -30)", "1", ""},
         {"SELECT COUNT(*) FROM w AT (TIMESTAMP => DATEADD(second, -30, CURRENT_TIMESTAMP()))", "1", ""},
         {"SELECT id FROM w AT (OFFSET => -3600)",
          "000707 (02000): Time travel data is not available for table W. The requested time is either beyond the "
          "allowed time travel period or before the object creation time.",
          ""},
         {"SELECT id FROM t AT (OFFSET => 1)",
          "001007 (22023): SQL compilation error:\nInvalid data type [1] in AT(OFFSET => 1)", ""}});
}

TEST_F(QueryTest, FlattenPivotUnpivot) {
  check({{"SELECT f.index, f.value::INT FROM (SELECT PARSE_JSON('[5,6]') v) s, LATERAL FLATTEN(INPUT => s.v) f ORDER "
          "BY 1",
          "0,5|1,6", ""},
         {"SELECT key, value::VARCHAR, path FROM TABLE(FLATTEN(PARSE_JSON('{\"a\":1,\"b c\":2}'))) ORDER BY key",
          "a,1,a|b c,2,['b c']", ""},
         {"SELECT t.id, f.value FROM t, LATERAL FLATTEN(INPUT => NULL::VARIANT, OUTER => TRUE) f WHERE t.id = 1",
          "1,NULL", ""},
         {"SELECT * FROM (SELECT g, x FROM t WHERE g IS NOT NULL) PIVOT (SUM(x) FOR g IN ('a', 'b'))", "4.00,10.00",
          "'a','b'"},
         {"SELECT * FROM (SELECT id, id * 10 AS a, id * 100 AS b FROM t WHERE id = 1) UNPIVOT (v FOR n IN (a, b)) "
          "ORDER BY n",
          "1,A,10|1,B,100", "ID,N,V"},
         {"SELECT value, index FROM t, TABLE(SPLIT_TO_TABLE('x,y', ',')) WHERE t.id = 1 ORDER BY index", "x,1|y,2", ""},
         {"SELECT ARRAY_AGG(g) WITHIN GROUP (ORDER BY id) FROM t", "[\"a\",\"a\",\"b\"]", ""}});
}

TEST_F(QueryTest, OverflowOfNarrowNumbersIsPlannedAgainWide) {
  const auto t = binder_.create_table("BIG", {{"K", LogicalType::number()}});
  binder_.insert(t, "SELECT 9000000000000000000");
  EXPECT_EQ(binder_.ask("SELECT k * 2, k + k FROM big").rows, "100046 (22003): Number out of representable range");
  binder_.wide_arithmetic = true;
  EXPECT_EQ(binder_.ask("SELECT k * 2, k + k FROM big").rows, "18000000000000000000,18000000000000000000");
}

TEST_F(QueryTest, MonitoringQueryOfThePipeline) {
  const auto h = binder_.create_table("HISTORY", {{"NAME", LogicalType::text()},
                                                  {"SCHEDULED_TIME", LogicalType::timestamp_ltz()},
                                                  {"COMPLETED_TIME", LogicalType::timestamp_ltz()}});
  binder_.insert(h, "SELECT 'a', '2024-01-01 00:01:00 +0000'::TIMESTAMP_LTZ, NULL");
  check(
      {{"SELECT TIMESTAMPDIFF(second, CURRENT_TIMESTAMP, scheduled_time) AS next_run, scheduled_time, "
        "CURRENT_TIMESTAMP, name FROM history ORDER BY completed_time DESC",
        "60,2023-12-31 16:01:00.000 -0800,2023-12-31 16:00:00.000 -0800,a",
        "NEXT_RUN,SCHEDULED_TIME,CURRENT_TIMESTAMP,NAME"}});
}

TEST_F(QueryTest, AssignmentsNameTheirColumn) {
  const auto t = binder_.create_table("N", {{"A", LogicalType::number(3, 0)}});
  auto work = binder_.database().start(binder_.database().session());
  StatementContext statement = binder_.statement_context();
  BindContext context{.statement = statement, .work = *work, .sources = {}};
  (void)t;
  const auto value =
      assign(bind::text_literal("x"), LogicalType::number(3, 0), Carrier::Int64, context, "table N failed on column A");
  ASSERT_TRUE(value.has_value());
  const auto result = work->query("SELECT " + to_sql(*value), {{.name = "A", .type = LogicalType::number(3, 0)}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(
      base::to_text(result.error()),
      "100038 (22018): DML operation to table N failed on column A with error: Numeric value 'x' is not recognized");
}

TEST_F(QueryTest, BindsAndVariables) {
  binder_.binds = {Decimal{3, 0}, std::string("b")};
  binder_.variables["V"] = Decimal{2, 0};
  check({{"SELECT id FROM t WHERE id = ? AND g = ?", "3", ""},
         {"SELECT id FROM t WHERE id = $v", "2", ""},
         {"SELECT id FROM t WHERE g = :2", "3", ""}});
}

}  // namespace
}  // namespace engine
