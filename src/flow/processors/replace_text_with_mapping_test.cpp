#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(ReplaceTextWithMappingTest, ReplacesKeys) {
  const Folder folder;
  folder.write("map", "are\thave been\nyou  they\nempty\nroses\t$0 and $1 for $x\n\n");
  struct Case {
    std::string_view what;
    PropertyValues properties;
    std::string content, expected;
  };
  for (const auto& c : std::to_array<Case>({
           {"words", {}, "are you\nhere empty?", "have been they\nhere empty?"},
           {"empty value", {}, "an empty box", "an  box"},
           {"group",
            {{"Regular Expression", "<(\\w+)>"}, {"Matching Group", "1"}},
            "<are> are <x>",
            "<have been> are <x>"},
           {"references", {{"Regular Expression", "(ro)ses"}}, "red roses", "red roses and ro for $x"},
           {"attribute is text", {{"Regular Expression", "${dot}|you"}}, "you.", "they."},
           {"nothing", {}, "", ""},
       })) {
    auto properties = c.properties;
    properties["Mapping File"] = folder.at("map");
    ProcessorRun run("ReplaceTextWithMapping", properties, {.given = {{c.content, {{"dot", "."}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    EXPECT_EQ(run.only("success").content, c.expected) << c.what;
  }
}

TEST(ReplaceTextWithMappingTest, ReadsAChangedFileAgain) {
  using namespace std::chrono_literals;
  const Folder folder;
  folder.write("map", "a\t1");
  ProcessorRun run("ReplaceTextWithMapping",
                   {{"Mapping File", folder.at("map")}, {"Mapping File Refresh Interval", "10 sec"}},
                   {.given = {{"a"}, {.content = "a", .arrives = 5s}, {.content = "a", .arrives = 20s}}});
  run.until_idle();
  folder.write("map", "a\tlonger");
  run.advance(5s);
  run.until_idle();
  run.advance(15s);
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"1", "1", "longer"}));
}

TEST(ReplaceTextWithMappingTest, TextInTheProperty) {
  ProcessorRun run("ReplaceTextWithMapping", {{"Mapping File", "a\t1\nb\t2"}, {"Maximum Buffer Size", "3 B"}},
                   {.given = {{"a b"}, {"a b c"}}});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, "1 2");
  EXPECT_EQ(run.only("failure").content, "a b c");
  EXPECT_EQ(ProcessorRun("ReplaceTextWithMapping", {{"Mapping File", "/no/such/file"}}).problems(),
            (Texts{"ReplaceTextWithMapping 'subject', property 'Mapping File': there is no file /no/such/file"}));
  EXPECT_EQ(
      ProcessorRun("ReplaceTextWithMapping", {{"Mapping File", "a b"}, {"Matching Group", "1"}}).problems(),
      (Texts{"ReplaceTextWithMapping 'subject', property 'Matching Group': the regular expression has no such group"}));
}

TEST(ReplaceTextWithMappingTest, OtherCharacterSets) {
  ProcessorRun run("ReplaceTextWithMapping", {{"Mapping File", "ä\tö"}, {"Character Set", "ISO-8859-1"}},
                   {.given = {{"x \xE4"}, {""}}});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"x \xF6", ""}));
}

}  // namespace
}  // namespace flow
