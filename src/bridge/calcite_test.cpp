#include "bridge/calcite.h"

#include <gtest/gtest.h>

#include <array>

namespace bridge {
namespace {

TEST(CalciteTest, WhatDiffersIsTranslated) {
  struct Case {
    std::string_view sql, expected;
  };
  const std::vector<std::string> fields{"id", "name", "show"};
  for (const Case& c : std::to_array<Case>({
           {"SELECT * FROM FLOWFILE", "SELECT * FROM FLOWFILE"},
           {"select id, NAME from FlowFile where name = 'it''s' ; ",
            "select id, NAME from FlowFile where name = 'it''s'"},
           {"SELECT \"value\", t.\"date\" FROM FLOWFILE t", "SELECT \"value\", t.\"date\" FROM FLOWFILE t"},
           {"SELECT show FROM FLOWFILE", "SELECT \"show\" FROM FLOWFILE"},
           {"SELECT COUNT(*) FROM FLOWFILE", "SELECT COUNT(*) AS \"EXPR$0\" FROM FLOWFILE"},
           {"SELECT COUNT(*) AS n, MAX(id) m, id + 1, 'x', name || '-' || name FROM FLOWFILE",
            "SELECT COUNT(*) AS n, MAX(id) m, id + 1 AS \"EXPR$2\", 'x' AS \"EXPR$3\", name || '-' || name AS "
            "\"EXPR$4\" FROM FLOWFILE"},
           {"SELECT *, 1 FROM FLOWFILE", "SELECT *, 1 AS \"EXPR$3\" FROM FLOWFILE"},
           {"SELECT CASE WHEN id = 1 THEN 'a, from' ELSE 'b' END FROM FLOWFILE",
            "SELECT CASE WHEN id = 1 THEN 'a, from' ELSE 'b' END AS \"EXPR$0\" FROM FLOWFILE"},
           {"SELECT DISTINCT CAST(name AS VARCHAR) FROM FLOWFILE",
            "SELECT DISTINCT CAST(name AS VARCHAR) AS \"EXPR$0\" FROM FLOWFILE"},
           {"SELECT CAST(id * 1.5 AS INTEGER) AS i FROM FLOWFILE", "SELECT fr_to_integer(id * 1.5) AS i FROM FLOWFILE"},
           {"SELECT CAST(CAST(name AS DECIMAL) AS BIGINT) AS i FROM FLOWFILE",
            "SELECT fr_to_bigint(CAST(name AS DECIMAL(19,0))) AS i FROM FLOWFILE"},
           {"SELECT CHAR_LENGTH(name) AS n FROM FLOWFILE", "SELECT length(name) AS n FROM FLOWFILE"},
           {"SELECT RPATH_INT(name, '/a') AS n FROM FLOWFILE", "SELECT fr_rpath_int(name, '/a') AS n FROM FLOWFILE"},
           {"SELECT TIMESTAMPADD(DAY, 1, at) AS n, TIMESTAMPDIFF(SQL_TSI_HOUR, a, b) AS m FROM FLOWFILE",
            "SELECT fr_timestampadd('DAY', 1, at) AS n, fr_timestampdiff('HOUR', a, b) AS m FROM FLOWFILE"},
           {"SELECT FLOOR(at TO DAY) AS d, FLOOR(x) AS f FROM FLOWFILE",
            "SELECT fr_floor_to('DAY', at) AS d, FLOOR(x) AS f FROM FLOWFILE"},
           {"SELECT id FROM FLOWFILE ORDER BY id OFFSET 2 ROWS FETCH NEXT 5 ROWS ONLY",
            "SELECT id FROM FLOWFILE ORDER BY id OFFSET 2 LIMIT 5"},
           {"SELECT id -- a, b\nFROM FLOWFILE", "SELECT id  \nFROM FLOWFILE"},
           {"WITH t AS (SELECT MAX(id) m FROM FLOWFILE) SELECT m + 1 FROM t",
            "WITH t AS (SELECT MAX(id) m FROM FLOWFILE) SELECT m + 1 AS \"EXPR$0\" FROM t"},
       })) {
    const auto translated = translate_calcite(c.sql, fields);
    ASSERT_TRUE(translated) << c.sql;
    EXPECT_EQ(*translated, c.expected);
  }
  EXPECT_EQ(translate_calcite("SELECT 'x", fields).error().message, "a text or name does not end: 'x");
}

}  // namespace
}  // namespace bridge
