#include "flow/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow::testing {
namespace {

/// GenerateFlowFile -> UpdateAttribute "tag" -> RouteOnAttribute -> PutFile "keep", with what fails ended.
constexpr std::string_view kFlow =
    R"({"flowContents": {"identifier": "root", "name": "flow", "parameterContextName": "p",
  "processors": [
    {"identifier": "1", "name": "make", "type": "org.apache.nifi.processors.standard.GenerateFlowFile", "schedulingPeriod": "1 min",
     "properties": {"Custom Text": "made"}},
    {"identifier": "2", "name": "tag", "type": "org.apache.nifi.processors.attributes.UpdateAttribute", "properties": {"kind": "#{kind}"}},
    {"identifier": "3", "name": "route", "type": "org.apache.nifi.processors.standard.RouteOnAttribute",
     "properties": {"good": "${kind:equals('good')}"}, "autoTerminatedRelationships": ["unmatched"]},
    {"identifier": "4", "name": "keep", "type": "org.apache.nifi.processors.standard.PutFile",
     "properties": {"Directory": "#{out}"}, "autoTerminatedRelationships": ["success", "failure"]}],
  "connections": [
    {"identifier": "5", "source": {"id": "1"}, "destination": {"id": "2"}, "selectedRelationships": ["success"]},
    {"identifier": "6", "source": {"id": "2"}, "destination": {"id": "3"}, "selectedRelationships": ["success"]},
    {"identifier": "7", "source": {"id": "3"}, "destination": {"id": "4"}, "selectedRelationships": ["good"]}]},
  "parameterContexts": {"p": {"name": "p", "parameters": [{"name": "kind", "value": "good"}, {"name": "out", "value": "nowhere"}]}}})";

class RunTest : public ::testing::Test {
 protected:
  RunTest() { folder_.write("flow.json", kFlow); }

  base::Result<std::vector<Difference>> run(const std::string& tests, bool update = false) {
    folder_.write("test.yaml", "flow: flow.json\nparameters: {out: '{directory}/out'}\ntests:\n" + tests);
    const auto file = read_test_file(folder_.at("test.yaml"));
    if (!file) return base::fail(file.error());
    const Folder directory;
    return run_test(*file, file->tests.at(0), {.directory = directory.path(), .update = update});
  }
  /// What is not as expected, a line each.
  std::vector<std::string> differences(const std::string& tests) {
    const auto found = run(tests);
    if (!found) return {found.error().message};
    std::vector<std::string> lines;
    for (const auto& d : *found) lines.push_back(fmt::format("{}: {}: {} / {}", d.line, d.where, d.expected, d.came));
    return lines;
  }

  Folder folder_;
};

TEST_F(RunTest, RunsTheFlowAsItIs) {
  EXPECT_EQ(differences(R"(
  - name: all of it
    expect:
      - {out_of: route, relationship: good, flowfiles: [{content: made, attributes: {kind: good}}]}
      - {out_of: route, relationship: unmatched, count: 0}
      - {out_of: keep, count: 1}
)"),
            Texts{});
}

TEST_F(RunTest, ASourceIsReplacedAndASinkIsCaptured) {
  EXPECT_EQ(differences(R"(
  - name: given
    given:
      - out_of: make
        flowfiles:
          - {content: one, attributes: {filename: a.txt}}
          - {content: two, attributes: {filename: b.txt}}
    expect:
      - into: keep
        flowfiles:
          - {content: one, attributes: {filename: a.txt, kind: good}}
          - {content: {matches: t.o}, attributes: {filename: b.txt}}
    expect_files:
      out/a.txt: {absent: true}
)"),
            Texts{});
}

TEST_F(RunTest, ParametersAndPropertiesAreSet) {
  EXPECT_EQ(differences(R"(
  - name: bad ones end
    parameters: {kind: bad}
    expect:
      - {out_of: route, relationship: unmatched, count: 1}
      - {into: keep, count: 0}
)"),
            Texts{});
  EXPECT_EQ(differences(R"(
  - name: files
    set: {make: {Custom Text: other, Data Format: Text, Unique FlowFiles: 'false'}, tag: {filename: fixed.txt}}
    expect_files: {out/fixed.txt: other}
)"),
            Texts{});
}

TEST_F(RunTest, AStubStandsInPlaceOfAComponent) {
  EXPECT_EQ(differences(R"(
  - name: stub
    stub:
      - {in_place_of: tag, attributes: {kind: good, from: '${filename}'}, content: other}
    given:
      - {out_of: make, flowfiles: [{content: one, attributes: {filename: a.txt}}]}
    expect:
      - {into: keep, flowfiles: [{content: other, attributes: {from: a.txt}}]}
)"),
            Texts{});
}

TEST_F(RunTest, JsonIsComparedAsWhatItMeans) {
  const std::string given = R"(
    given: [{out_of: make, flowfiles: [{content: '{ "b": [1.0, true, "1"], "a": null }'}]}])";
  EXPECT_EQ(differences("  - name: json" + given + R"(
    expect: [{into: keep, flowfiles: [{content: {json: {a: null, b: [1.0, true, '1']}}}]}]
)"),
            Texts{});
  EXPECT_EQ(differences("  - name: json" + given + R"(
    expect: [{into: keep, flowfiles: [{content: {json: {a: null, b: [1.0, true, 1]}}}]}]
)")
                .size(),
            1u);
}

TEST_F(RunTest, TheClockGoesAsFarAsTheTestSays) {
  EXPECT_EQ(differences("  - {name: a while, run_for: 5 min, expect: [{into: keep, count: 6}]}\n"), Texts{});
  EXPECT_EQ(differences("  - {name: an instant, expect: [{into: keep, count: 1}]}\n"), Texts{});
}

TEST_F(RunTest, TellsWhatIsOtherwise) {
  EXPECT_EQ(differences(R"(
  - name: wrong
    expect:
      - into: keep
        flowfiles:
          - content: else
            attributes: {kind: bad, missing: x}
)"),
            (Texts{"10: into 'keep': flowfile 1: attribute 'kind': bad / good",
                   "10: into 'keep': flowfile 1: attribute 'missing': x / (none)",
                   "9: into 'keep': flowfile 1: content: else / made"}));
}

TEST_F(RunTest, FailuresThatEndAreNoSuccess) {
  const std::string test = R"(
  - name: a directory that is a file
    files: {out: a file}
    expect:
      - {out_of: keep, relationship: success, count: 0}
)";
  const auto found = differences(test);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("'keep': no failures / 1 flowfiles ended in 'failure'"), std::string::npos) << found[0];
  auto allowed = test;
  allowed.replace(allowed.find("    files"), 0, "    allow_failures: true\n");
  EXPECT_EQ(differences(allowed), Texts{});
}

TEST_F(RunTest, RefusesWhatItCannotMean) {
  struct Case {
    std::string test, told;
  };
  for (const auto& c : std::to_array<Case>({
           {"  - {name: x, expect: [{into: nobody, count: 1}]}\n", "test.yaml:4: the flow has no component 'nobody'"},
           {"  - {name: x, expects: []}\n", "has no 'expects'"},
           {"  - {name: x}\n", "test 'x' expects nothing"},
           {"  - {name: x, expect: [{count: 1}]}\n", "needs either 'out_of' or 'into'"},
           {"  - {name: x, expect: [{into: keep}]}\n", "needs 'count' or 'flowfiles'"},
           {"  - {name: x, given: [{out_of: keep, flowfiles: [{content: a}]}], expect: [{into: tag, count: 1}]}\n",
            "no connection leads out of 'keep' by 'success'"},
       })) {
    const auto found = run(c.test);
    ASSERT_FALSE(found) << c.test;
    EXPECT_NE(found.error().message.find(c.told), std::string::npos) << found.error().message;
  }
}

TEST_F(RunTest, UpdateWritesWhatCame) {
  const std::string test = "  - {name: golden, expect: [{into: keep, flowfiles: [{content: {file: golden.txt}}]}]}\n";
  EXPECT_EQ(run(test)->size(), 1u);
  EXPECT_TRUE(run(test, true)->empty());
  EXPECT_EQ(folder_.read("golden.txt"), "made");
  EXPECT_TRUE(run(test)->empty());
}

}  // namespace
}  // namespace flow::testing
