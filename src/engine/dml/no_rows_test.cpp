#include "engine/dml/no_rows.h"

#include <gtest/gtest.h>

#include "sql/parser.h"

namespace engine {
namespace {

using catalog::ObjectKind;
using catalog::Record;

/// DB.S with EMPTY_T and FULL_T (c NUMBER each), the streams EMPTY_S and FULL_S, and views over them.
std::shared_ptr<const catalog::Snapshot> a_catalog() {
  std::uint64_t next = 10;
  std::vector<Record> records{
      {.id = {1}, .kind = ObjectKind::Database, .container = {0}, .name = "DB", .body = catalog::PlainBody{}},
      {.id = {2}, .kind = ObjectKind::Schema, .container = {1}, .name = "S", .body = catalog::PlainBody{}}};
  const auto add = [&](ObjectKind kind, std::string name, auto body) {
    records.push_back(
        {.id = {next++}, .kind = kind, .container = {2}, .name = std::move(name), .body = std::move(body)});
  };
  add(ObjectKind::Table, "EMPTY_T", catalog::TableBody{});
  add(ObjectKind::Table, "FULL_T", catalog::TableBody{});
  add(ObjectKind::Stream, "EMPTY_S", catalog::StreamBody{});
  add(ObjectKind::Stream, "FULL_S", catalog::StreamBody{});
  catalog::ViewBody empty_view, full_view;
  empty_view.query_text = "SELECT c FROM empty_s UNION SELECT f.c FROM full_t f JOIN empty_s e ON f.c = e.c";
  full_view.query_text = "SELECT c FROM empty_s UNION ALL SELECT c FROM full_t";
  add(ObjectKind::View, "EMPTY_V", empty_view);
  add(ObjectKind::View, "FULL_V", full_view);
  return catalog::Snapshot::of(records);
}

TEST(ChangesNothingTest, OnlyWhatNamesAloneTell) {
  struct Case {
    std::string_view statement;
    bool nothing;
  };
  const auto catalog = a_catalog();
  StatementContext context;
  context.names = {.database = catalog::ObjectId{1}, .schema = catalog::ObjectId{2}, .public_too = true, .session = 0};
  const Parameters parameters;
  context.parameters = &parameters;
  const HasNoRows has_no_rows = [](const Record& record) { return record.name.starts_with("EMPTY"); };
  for (const Case& c : std::to_array<Case>({
           {"INSERT INTO full_t SELECT c FROM empty_t", true},
           {"INSERT INTO full_t SELECT c FROM full_t", false},
           {"INSERT OVERWRITE INTO full_t SELECT c FROM empty_t", false},
           {"INSERT INTO full_t VALUES (1)", false},
           {"INSERT INTO full_t SELECT 1", false},
           {"INSERT INTO full_t SELECT c FROM empty_s", true},
           {"INSERT INTO full_t SELECT c FROM empty_v", true},
           {"INSERT INTO full_t SELECT c FROM full_v", false},
           {"INSERT INTO full_t SELECT c FROM missing", false},
           {"INSERT INTO full_t SELECT a.c FROM empty_t a, full_t b", true},
           {"INSERT INTO full_t SELECT a.c FROM empty_t a LEFT JOIN full_t b ON a.c = b.c", true},
           {"INSERT INTO full_t SELECT a.c FROM full_t a LEFT JOIN empty_t b ON a.c = b.c", false},
           {"INSERT INTO full_t SELECT a.c FROM full_t a RIGHT JOIN empty_t b ON a.c = b.c", true},
           {"INSERT INTO full_t SELECT a.c FROM full_t a FULL JOIN empty_t b ON a.c = b.c", false},
           {"INSERT INTO full_t SELECT COUNT(*) FROM empty_t", false},
           {"INSERT INTO full_t SELECT 1 + COALESCE(MAX(c), 0) FROM empty_t", false},
           {"INSERT INTO full_t SELECT unknown_function(c) FROM empty_t", false},
           {"INSERT INTO full_t SELECT c FROM empty_t HAVING COUNT(*) = 0", false},
           {"INSERT INTO full_t SELECT COUNT(*) FROM empty_t GROUP BY c", true},
           {"INSERT INTO full_t SELECT COUNT(*) FROM empty_t GROUP BY ROLLUP (c)", false},
           {"INSERT INTO full_t SELECT COUNT(*) OVER () FROM empty_t", true},
           {"INSERT INTO full_t SELECT LAG(c) OVER (ORDER BY c) FROM empty_t", true},
           {"INSERT INTO full_t SELECT UPPER(c)::NUMBER FROM empty_t WHERE c > 1 ORDER BY 1 LIMIT 3", true},
           {"INSERT INTO full_t SELECT c FROM full_t WHERE c IN (SELECT c FROM empty_s) AND c > 1", true},
           {"INSERT INTO full_t SELECT c FROM full_t WHERE c IN (SELECT c FROM empty_s) OR c > 1", false},
           {"INSERT INTO full_t SELECT c FROM full_t WHERE c NOT IN (SELECT c FROM empty_s)", false},
           {"INSERT INTO full_t SELECT c FROM full_t f WHERE EXISTS (SELECT 1 FROM empty_s e WHERE e.c = f.c)", true},
           {"INSERT INTO full_t SELECT c FROM full_t f WHERE NOT EXISTS (SELECT 1 FROM empty_s e WHERE e.c = f.c)",
            false},
           {"INSERT INTO full_t SELECT c FROM empty_t UNION ALL SELECT c FROM full_t", false},
           {"INSERT INTO full_t SELECT c FROM full_t INTERSECT SELECT c FROM empty_t", true},
           {"INSERT INTO full_t SELECT c FROM empty_t EXCEPT SELECT c FROM full_t", true},
           {"INSERT INTO full_t SELECT c FROM full_t EXCEPT SELECT c FROM empty_t", false},
           {"INSERT INTO full_t WITH e AS (SELECT c FROM empty_t) SELECT c FROM e", true},
           {"INSERT INTO full_t WITH empty_t AS (SELECT c FROM full_t) SELECT c FROM empty_t", false},
           {"INSERT INTO full_t SELECT c FROM (SELECT * FROM empty_s WHERE c IS NULL)", true},
           {"INSERT INTO full_t SELECT c FROM empty_t AT (OFFSET => -60)", false},
           {"INSERT INTO full_t SELECT c FROM empty_t CHANGES (INFORMATION => DEFAULT) AT (OFFSET => -60)", false},
           {"UPDATE full_t SET c = 1 FROM empty_s WHERE full_t.c = empty_s.c", true},
           {"UPDATE full_t SET c = 1", false},
           {"UPDATE empty_t SET c = 1", true},
           {"DELETE FROM full_t WHERE c IN (SELECT c FROM empty_s)", true},
           {"DELETE FROM full_t USING empty_s WHERE full_t.c = empty_s.c", true},
           {"DELETE FROM full_t", false},
           {"MERGE INTO full_t t USING empty_v s ON t.c = s.c WHEN NOT MATCHED THEN INSERT VALUES (s.c)", true},
           {"MERGE INTO empty_t t USING full_t s ON t.c = s.c WHEN NOT MATCHED THEN INSERT VALUES (s.c)", false},
           {"TRUNCATE TABLE empty_t", true},
           {"TRUNCATE TABLE full_t", false},
           {"SELECT c FROM empty_t", false},
       })) {
    const auto statement = sql::parse_statement(c.statement);
    ASSERT_TRUE(statement) << c.statement << ": " << statement.error().message;
    EXPECT_EQ(changes_nothing(*statement, *catalog, context, has_no_rows), c.nothing) << c.statement;
  }
}

}  // namespace
}  // namespace engine
