#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(SplitTextTest, Splits) {
  struct Case {
    std::string_view what;
    PropertyValues properties;
    std::string content;
    Texts splits;
    Texts lines;  // text.line.count
  };
  const std::string count = "Line Split Count", bytes = "Maximum Fragment Size", header = "Header Line Count",
                    marker = "Header Line Marker Characters", trims = "Remove Trailing Newlines";
  const auto cases = std::to_array<Case>({
      {"one line each", {{count, "1"}}, "a\nb\nc", {"a", "b", "c"}, {"1", "1", "1"}},
      {"two lines each", {{count, "2"}}, "a\nb\nc\n", {"a\nb", "c"}, {"2", "1"}},
      {"line ends stay", {{count, "2"}, {trims, "false"}}, "a\r\nb\r\nc\r\n", {"a\r\nb\r\n", "c\r\n"}, {"2", "1"}},
      {"empty splits go", {{count, "1"}}, "a\n\n\nb\n", {"a", "b"}, {"1", "1"}},
      {"empty splits stay", {{count, "1"}, {trims, "false"}}, "a\n\nb", {"a\n", "\n", "b"}, {"1", "0", "1"}},
      {"empty lines in between", {{count, "3"}}, "a\n\nb\nc", {"a\n\nb", "c"}, {"2", "1"}},
      {"empty lines at the end", {{count, "3"}}, "a\r\n\n\n", {"a"}, {"1"}},
      {"nothing", {{count, "1"}}, "", {}, {}},
      {"by size", {{count, "0"}, {bytes, "4 B"}}, "a\nb\nccccc\nd\n", {"a\nb", "ccccc", "d"}, {"2", "1", "1"}},
      {"by size and lines", {{count, "1"}, {bytes, "100 B"}}, "a\nb", {"a", "b"}, {"1", "1"}},
      {"header", {{count, "1"}, {header, "1"}}, "h\na\nb\n", {"h\na", "h\nb"}, {"1", "1"}},
      {"header of two", {{count, "2"}, {header, "2"}}, "h\ni\na\nb\nc", {"h\ni\na\nb", "h\ni\nc"}, {"2", "1"}},
      {"header counts", {{count, "0"}, {header, "1"}, {bytes, "4 B"}}, "h\na\nb", {"h\na", "h\nb"}, {"1", "1"}},
      {"header alone", {{count, "1"}, {header, "1"}}, "h\n", {"h"}, {"0"}},
      {"header over empty lines", {{count, "1"}, {header, "1"}}, "h\na\n\nb", {"h\na", "h", "h\nb"}, {"1", "0", "1"}},
      {"marker", {{count, "1"}, {marker, "##"}}, "##h\n##i\na\n##b\n", {"##h\n##i\na", "##h\n##i\n##b"}, {"1", "1"}},
      {"marker that is not there", {{count, "1"}, {marker, "##"}}, "#h\na", {"#h", "a"}, {"1", "1"}},
      {"marker is overruled", {{count, "1"}, {header, "1"}, {marker, "##"}}, "h\n##a", {"h\n##a"}, {"1"}},
  });
  for (const auto& c : cases) {
    ProcessorRun run("SplitText", c.properties, {.given = {{c.content, {{"filename", "f.txt"}, {"kind", "K"}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    EXPECT_EQ(run.contents("splits"), c.splits) << c.what;
    const auto original = run.only("original");
    EXPECT_EQ(original.content, c.content) << c.what;
    EXPECT_EQ(original.at("fragment.count"), std::to_string(c.splits.size())) << c.what;
    std::size_t n = 0;
    for (const auto& split : run.out("splits")) {
      EXPECT_EQ(split.at("text.line.count"), c.lines[n]) << c.what;
      EXPECT_EQ(split.at("fragment.index"), std::to_string(++n)) << c.what;
      EXPECT_EQ(split.at("fragment.count"), std::to_string(c.splits.size())) << c.what;
      EXPECT_EQ(split.at("fragment.identifier"), original.at("fragment.identifier")) << c.what;
      EXPECT_EQ(split.at("fragment.size"), std::to_string(split.content.size())) << c.what;
      EXPECT_EQ(split.at("segment.original.filename"), "f.txt") << c.what;
      EXPECT_EQ(split.at("kind"), "K") << c.what;
      EXPECT_NE(split.at("uuid"), original.at("uuid")) << c.what;
    }
  }
}

TEST(SplitTextTest, SplitsShareTheBytesOfTheOriginal) {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += "a line of some length\n";
  ProcessorRun run("SplitText", {{"Line Split Count", "1"}}, {.given = {{content}}});
  run.until_idle();
  EXPECT_EQ(run.out("splits").size(), 1000u);
  EXPECT_EQ(run.status().bytes_written, 0u);
  run.restart();
  EXPECT_EQ(run.out("splits").back().content, "a line of some length");
}

TEST(SplitTextTest, AHeaderThatIsTooShortOrTooLongFails) {
  for (const auto& properties :
       {PropertyValues{{"Line Split Count", "1"}, {"Header Line Count", "3"}},
        PropertyValues{{"Line Split Count", "1"}, {"Header Line Count", "1"}, {"Maximum Fragment Size", "2 B"}}}) {
    ProcessorRun run("SplitText", properties, {.given = {{"aaa\nb"}}});
    run.until_idle();
    EXPECT_EQ(run.only("failure").content, "aaa\nb");
    EXPECT_EQ(run.out("splits").size() + run.out("original").size(), 0u);
  }
}

TEST(SplitTextTest, ZeroLinesNeedASize) {
  EXPECT_EQ(ProcessorRun("SplitText", {{"Line Split Count", "0"}}).problems(),
            (Texts{"SplitText 'subject', property 'Maximum Fragment Size': is required when 'Line Split Count' is 0"}));
  EXPECT_EQ(ProcessorRun("SplitText", {}).problems(),
            (Texts{"SplitText 'subject', property 'Line Split Count': is required"}));
}

}  // namespace
}  // namespace flow
