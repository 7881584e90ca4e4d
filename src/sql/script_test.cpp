#include "sql/script.h"

#include <gtest/gtest.h>

namespace sql {
namespace {

std::string parsed(std::string_view text) {
  const auto block = parse_script_block(text);
  return block ? "ok" : base::to_text(block.error());
}

TEST(ScriptTest, Blocks) {
  const char* const blocks[] = {
      "BEGIN RETURN 1; END",
      "begin return 1; end;",
      "DECLARE x NUMBER DEFAULT 0; y VARCHAR(10) := 'a'; z := 1.5; n NUMBER(10,2); BEGIN RETURN x; END",
      "DECLARE e EXCEPTION (-20002, 'no'); f EXCEPTION; BEGIN RAISE e; EXCEPTION WHEN e OR f THEN RETURN SQLERRM; "
      "WHEN OTHER CONTINUE THEN RAISE; END",
      "DECLARE c CURSOR FOR SELECT a FROM t WHERE b > ?; r RESULTSET DEFAULT (SELECT 1); d CURSOR FOR r; BEGIN "
      "OPEN c USING (x, 1 + 2); FETCH c INTO a, :b; CLOSE c; RETURN TABLE(r); END",
      "BEGIN IF (x > 0) THEN RETURN 1; ELSEIF (x = 0) THEN NULL; ELSE RETURN 2; END IF; END",
      "BEGIN CASE (x) WHEN 1 THEN RETURN 'a'; WHEN 2 THEN RETURN 'b'; ELSE NULL; END CASE; END",
      "BEGIN CASE WHEN x = 1 THEN RETURN CASE WHEN y THEN 1 ELSE 2 END; END; END",
      "BEGIN FOR i IN 1 TO 10 DO CONTINUE; END FOR; FOR i IN REVERSE 1 TO n + 1 LOOP BREAK outer_loop; END LOOP "
      "outer_loop; END",
      "BEGIN FOR r IN c DO x := r.id + 1; END FOR; WHILE (x < 3) DO x := x + 1; END WHILE; END",
      "BEGIN REPEAT x := x + 1; UNTIL (x > 3) END REPEAT; LOOP EXIT; END LOOP; END",
      "BEGIN LET a NUMBER := 1; LET b := 'x'; LET c CURSOR FOR SELECT 1; LET r RESULTSET := (SHOW TABLES); r := "
      "(EXECUTE IMMEDIATE 'SELECT 1'); END",
      "BEGIN SELECT a, b INTO :x, :y FROM t; WITH q AS (SELECT 1 AS a) SELECT a INTO x FROM q; CALL p(:x) INTO :y; END",
      "BEGIN BEGIN TRANSACTION; INSERT INTO t VALUES (:x); COMMIT; BEGIN NULL; END; END",
      "BEGIN EXECUTE IMMEDIATE 'INSERT INTO t VALUES (?)' USING (x); EXECUTE IMMEDIATE :s || ' x'; AWAIT ALL; END",
      "BEGIN CREATE OR REPLACE TASK t AS BEGIN SELECT 1; SELECT 2; END; DROP TASK t; END",
  };
  for (const char* block : blocks) EXPECT_EQ(parsed(block), "ok") << block;
}

TEST(ScriptTest, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"BEGIN RETURN 1 END", "unexpected 'END'"},
      {"BEGIN RETURN 1;", "unexpected '<EOF>'"},
      {"BEGIN\n  IF (x) RETURN 1; END IF; END", "line 2 at position 9 unexpected 'RETURN'"},
      {"BEGIN FOR i IN 1 DO NULL; END FOR; END", "unexpected 'DO'"},
      {"BEGIN x := ; END", "unexpected ';'"},
      {"BEGIN WHILE (TRUE) DO NULL; END LOOP; END", "unexpected 'LOOP'"},
      {"BEGIN NULL; EXCEPTION END", "unexpected 'END'"},
      {"DECLARE x NUMBER BEGIN NULL; END", "unexpected 'BEGIN'"},
      {"BEGIN NULL; END; SELECT 1", "unexpected 'SELECT'"},
      {"BEGIN LET r RESULTSET := ASYNC (SELECT 1); END", "Unsupported feature 'ASYNC'"},
  };
  for (const auto& [block, problem] : cases) EXPECT_NE(parsed(block).find(problem), std::string::npos) << parsed(block);
}

TEST(ScriptTest, IntoIsTakenOut) {
  const auto block = parse_script_block("BEGIN SELECT a, (SELECT 1) INTO :x , y FROM t; INSERT INTO t VALUES (1); END");
  ASSERT_TRUE(block);
  const auto& select = std::get<ScriptSql>(block->body[0].node);
  EXPECT_EQ(select.text, "SELECT a, (SELECT 1)  FROM t");
  ASSERT_EQ(select.into.size(), 2u);
  EXPECT_EQ(select.into[0].name, "X");
  EXPECT_EQ(select.into[1].name, "Y");
  EXPECT_EQ(std::get<ScriptSql>(block->body[1].node).text, "INSERT INTO t VALUES (1)");
}

TEST(ScriptTest, VariablesBecomeBinds) {
  const auto is_variable = [](std::string_view name) { return name == "X" || name == "R.ID" || name == "odd name"; };
  const auto expression = [&](std::string_view text) {
    return with_binds(text, ScriptTextKind::Expression, is_variable);
  };
  const auto statement = [&](std::string_view text) { return with_binds(text, ScriptTextKind::Sql, is_variable); };
  EXPECT_EQ(expression("x + 1"), ":\"X\"  + 1");
  EXPECT_EQ(expression("y + x(1) + t.x + x::number"), "y + x(1) + t.x + :\"X\" ::number");
  EXPECT_EQ(expression("(SELECT x FROM t WHERE a = :x) + x"), "(SELECT x FROM t WHERE a = :x) + :\"X\" ");
  EXPECT_EQ(expression("r.id || 'x'"), ":\"R.ID\"  || 'x'");
  EXPECT_EQ(expression("\"odd name\" + \"x\""), ":\"odd name\"  + \"x\"");
  EXPECT_EQ(expression("x:key"), ":\"X\" :key");
  EXPECT_EQ(statement("INSERT INTO t SELECT x, :x, :r.id, v:x FROM u"),
            "INSERT INTO t SELECT x, :x, :\"R.ID\" , v:x FROM u");
}

}  // namespace
}  // namespace sql
