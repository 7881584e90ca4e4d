#include "flow/format/outline.h"

#include <gmock/gmock.h>

#include "flow/format/format_fixtures.h"

namespace flow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

FlowDefinition orders(std::string_view from = "", std::string_view to = "") {
  auto text = read_flow_file("orders_definition.json");
  if (!from.empty()) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }
  return read_flow(text, "orders.json");
}

TEST(OutlineTest, TellsWhatDiffersFromTheDefaults) {
  const auto text = outline_text(read_flow(read_flow_file("orders_instance.json"), "i.json", kTestSensitiveKey));
  EXPECT_THAT(text, HasSubstr("process group 'orders'\n"));
  EXPECT_THAT(text, HasSubstr("  GenerateFlowFile 'make'\n"));
  EXPECT_THAT(text, HasSubstr("      scheduling period: 1 min\n"));
  EXPECT_THAT(text, HasSubstr("      Batch Size = #{batch}\n"));
  EXPECT_THAT(text, HasSubstr("      success -> tag\n"));
  EXPECT_THAT(text, HasSubstr("    LogAttribute 'keep'\n"));  // in a group below
  EXPECT_THAT(text, HasSubstr("      Reader = gold reader\n"));
  EXPECT_THAT(text, HasSubstr("      Secret Ingredient = (sensitive)\n"));
  EXPECT_THAT(text, Not(HasSubstr("saffron")));
  EXPECT_THAT(text, Not(HasSubstr("open sesame")));
  EXPECT_THAT(text, Not(HasSubstr("Unique FlowFiles")));  // has its default
}

TEST(DifferencesTest, AreToldInWords) {
  EXPECT_THAT(differences(orders(), orders()), IsEmpty());
  struct Case {
    std::string_view from, to, line;
  };
  for (const Case& c : std::to_array<Case>({
           {R"("File Size": "1 KB")", R"("File Size": "2 KB")",
            "processor 'orders/make' (GenerateFlowFile): property 'File Size' was '1 KB' and is '2 KB'"},
           {R"("schedulingPeriod": "1 min")", R"("schedulingPeriod": "5 min")",
            "processor 'orders/make' (GenerateFlowFile): scheduling period was '1 min' and is '5 min'"},
           {R"("name": "keep")", R"("name": "store")",
            "processor 'orders/archive/keep' (LogAttribute) is called 'orders/archive/store' now"},
           {R"("value": "2")", R"("value": "3")", "parameter context 'orders': parameter 'batch' was '2' and is '3'"},
           {R"("flowFileExpiration": "1 hour")", R"("flowFileExpiration": "0 sec")",
            "connection 'orders/tag -> Funnel': expiration was '1 hour' and is not set"},
           {R"("Karat": "18")", R"("Karat": "24")",
            "controller service 'orders/gold reader' (GoldReader): property 'Karat' was '18' and is '24'"},
       }))
    EXPECT_THAT(differences(orders(), orders(c.from, c.to)), ::testing::Contains(std::string(c.line))) << c.line;
  // Where a component stands on the canvas is no difference.
  EXPECT_THAT(differences(orders(), orders(R"("x": 20.0)", R"("x": 99.0)")), IsEmpty());
}

TEST(DifferencesTest, ComponentsThatCameAndWent) {
  const auto one = read_flow(
      R"({"flowContents":{"identifier":"r","name":"f","processors":[{"identifier":"a","name":"a","type":"x.A"}]}})",
      "1.json");
  const auto two = read_flow(
      R"({"flowContents":{"identifier":"r","name":"f","processors":[{"identifier":"b","name":"b","type":"x.B"}]}})",
      "2.json");
  EXPECT_THAT(differences(one, two), ElementsAre("processor 'f/a' (A) was removed", "processor 'f/b' (B) was added"));
}

TEST(DifferencesTest, FilesOfDifferentKindsCompareByNames) {
  const auto lines = differences(read_flow(read_flow_file("orders_flow.xml"), "a.xml"),
                                 read_flow(read_flow_file("orders_instance.json"), "b.json"));
  for (const auto& line : lines) EXPECT_THAT(line, Not(HasSubstr("was removed"))) << line;
}

}  // namespace
}  // namespace flow
