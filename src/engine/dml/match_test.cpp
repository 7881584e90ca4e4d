#include "engine/dml/match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <random>

#include "engine/test_database.h"

namespace engine::dml {
namespace {

/// A MERGE of source rows (id, v, op) into T by id: 'U' updates, 'D' deletes, 'I' inserts when nothing matches; other
/// rows do nothing.
class MatchTest : public testing::Test {
 protected:
  base::Result<Matched> merge(const std::string& source_rows, Nondeterminism nondeterminism = Nondeterminism::Refuse) {
    return merge_into(table_, "(VALUES " + source_rows + ")", nondeterminism);
  }
  base::Result<Matched> merge_into(catalog::ObjectId table, const std::string& source_rows,
                                   Nondeterminism nondeterminism) {
    auto work = TestDatabase::must(test_.session().begin_work({.query_id = "m", .now = test_.clock().now()}));
    TestDatabase::must(work->lock(table, LockMode::Write));
    TestDatabase::must(work->start());
    StatementContext statement;
    statement.parameters = &parameters_;
    BindContext context{.statement = statement, .work = *work, .sources = {}, .tables_read = {}, .streams_read = {}};
    const Target target{work->catalog().find(table), "T", {}};
    const Source source{
        TestDatabase::must(work->scratch("SELECT row_number() OVER () AS _sid, id AS x0, v AS x1, op AS x2 FROM " +
                                         source_rows + " AS x(id, v, op)")),
        {}};
    const Plan plan{.on = "t.c1 = s.x0",
                    .matched = {{"s.x2 = 'U'", false, {"t.c1", "s.x1"}}, {"s.x2 = 'D'", true, {}}},
                    .unmatched = {{"s.x2 = 'I'", {"s.x0", "s.x1"}}},
                    .nondeterminism = nondeterminism};
    auto done = run(target, source, plan, context);
    if (done) TestDatabase::must(work->commit());
    return done;
  }

  TestDatabase test_;
  const catalog::ObjectId table_ = test_.create_table("T");
  Parameters parameters_;
};

TEST_F(MatchTest, UpdatesDeletesAndInserts) {
  test_.insert(table_, "(1,'a'),(2,'b'),(3,'c')");
  const auto offset = test_.database().version();
  const auto done =
      TestDatabase::must(merge("(1,'x','U'),(2,NULL,'D'),(3,'z','?'),(4,'d','I'),(5,'e','U'),(NULL,'n','I')"));
  EXPECT_EQ(done.updated, 1);
  EXPECT_EQ(done.deleted, 1);
  EXPECT_EQ(done.inserted, 2);
  EXPECT_EQ(test_.read(table_), "1,x|3,c|4,d|n");
  EXPECT_EQ(test_.changes(table_, offset),
            "1,a,DELETE,true|1,x,INSERT,true|2,b,DELETE,false|4,d,INSERT,false|n,INSERT,false");
}

TEST_F(MatchTest, SeveralSourceRowsForOneTargetRow) {
  struct Case {
    std::string source;
    Nondeterminism mode;
    bool refused;
    std::string rows;
  };
  for (const Case& c : std::to_array<Case>({
           {"(1,'x','U'),(1,'y','U')", Nondeterminism::Refuse, true, "1,a"},
           {"(1,'x','U'),(1,'x','U')", Nondeterminism::Refuse, true, "1,a"},  // rows are counted, not values
           {"(1,'x','U'),(1,'','D')", Nondeterminism::Refuse, true, "1,a"},
           {"(1,'x','U'),(1,'y','?')", Nondeterminism::Refuse, false, "1,x"},
           {"(1,'','D'),(1,'','D')", Nondeterminism::Refuse, false, ""},
           {"(1,'x','U'),(1,'y','U')", Nondeterminism::TakeLast, false, "1,y"},
           {"(1,'x','U'),(1,'','D')", Nondeterminism::TakeLast, false, ""},
           {"(1,'','D'),(1,'y','U')", Nondeterminism::TakeLast, false, "1,y"},
           {"(7,'x','I'),(7,'y','I')", Nondeterminism::Refuse, false, "1,a|7,x|7,y"},
       })) {
    test_.truncate(table_);
    test_.insert(table_, "(1,'a')");
    const auto done = merge(c.source, c.mode);
    EXPECT_EQ(!done.has_value(), c.refused) << c.source;
    EXPECT_EQ(test_.read(table_), c.rows) << c.source;
    if (!done)
      EXPECT_EQ(base::to_text(done.error()),
                "100090 (42P18): Duplicate row detected during DML action\nRow Values: [1, \"a\"]");
  }
}

TEST_F(MatchTest, SeesAndChangesPendingRows) {
  test_.insert(table_, "(1,'a')");
  TestDatabase::must(test_.session().begin(test_.clock().now()));
  test_.insert(table_, "(2,'b')");
  TestDatabase::must(merge("(1,'x','U'),(2,'y','U'),(3,'c','I')"));
  EXPECT_EQ(test_.read(table_), "1,x|2,y|3,c");
  TestDatabase::must(merge("(1,'','D'),(3,'z','U')"));
  TestDatabase::must(test_.session().commit({.query_id = "c", .now = test_.clock().now()}));
  EXPECT_EQ(test_.read(table_), "2,y|3,z");
}

// A small source's images are fetched by the join, a large one's by number. The same rows must come out, among
// thousands of source rows that match nothing too.
TEST_F(MatchTest, SmallAndLargeSourcesDoTheSame) {
  constexpr std::string_view kPadding =
      "SELECT CAST(-1 - i AS BIGINT), CAST(NULL AS VARCHAR), '?' FROM range(20001) AS r(i)";
  const catalog::ObjectId large = test_.create_table("LARGE");
  for (const unsigned seed : {1u, 2u, 3u}) {
    std::mt19937 chance(seed);
    const auto one_of = [&](auto... choices) {
      return std::array{std::string(choices)...}[chance() % sizeof...(choices)];
    };
    const auto id = [&] {
      return chance() % 12 == 0 ? "CAST(NULL AS BIGINT)" : fmt::format("CAST({} AS BIGINT)", chance() % 10);
    };
    const auto text = [&] { return one_of("'a'", "'b'", "'c'", "CAST(NULL AS VARCHAR)"); };
    for (const catalog::ObjectId table : {table_, large}) test_.truncate(table);
    for (int round = 0; round < 25; ++round) {
      SCOPED_TRACE(fmt::format("seed {} round {}", seed, round));
      const auto offset = test_.database().version();
      const bool in_transaction = chance() % 3 == 0;
      if (in_transaction) TestDatabase::must(test_.session().begin(test_.clock().now()));
      for (int statement = 0; statement < (in_transaction ? 3 : 1); ++statement) {
        std::vector<std::string> rows;
        for (unsigned i = 0; i < 1 + chance() % 6; ++i)
          rows.push_back(fmt::format("({}, {}, '{}')", id(), text(), one_of("U", "U", "D", "I", "I", "?")));
        const std::string values = fmt::format("VALUES {}", fmt::join(rows, ", "));
        const auto mode = chance() % 2 == 0 ? Nondeterminism::Refuse : Nondeterminism::TakeLast;
        const auto few = merge_into(table_, "(" + values + ")", mode);
        const auto many = merge_into(large, fmt::format("({} UNION ALL {})", values, kPadding), mode);
        ASSERT_EQ(few.has_value(), many.has_value()) << values;
        if (!few)
          EXPECT_EQ(base::to_text(few.error()), base::to_text(many.error()));
        else
          EXPECT_EQ(std::tie(few->inserted, few->updated, few->deleted, few->multi_joined),
                    std::tie(many->inserted, many->updated, many->deleted, many->multi_joined))
              << values;
        ASSERT_EQ(test_.read(table_), test_.read(large)) << values;
      }
      if (in_transaction) TestDatabase::must(test_.session().commit({.query_id = "c", .now = test_.clock().now()}));
      ASSERT_EQ(test_.read(table_), test_.read(large));
      EXPECT_EQ(test_.changes(table_, offset), test_.changes(large, offset));
      EXPECT_EQ(test_.read_at(table_, offset), test_.read_at(large, offset));
    }
    EXPECT_NE(test_.read(table_), "");
  }
}

}  // namespace
}  // namespace engine::dml
