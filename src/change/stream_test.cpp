// Source: streams-tasks-sql.md 1.2.2, 1.4.1, 1.5, 1.6.
#include <gtest/gtest.h>

#include "change/stream_definition.h"
#include "change/stream_source.h"
#include "change/stream_status.h"
#include "engine/bind/test_binder.h"

namespace change {
namespace {

using engine::TestDatabase;
using engine::Work;

class Streams {
 public:
  Streams() { binder.sources = {&source_}; }

  catalog::ObjectId table(const std::string& name = "T") {
    return binder.create_table(name, {{"ID", catalog::LogicalType::number()}, {"V", catalog::LogicalType::text()}});
  }
  /// Runs CREATE STREAM; answers the error's message, or nothing.
  std::string create(const std::string& text) {
    const auto tree = TestDatabase::must(sql::parse_statement(text));
    const auto& create = std::get<sql::CreateStream>(tree.node);
    auto work = db().start(db().session());
    auto statement = binder.statement_context();
    engine::BindContext context{.statement = statement, .work = *work, .sources = binder.sources, .text = text};
    std::vector<std::string> parts;
    for (const auto& part : create.clone ? create.clone->name.parts : create.source.parts) parts.push_back(part.name);
    auto made = define_stream(create, context, parts);
    if (!made) return made.error().message;
    for (auto& record : made->tracked) TestDatabase::must(work->put(std::move(record)));
    TestDatabase::must(work->put({.id = work->new_object_id(),
                                  .kind = catalog::ObjectKind::Stream,
                                  .container = binder.schema,
                                  .name = create.name.parts.back().name,
                                  .created = statement.now,
                                  .body = made->body}));
    TestDatabase::must(work->commit());
    return "";
  }
  catalog::RecordPtr stream(const std::string& name) {
    return db().database().catalog()->find(catalog::ObjectKind::Stream, binder.schema, name);
  }
  std::string read(const std::string& name) { return read(db().session(), name); }
  std::string read(engine::EngineSession& session, const std::string& name) {
    auto work = db().start(session);
    return read(*work, name);
  }
  std::string read(Work& work, const std::string& name) {
    auto statement = binder.statement_context();
    const std::string text = "SELECT id, v, METADATA$ACTION, IFF(METADATA$ISUPDATE, 'T', 'F') FROM " + name;
    engine::BindContext context{.statement = statement, .work = work, .sources = binder.sources, .text = text};
    const auto bound = engine::bind_query(*TestDatabase::must(sql::parse_query(text)), context);
    if (!bound) return base::to_text(bound.error());
    return TestDatabase::show(work, "(" + bound->sql + ")", "_0, _1, _2, _3");
  }
  void consume(const std::string& name) { consume(db().session(), name); }
  void consume(engine::EngineSession& session, const std::string& name) {
    auto work = db().start(session);
    work->consume(stream(name)->id);
    TestDatabase::must(work->commit());
  }
  bool has_data(const std::string& name) {
    auto work = db().start(db().session());
    auto statement = binder.statement_context();
    engine::BindContext context{.statement = statement, .work = *work, .sources = binder.sources};
    return TestDatabase::must(change::has_data(*stream(name), context));
  }
  TestDatabase& db() { return binder.database(); }

  engine::TestBinder binder;

 private:
  StreamSource source_;
};

struct Example {
  const char* name;
  const char* before;                   // VALUES that are there when the streams are made
  std::vector<std::string> operations;  // "+rows" insert, "-where" delete, "=where;values" update, "!" truncate
  const char* standard;
  const char* append_only;
};

void apply(Streams& test, catalog::ObjectId table, const std::string& operation) {
  const std::string rest = operation.substr(1);
  if (operation[0] == '+')
    test.db().insert(table, rest);
  else if (operation[0] == '-')
    test.db().change(table, rest);
  else if (operation[0] == '!')
    test.db().truncate(table);
  else
    test.db().change(table, rest.substr(0, rest.find(';')), rest.substr(rest.find(';') + 1));
}

TEST(StreamTest, WorkedExamples) {
  const std::vector<Example> examples = {
      {"1", "", {"+(1,'a')"}, "1,a,INSERT,F", "1,a,INSERT,F"},
      {"2", "", {"+(1,'a')", "=id=1;id, 'b'"}, "1,b,INSERT,F", "1,a,INSERT,F"},
      {"3", "", {"+(1,'a')", "-id=1"}, "", "1,a,INSERT,F"},
      {"4", "", {"+(1,'a')", "=id=1;id, 'b'", "-id=1"}, "", "1,a,INSERT,F"},
      {"5", "(1,'a')", {"=id=1;id, 'b'"}, "1,a,DELETE,T|1,b,INSERT,T", ""},
      {"6", "(1,'a')", {"=id=1;id, 'b'", "=id=1;id, 'c'"}, "1,a,DELETE,T|1,c,INSERT,T", ""},
      {"7", "(1,'a')", {"=id=1;id, 'x'", "=id=1;id, 'a'"}, "", ""},
      {"8", "(1,'a')", {"=id=1;id, v"}, "", ""},
      {"9", "(1,'a')", {"-id=1"}, "1,a,DELETE,F", ""},
      {"10", "(1,'a')", {"=id=1;id, 'b'", "-id=1"}, "1,a,DELETE,F", ""},
      {"11", "(3,'c')", {"-id=3", "+(3,'c')"}, "3,c,DELETE,F|3,c,INSERT,F", "3,c,INSERT,F"},
      {"12", "(3,'c')", {"-id=3", "+(3,'d')"}, "3,c,DELETE,F|3,d,INSERT,F", "3,d,INSERT,F"},
      {"13", "(1,'a'),(2,'b')", {"!"}, "1,a,DELETE,F|2,b,DELETE,F", ""},
      {"14", "(1,'a')", {"+(2,'b')", "!"}, "1,a,DELETE,F", "2,b,INSERT,F"},
      {"15",
       "(1,'a'),(2,'b')",
       {"!", "+(1,'a'),(3,'c')"},
       "1,a,DELETE,F|1,a,INSERT,F|2,b,DELETE,F|3,c,INSERT,F",
       "1,a,INSERT,F|3,c,INSERT,F"},
      {"16",
       "(1,'a'),(2,'b')",
       {"=id=1;id, 'x'", "-id=2", "+(3,'c')"},
       "1,a,DELETE,T|1,x,INSERT,T|2,b,DELETE,F|3,c,INSERT,F",
       "3,c,INSERT,F"},
      {"17", "(1,'a')", {"=id=1;9, v"}, "1,a,DELETE,T|9,a,INSERT,T", ""},
      {"18", "(1,'a'),(1,'a')", {"-id=1"}, "1,a,DELETE,F|1,a,DELETE,F", ""},
      {"20", "(1,'a')", {"+(2,'b')"}, "2,b,INSERT,F", "2,b,INSERT,F"},
  };
  Streams test;
  for (const Example& example : examples) {
    SCOPED_TRACE(example.name);
    const std::string t = fmt::format("T{}", example.name), s = fmt::format("S{}", example.name),
                      a = fmt::format("A{}", example.name);
    const auto table = test.table(t);
    if (*example.before) test.db().insert(table, example.before);
    ASSERT_EQ(test.create("CREATE STREAM " + s + " ON TABLE " + t), "");
    ASSERT_EQ(test.create("CREATE STREAM " + a + " ON TABLE " + t + " APPEND_ONLY = TRUE"), "");
    for (const std::string& operation : example.operations) apply(test, table, operation);
    EXPECT_EQ(test.read(s), example.standard);
    EXPECT_EQ(test.read(a), example.append_only);
    EXPECT_EQ(test.has_data(s), *example.standard != 0);
    EXPECT_EQ(test.has_data(a), *example.append_only != 0);
    test.consume(s);
    EXPECT_EQ(test.read(s), "");
    EXPECT_EQ(test.read(a), example.append_only) << "consuming one stream never moves another";
  }
}

TEST(StreamTest, TransactionsSeeTheStreamAsOfTheirBegin) {
  Streams test;
  const auto table = test.table();
  ASSERT_EQ(test.create("CREATE STREAM s ON TABLE t"), "");
  const auto a = test.db().database().open_session(), b = test.db().database().open_session();
  test.db().insert(*b, table, "(1,'a')");
  TestDatabase::must(a->begin(test.db().clock().now()));
  test.db().insert(*b, table, "(2,'b')");
  EXPECT_EQ(test.read(*a, "S"), "1,a,INSERT,F");
  EXPECT_EQ(test.read(*b, "S"), "1,a,INSERT,F|2,b,INSERT,F");
  test.consume(*a, "S");
  test.db().insert(*a, table, "(3,'c')");
  EXPECT_EQ(test.read(*a, "S"), "1,a,INSERT,F");
  EXPECT_EQ(test.read(*b, "S"), "1,a,INSERT,F|2,b,INSERT,F");
  TestDatabase::must(a->commit({.query_id = "c", .now = test.db().clock().now()}));
  EXPECT_EQ(test.read(*a, "S"), "2,b,INSERT,F|3,c,INSERT,F");
  EXPECT_EQ(test.read(*b, "S"), "2,b,INSERT,F|3,c,INSERT,F");
}

TEST(StreamTest, RollbackLeavesNothing) {
  Streams test;
  const auto table = test.table();
  test.db().insert(table, "(1,'a')");
  ASSERT_EQ(test.create("CREATE STREAM s ON TABLE t"), "");
  TestDatabase::must(test.db().session().begin(test.db().clock().now()));
  test.db().change(table, "id=1", "id, 'b'");
  TestDatabase::must(test.db().session().rollback());
  EXPECT_EQ(test.read("S"), "");
  test.db().insert(table, "(2,'b')");
  TestDatabase::must(test.db().session().begin(test.db().clock().now()));
  test.consume("S");
  TestDatabase::must(test.db().session().rollback());
  EXPECT_EQ(test.read("S"), "2,b,INSERT,F");
}

TEST(StreamTest, AnOffsetNeverGoesBack) {
  Streams test;
  const auto table = test.table();
  ASSERT_EQ(test.create("CREATE STREAM s ON TABLE t"), "");
  const auto late = test.db().database().open_session();
  TestDatabase::must(late->begin(test.db().clock().now()));
  test.db().insert(table, "(1,'a')");
  test.consume("S");
  EXPECT_EQ(test.read(*late, "S"), "");
  test.consume(*late, "S");
  TestDatabase::must(late->commit({.query_id = "c", .now = test.db().clock().now()}));
  EXPECT_EQ(test.read("S"), "");
}

TEST(StreamTest, InitialRowsComeFirstAndThenTheChangesSinceTheStart) {
  Streams test;
  const auto table = test.table();
  test.db().insert(table, "(10,'x')");
  ASSERT_EQ(test.create("CREATE STREAM s ON TABLE t SHOW_INITIAL_ROWS = TRUE"), "");
  test.db().change(table, "id=10");
  test.db().insert(table, "(20,'y')");
  EXPECT_TRUE(test.has_data("S"));
  EXPECT_EQ(test.read("S"), "10,x,INSERT,F");
  test.consume("S");
  EXPECT_EQ(test.read("S"), "10,x,DELETE,F|20,y,INSERT,F");
  test.consume("S");
  EXPECT_EQ(test.read("S"), "");
}

TEST(StreamTest, StartPointsAndClones) {
  Streams test;
  const auto table = test.table();
  ASSERT_EQ(test.create("CREATE STREAM s ON TABLE t"), "");
  test.db().insert(table, "(1,'a')");
  ASSERT_EQ(test.create("CREATE STREAM s2 ON TABLE t AT (STREAM => 's')"), "");
  ASSERT_EQ(test.create("CREATE STREAM s3 CLONE s"), "");
  ASSERT_EQ(test.create("CREATE STREAM s4 ON TABLE t"), "");
  for (const char* stream : {"S2", "S3"}) EXPECT_EQ(test.read(stream), "1,a,INSERT,F");
  EXPECT_EQ(test.read("S4"), "");
}

TEST(StreamTest, MetadataIsPartOfTheStar) {
  Streams test;
  const auto table = test.table();
  ASSERT_EQ(test.create("CREATE STREAM s ON TABLE t"), "");
  test.db().insert(table, "(1,'a')");
  EXPECT_EQ(test.binder.ask("SELECT * FROM s").names, "ID,V,METADATA$ACTION,METADATA$ISUPDATE,METADATA$ROW_ID");
  EXPECT_EQ(test.binder.ask("SELECT * EXCLUDE (METADATA$ACTION, METADATA$ISUPDATE, METADATA$ROW_ID) FROM s").rows,
            "1,a");
  EXPECT_EQ(test.binder
                .ask("SELECT LENGTH(METADATA$ROW_ID) FROM s WHERE METADATA$ACTION = 'INSERT' AND NOT METADATA$ISUPDATE")
                .rows,
            "40");
}

TEST(StreamTest, RefusalsHaveTheirTexts) {
  Streams test;
  test.table();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"CREATE STREAM s ON TABLE missing", "SQL compilation error:\nTable 'MISSING' does not exist or not authorized."},
      {"CREATE STREAM s ON VIEW t",
       "SQL compilation error: Object found is of type 'TABLE', not specified type 'VIEW'."},
      {"CREATE STREAM s ON TABLE t INSERT_ONLY = TRUE",
       "SQL compilation error:\nStreams of type INSERT_ONLY can only be created on external tables or Iceberg tables "
       "with an external catalog integration."},
      {"CREATE STREAM s ON TABLE t AT (STREAM => 'x')", "SQL compilation error:\nStream 'x' not found."},
      {"CREATE STREAM s ON TABLE t AT (OFFSET => 60)",
       "SQL compilation error:\nInvalid data type [60] in AT(OFFSET => 60)"},
      {"CREATE STREAM s ON TABLE t AT (OFFSET => -60)",
       "Time travel data is not available for table T. The requested time is either beyond the allowed time travel "
       "period or before the object creation time."},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(test.create(text), message) << text;
}

TEST(StreamTest, StaleAndDroppedSourcesAreNamed) {
  Streams test;
  const auto table = test.table();
  ASSERT_EQ(test.create("CREATE STREAM s ON TABLE t"), "");
  test.db().clock().advance(std::chrono::hours(24 * 15));
  EXPECT_NE(test.read("S").find("has become stale"), std::string::npos);
  auto work = test.db().start(test.db().session());
  catalog::Record gone = *work->catalog().find(table);
  gone.dropped = test.db().clock().now();
  TestDatabase::must(work->put(std::move(gone)));
  TestDatabase::must(work->commit());
  EXPECT_EQ(test.read("S"), "091901 (01000): Base table 'DB.S.T' dropped, cannot read from stream 'S'");
}

}  // namespace
}  // namespace change
