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

TEST(LookupRecordTest, CsvFilesMayBeOfAnyFormat) {
  const Folder folder;
  const auto found = [&](const std::string& text, PropertyValues format) {
    folder.write("file.csv", text);
    format.insert({{"csv-file", folder.at("file.csv")}, {"lookup-key-column", "k"}, {"lookup-value-column", "v"}});
    ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/k"}, {"Result RecordPath", "/v"}}),
                     with(service("l", "SimpleCsvFileLookupService", format), R"([{"k":"a"}])"));
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    return run.only("success").content;
  };
  struct Case {
    std::string text;
    PropertyValues format;
    std::string expected;
  };
  for (const auto& c : std::to_array<Case>({
           {"k,v\na,1\n", {{"CSV Format", "default"}}, R"([{"k":"a","v":"1"}])"},
           {"k,v\na,1\n", {{"CSV Format", "RFC4180"}}, R"([{"k":"a","v":"1"}])"},
           {"k\tv\na\t1\n", {{"CSV Format", "tdf"}}, R"([{"k":"a","v":"1"}])"},
           {"k|v\na|1\\|2\n", {{"CSV Format", "informix-unload"}}, R"([{"k":"a","v":"1|2"}])"},
           {"k;v\n# none\na;'1;2'\n",
            {{"CSV Format", "custom"}, {"Value Separator", ";"}, {"Quote Character", "'"}, {"Comment Marker", "#"}},
            R"([{"k":"a","v":"1;2"}])"},
       }))
    EXPECT_EQ(found(c.text, c.format), c.expected) << c.text;
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

TEST(LookupRecordTest, CsvFilesHaveFormats) {
  struct Case {
    std::string format, text, set = "UTF-8";
  };
  const Folder folder;
  for (const auto& c : std::to_array<Case>({{"custom", "k,v\nä,\"x,y\"\n"},
                                            {"Default", "k,v\nä,\"x,y\"\n"},
                                            {"RFC4180", "k,v\r\nä,\"x,y\"\r\n"},
                                            {"rfc-4180", "k,v\r\nä,\"x,y\"\r\n"},
                                            {"Excel", "k,v\r\nä,\"x,y\"\r\n"},
                                            {"excel", "k,v\r\nä,\"x,y\"\r\n"},
                                            {"TDF", "k\tv\nä\tx,y\n"},
                                            {"tdf", "k\tv\nä\tx,y\n"},
                                            {"MySQL", "k\tv\nä\tx,y\n"},
                                            {"mysql", "k\tv\nä\tx,y\n"},
                                            {"Default", "k,v\n\xE4,\"x,y\"\n", "ISO-8859-1"}})) {
    folder.write("f.csv", c.text);
    for (const auto* type : {"SimpleCsvFileLookupService", "CSVRecordLookupService"}) {
      PropertyValues file{{"CSV File", folder.at("f.csv")},
                          {"CSV Format", c.format},
                          {"Character Set", c.set},
                          {"Lookup Key Column", "k"}};
      const bool whole = std::string_view(type) == "CSVRecordLookupService";
      if (!whole) file.insert({"Lookup Value Column", "v"});
      ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/c"}, {"Result RecordPath", "/of"}}),
                       with(service("l", type, file), R"([{"c":"ä"}])"));
      ASSERT_EQ(run.problems(), Texts{}) << c.format;
      run.until_idle();
      EXPECT_EQ(run.only("success").content, whole ? R"([{"c":"ä","of":{"v":"x,y"}}])" : R"([{"c":"ä","of":"x,y"}])")
          << type << " " << c.format;
    }
  }
}

TEST(LookupRecordTest, KeysMayHaveToBeUnique) {
  const Folder folder;
  folder.write("once.csv", "k,v\na,1\n");
  folder.write("twice.csv", "k,v\na,1\na,2\n");
  for (const auto* type : {"SimpleCsvFileLookupService", "CSVRecordLookupService"}) {
    const auto problems = [&](const std::string& name) {
      PropertyValues file{{"CSV File", folder.at(name)}, {"Lookup Key Column", "k"}, {"Ignore Duplicates", "false"}};
      if (std::string_view(type) == "SimpleCsvFileLookupService") file.insert({"Lookup Value Column", "v"});
      ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"key", "/c"}, {"Result RecordPath", "/of"}}),
                       with(service("l", type, file), R"([{"c":"a"}])"));
      run.until_idle();
      return run.engine().status().services.back().problems;
    };
    EXPECT_EQ(problems("once.csv"), Texts{});
    EXPECT_EQ(problems("twice.csv"), (Texts{std::string(type) + " 'l': the key 'a' comes twice"}));
  }
}

}  // namespace
}  // namespace flow
