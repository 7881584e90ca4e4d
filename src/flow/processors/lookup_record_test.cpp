#include <gtest/gtest.h>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

const std::string kOrders = R"([{"id":1,"c":"fr"},{"id":2,"c":"xx"},{"id":3,"c":"de"}])";

ProcessorRun::Options with(ServiceDefinition lookup, std::string content = kOrders,
                           std::vector<std::string> relationships = {"success", "failure"}) {
  return {.given = {{std::move(content)}},
          .relationships = std::move(relationships),
          .services = {service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter"), std::move(lookup)}};
}
ServiceDefinition countries() {
  return service("l", "SimpleKeyValueLookupService", {{"fr", "France"}, {"de", "Germany"}});
}

TEST(LookupRecordTest, WhatIsFoundIsAdded) {
  ProcessorRun run("LookupRecord",
                   records({{"lookup-service", "l"}, {"key", "/c"}, {"result-record-path", "/country"}}),
                   with(countries()));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(
      run.only("success").content,
      R"([{"id":1,"c":"fr","country":"France"},{"id":2,"c":"xx","country":null},{"id":3,"c":"de","country":"Germany"}])");
  EXPECT_EQ(run.only("success").at("record.count"), "3");
}

TEST(LookupRecordTest, ValuesOfAServiceSeeTheEnvironment) {
  ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/c"}, {"Result RecordPath", "/c"}}),
                   with(service("l", "SimpleKeyValueLookupService", {{"fr", "${os.name}#${'file.separator'}{x}"}}),
                        R"([{"c":"fr"}])"));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"c":"Linux#/{x}"}])");
}

TEST(LookupRecordTest, RecordsAreSortedByWhetherSomethingIsFound) {
  ProcessorRun run("LookupRecord",
                   records({{"Lookup Service", "l"},
                            {"key", "/c"},
                            {"Result RecordPath", "/c"},
                            {"Routing Strategy", "route-to-matched-unmatched"}}),
                   with(countries(), kOrders, {"matched", "unmatched", "failure"}));
  run.until_idle();
  EXPECT_EQ(run.only("matched").content, R"([{"id":1,"c":"France"},{"id":3,"c":"Germany"}])");
  EXPECT_EQ(run.only("unmatched").content, R"([{"id":2,"c":"xx"}])");
}

TEST(LookupRecordTest, ValuesMayBeReplacedInPlace) {
  ProcessorRun run(
      "LookupRecord",
      records({{"Lookup Service", "l"}, {"any", "/c"}, {"record-update-strategy", "replace-existing-values"}}),
      with(countries()));
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"id":1,"c":"France"},{"id":2,"c":"xx"},{"id":3,"c":"Germany"}])");
}

/// As NiFi 1.28.1 does it: nulls are not looked up, but a path that finds nothing else makes the record unmatched.
TEST(LookupRecordTest, NullsAreNotReplaced) {
  for (const auto& [content, matches] : {std::pair{R"([{"c":[null,"fr"]}])", true},
                                         {R"([{"c":["xx","fr"]}])", false},
                                         {R"([{"c":[null]}])", false},
                                         {R"([{"c":[]}])", true}}) {
    ProcessorRun run("LookupRecord",
                     records({{"Lookup Service", "l"},
                              {"any", "/c[*]"},
                              {"Record Update Strategy", "replace-existing-values"},
                              {"Routing Strategy", "route-to-matched-unmatched"}}),
                     with(countries(), content, {"matched", "unmatched", "failure"}));
    run.until_idle();
    EXPECT_EQ(run.out(matches ? "matched" : "unmatched").size(), 1u) << content;
  }
}

TEST(LookupRecordTest, WhatIsReplacedNeedsAServiceWithOneKey) {
  ProcessorRun run(
      "LookupRecord",
      records({{"Lookup Service", "l"}, {"any", "/c"}, {"Record Update Strategy", "replace-existing-values"}}),
      with(service("l", "RestLookupService", {{"URL", "http://h/"}, {"Record Reader", "in"}})));
  EXPECT_EQ(run.problems(),
            (Texts{"LookupRecord 'subject', property 'Record Update Strategy': replaces what was looked "
                   "up, which needs a service with one key"}));
}

TEST(LookupRecordTest, RecordsWithinRecordsAreLookedUpFor) {
  const auto came = [](const std::string& content, PropertyValues properties, const char* relationship) {
    properties.insert({{"Lookup Service", "l"}, {"key", "./c"}, {"Routing Strategy", "route-to-matched-unmatched"}});
    ProcessorRun run("LookupRecord", records(std::move(properties)),
                     with(countries(), content, {"matched", "unmatched", "failure"}));
    run.until_idle();
    return run.only(relationship).content;
  };
  const PropertyValues items{{"Root Record Path", "/${literal('items')}"}, {"Result RecordPath", "/name"}};
  EXPECT_EQ(came(R"([{"items":[{"c":"fr"},{"c":"de"}],"n":1}])", items, "matched"),
            R"([{"items":[{"c":"fr","name":"France"},{"c":"de","name":"Germany"}],"n":1}])");
  // One that is not found makes the record unmatched, but what is found is there.
  EXPECT_EQ(came(R"([{"items":[{"c":"xx"},{"c":"de"}],"n":1}])", items, "unmatched"),
            R"([{"items":[{"c":"xx","name":null},{"c":"de","name":"Germany"}],"n":1}])");
  EXPECT_EQ(came(R"([{"items":[],"n":1}])", items, "unmatched"), R"([{"items":[],"n":1}])");
  EXPECT_EQ(came(R"([{"items":"no records","n":1}])", items, "unmatched"), R"([{"items":"no records","n":1}])");
  const PropertyValues one{{"root-record-path", "/a/b"}, {"Result RecordPath", "/c"}};
  EXPECT_EQ(came(R"([{"a":{"b":{"c":"fr"}}}])", one, "matched"), R"([{"a":{"b":{"c":"France"}}}])");
  const PropertyValues replaced{{"root-record-path", "/a/b"}, {"Record Update Strategy", "replace-existing-values"}};
  EXPECT_EQ(came(R"([{"a":{"b":[{"c":"fr"},{"c":"de"}]}}])", replaced, "matched"),
            R"([{"a":{"b":[{"c":"France"},{"c":"Germany"}]}}])");
}

TEST(LookupRecordTest, CsvFilesAreLookedUp) {
  const Folder folder;
  folder.write("countries.csv", "code,name,capital\nfr,France,Paris\nde,Germany,Berlin\n");
  const PropertyValues file{{"csv-file", folder.at("countries.csv")}, {"lookup-key-column", "code"}};
  auto one = file;
  one.insert({"lookup-value-column", "capital"});
  ProcessorRun simple("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/c"}, {"Result RecordPath", "/city"}}),
                      with(service("l", "SimpleCsvFileLookupService", one), R"([{"c":"de"}])"));
  simple.until_idle();
  EXPECT_EQ(simple.only("success").content, R"([{"c":"de","city":"Berlin"}])");
  ProcessorRun whole("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/c"}, {"Result RecordPath", "/of"}}),
                     with(service("l", "CSVRecordLookupService", file), R"([{"c":"de"}])"));
  whole.until_idle();
  EXPECT_EQ(whole.only("success").content, R"([{"c":"de","of":{"name":"Germany","capital":"Berlin"}}])");
  ProcessorRun fields("LookupRecord",
                      records({{"Lookup Service", "l"},
                               {"key", "/c"},
                               {"Result RecordPath", "/"},
                               {"Record Result Contents", "record-fields"}}),
                      with(service("l", "CSVRecordLookupService", file), R"([{"c":"de"}])"));
  fields.until_idle();
  EXPECT_EQ(fields.only("success").content, R"([{"c":"de","name":"Germany","capital":"Berlin"}])");
}

TEST(LookupRecordTest, AServiceThatCannotBeEnabledIsTriedAgain) {
  const Folder folder;
  ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/c"}, {"Result RecordPath", "/city"}}),
                   with(service("l", "SimpleCsvFileLookupService",
                                {{"csv-file", folder.at("countries.csv")},
                                 {"lookup-key-column", "code"},
                                 {"lookup-value-column", "capital"}}),
                        R"([{"c":"de"}])"));
  EXPECT_EQ(run.problems().size(), 1u);
  const auto again = [&](std::chrono::seconds later) {
    run.advance(later);
    return run.engine().retry_services();
  };
  EXPECT_EQ(run.engine().status().services.back().state, ServiceState::Enabling);
  ASSERT_EQ(run.engine().status().bulletins.size(), 1u);
  EXPECT_NE(run.engine().status().bulletins[0].message.find("is tried again in 30 s"), std::string::npos);
  EXPECT_EQ(again(std::chrono::seconds{30}), 0u);
  EXPECT_EQ(run.engine().status().bulletins.size(), 2u);
  folder.write("countries.csv", "code,name,capital\nde,Germany,Berlin\n");
  EXPECT_EQ(again(std::chrono::seconds{59}), 0u);  // the second time it waits twice as long
  EXPECT_EQ(again(std::chrono::seconds{1}), 1u);
  EXPECT_EQ(run.problems(), Texts{});
  EXPECT_EQ(run.status().state, RunState::Running);  // it was started
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"c":"de","city":"Berlin"}])");
  EXPECT_EQ(run.engine().retry_services(), 0u);
}

TEST(LookupRecordTest, WhatIsMissingIsNamed) {
  ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"other", "/c"}}), with(countries()));
  EXPECT_EQ(run.problems(), (Texts{"LookupRecord 'subject': needs a property 'key' whose value is a path"}));
}

TEST(LookupRecordTest, UnreadableContentFails) {
  ProcessorRun run("LookupRecord", records({{"lookup-service", "l"}, {"key", "/c"}}), with(countries(), "[{"));
  run.until_idle();
  EXPECT_EQ(run.only("failure").content, "[{");
  ProcessorRun empty("LookupRecord", records({{"lookup-service", "l"}, {"key", "/c"}}), with(countries(), ""));
  empty.until_idle();
  EXPECT_EQ(empty.out("success").size(), 0u);
}

constexpr const char* kCsvLookups[] = {"SimpleCsvFileLookupService", "CSVRecordLookupService"};

ServiceDefinition csv_lookup(const char* type, PropertyValues file) {
  file.insert({"Lookup Key Column", "k"});
  if (type == std::string_view("SimpleCsvFileLookupService")) file.insert({"Lookup Value Column", "v"});
  return service("l", type, std::move(file));
}

/// What the column v of such a file is for a key, as JSON, or why the service cannot be enabled.
std::string looked_up(const char* type, const PropertyValues& file, const std::string& key) {
  const bool whole = type == std::string_view("CSVRecordLookupService");
  ProcessorRun run("LookupRecord",
                   records({{"Lookup Service", "l"},
                            {"key", "/k"},
                            {"Result RecordPath", whole ? "/" : "/v"},
                            {"Record Result Contents", whole ? "record-fields" : "insert-entire-record"}}),
                   with(csv_lookup(type, file), R"([{"k":")" + key + R"("}])"));
  run.until_idle();
  const auto problems = run.engine().status().services.back().problems;
  if (!problems.empty()) return problems[0].substr(problems[0].find(": ") + 2);
  const auto content = run.only("success").content;
  const auto at = content.find(R"("v":)");
  return at == std::string::npos ? "(none)" : content.substr(at + 4, content.size() - at - 6);
}

/// As NiFi's CSVUtils and Apache Commons CSV read them.
TEST(LookupRecordTest, CsvFilesHaveFormats) {
  struct Case {
    std::string text;
    PropertyValues format;
    std::string key, expected;
  };
  const Folder folder;
  const auto custom = [](PropertyValues more) {
    more.insert({"CSV Format", "custom"});
    return more;
  };
  for (const auto& c : std::to_array<Case>({
           {"k,v\nä,\"x,y\"\n", {{"CSV Format", "default"}}, "ä", R"("x,y")"},
           {"k,v\nä, x \n", {{"CSV Format", "Default"}}, "ä", R"(" x ")"},
           {"k,v\n\xE4,x\n", {{"Character Set", "ISO-8859-1"}}, "ä", R"("x")"},
           {"k,v\r\na,\"x,y\"\r\n", {{"CSV Format", "RFC4180"}}, "a", R"("x,y")"},
           {"k,v\r\na,\"x,y\"\r\n", {{"CSV Format", "rfc-4180"}}, "a", R"("x,y")"},
           {"k,v\r\na,\"x,y\"\r\n", {{"CSV Format", "Excel"}}, "a", R"("x,y")"},
           {"k,v\r\na,\"x,y\"\r\n", {{"CSV Format", "excel"}}, "a", R"("x,y")"},
           {"k\tv\na\tx,y\n", {{"CSV Format", "TDF"}}, "a", R"("x,y")"},
           {"k\tv\na\t x \n", {{"CSV Format", "tdf"}}, "a", R"("x")"},
           {"k\tv\na\tx\\ty\n", {{"CSV Format", "MySQL"}}, "a", R"("x\ty")"},
           {"k\tv\na\tx\\ty\n", {{"CSV Format", "mysql"}}, "a", R"("x\ty")"},
           {"k|v\na|1\\|2\n", {{"CSV Format", "informix-unload"}}, "a", R"("1|2")"},
           {"k|v\na|\"x|y\"\n", {{"CSV Format", "informix-unload"}}, "a", R"("x|y")"},
           {"k,v\na,\"x,\"\"y\"\n", {{"CSV Format", "informix-unload-csv"}}, "a", R"("x,\"y")"},
           {"k,v\na,x\\ty\n", {{"CSV Format", "informix-unload-csv"}}, "a", R"("x\\ty")"},
           {"k;v\na;1;\n", custom({{"Value Separator", ";"}}), "a", R"("1")"},
           {"k\tv\na\t1\n", custom({{"Value Separator", "\\t"}}), "a", R"("1")"},
           {"k,v\na,'x,y'\n", custom({{"Quote Character", "'"}}), "a", R"("x,y")"},
           {"k,v\na,\"x\"\n", custom({{"Quote Character", "'"}}), "a", R"("\"x\"")"},
           {"k,v\n# no,2\na,1\n", custom({}), "# no", R"("2")"},
           {"k,v\n# no,2\na,1\n", custom({{"Comment Marker", "#"}}), "# no", "(none)"},
           {"k,v\na,\"x\\\"y\"\n", custom({}), "a", R"("x\"y")"},
           {"k,v\na,\"x!\"y\"\n", custom({{"Escape Character", "!"}}), "a", R"("x\"y")"},
           {"k,v\na,x!ny!,z\n", custom({{"Escape Character", "!"}}), "a", R"("x\ny,z")"},
           {"k,v\n a , x \n", custom({}), "a", R"("x")"},
           {"k,v\na,\" x \"\n", custom({}), "a", R"("x")"},
           {"k,v\n a , x \n", custom({{"Trim Fields", "false"}}), " a ", R"(" x ")"},
           // How it would be written does not matter.
           {"k,v\na,\"5\"\n", custom({{"Quote Mode", "ALL"}}), "a", R"("5")"},
           {"k,v\na,x\n", custom({{"Quote Mode", "ALL"}}), "a", R"("x")"},
           {"k,v\na,\"5\"\n", custom({{"Quote Mode", "NON_NUMERIC"}}), "a", R"("5")"},
           {"k,v\na,\"x,y\"\n", custom({{"Quote Mode", "NONE"}}), "a", R"("x,y")"},
           {"k,v\na,\n", {}, "a", R"("")"},
           {"k,v\na,1,3\n\nb,2\n", {}, "b", R"("2")"},
       })) {
    folder.write("f.csv", c.text);
    auto file = c.format;
    file.insert({"CSV File", folder.at("f.csv")});
    for (const auto* type : kCsvLookups) EXPECT_EQ(looked_up(type, file, c.key), c.expected) << type << " " << c.text;
  }
}

TEST(LookupRecordTest, CsvFilesMayBeWrong) {
  struct Case {
    std::string text;
    PropertyValues format;
    std::string simple, whole;
  };
  const Folder folder;
  for (const auto& c : std::to_array<Case>({
           {"k,v\n,1\n", {}, "the key of a line is empty", "the key of a line is empty"},
           {"k,v\n \t,1\n", {}, "the key of a line is empty", "the key of a line is empty"},
           {"k,v\na\n", {}, "the line of the key 'a' has no value", "null"},
           {"k,v\na,x\n",
            {{"CSV Format", "custom"}, {"Quote Mode", "NONE"}, {"Escape Character", ""}},
            "NONE needs an escape character",
            "NONE needs an escape character"},
       })) {
    folder.write("f.csv", c.text);
    auto file = c.format;
    file.insert({"CSV File", folder.at("f.csv")});
    EXPECT_EQ(looked_up(kCsvLookups[0], file, "a"), c.simple) << c.text;
    EXPECT_EQ(looked_up(kCsvLookups[1], file, "a"), c.whole) << c.text;
  }
}

/// Within 30 seconds, as NiFi's do.
TEST(LookupRecordTest, CsvFilesThatChangeAreReadAgain) {
  using std::chrono::seconds;
  const Folder folder;
  const auto path = folder.at("f.csv");
  folder.write("f.csv", "k,v\na,1\n");
  std::vector<Given> given;
  for (const int at : {0, 10, 31, 62, 93, 124}) given.push_back({.content = R"([{"k":"a"}])", .arrives = seconds{at}});
  ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/k"}, {"Result RecordPath", "/v"}}),
                   {.given = std::move(given),
                    .relationships = {"success", "failure"},
                    .services = {service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter"),
                                 csv_lookup(kCsvLookups[0], {{"CSV File", path}})}});
  int changes = 0;
  const auto change = [&](const char* text) {
    folder.write("f.csv", text);
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + seconds{++changes});
  };
  const auto found = [&](int later) {
    run.advance(seconds{later});
    run.until_idle();
    return run.contents("success").back();
  };
  EXPECT_EQ(found(0), R"([{"k":"a","v":"1"}])");
  change("k,v\na,2\n");
  EXPECT_EQ(found(10), R"([{"k":"a","v":"1"}])");
  EXPECT_EQ(found(21), R"([{"k":"a","v":"2"}])");
  change("k,v\n,2\n");
  found(31);
  EXPECT_EQ(run.out("success").size(), 3u);
  EXPECT_EQ(run.only("failure").content, R"([{"k":"a"}])");
  EXPECT_NE(run.errors().at(0).find("the key of a line is empty"), std::string::npos);
  EXPECT_EQ(found(31), R"([{"k":"a","v":"2"}])");  // what was there before
  std::filesystem::remove(path);
  EXPECT_EQ(found(31), R"([{"k":"a","v":"2"}])");
}

TEST(LookupRecordTest, KeysMayHaveToBeUnique) {
  const Folder folder;
  folder.write("once.csv", "k,v\na,1\n");
  folder.write("twice.csv", "k,v\na,1\na,2\n");
  for (const auto* type : kCsvLookups) {
    const auto found = [&](const char* name, const char* ignores) {
      return looked_up(type, {{"CSV File", folder.at(name)}, {"Ignore Duplicates", ignores}}, "a");
    };
    EXPECT_EQ(found("once.csv", "false"), R"("1")");
    EXPECT_EQ(found("twice.csv", "false"), "the key 'a' comes twice");
    EXPECT_EQ(found("twice.csv", "true"), R"("2")");
  }
}

}  // namespace
}  // namespace flow
