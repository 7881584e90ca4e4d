#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

using namespace std::chrono_literals;

Given fragment(std::string content, const std::string& index, const std::string& count, const std::string& id = "F") {
  Attributes attributes{{"fragment.identifier", id}, {"fragment.index", index}, {"segment.original.filename", "f.txt"}};
  if (!count.empty()) attributes["fragment.count"] = count;
  return {std::move(content), std::move(attributes)};
}

TEST(MergeContentTest, PacksBinsByCountAndSize) {
  struct Case {
    std::string_view what;
    PropertyValues properties;
    std::vector<std::string> contents;
    Texts merged;
    std::string reason;  // of the first
    std::size_t waiting;
  };
  const auto cases = std::to_array<Case>({
      {"what is there", {}, {"a", "b", "c"}, {"abc"}, "MIN_THRESHOLDS_REACHED", 0},
      {"at most two",
       {{"Maximum Number of Entries", "2"}},
       {"a", "b", "c"},
       {"ab", "c"},
       "MAX_ENTRIES_THRESHOLD_REACHED",
       0},
      {"at least three", {{"Minimum Number of Entries", "3"}}, {"a", "b"}, {}, "", 2},
      {"three and some",
       {{"Minimum Number of Entries", "3"}, {"Maximum Number of Entries", "3"}},
       {"a", "b", "c", "d"},
       {"abc"},
       "MAX_ENTRIES_THRESHOLD_REACHED",
       1},
      {"at least 4 bytes", {{"Minimum Group Size", "4 B"}}, {"aa", "b"}, {}, "", 2},
      {"4 bytes",
       {{"Minimum Group Size", "3 B"}, {"Maximum Group Size", "4 B"}},
       {"aa", "bb", "c"},
       {"aabb"},
       "MAX_BYTES_THRESHOLD_REACHED",
       1},
      {"too large for a bin", {{"Maximum Group Size", "2 B"}}, {"a", "long", "b"}, {"long", "ab"}, "UNSET", 0},
  });
  for (const auto& c : cases) {
    ProcessorRun::Options options;
    for (const auto& content : c.contents) options.given.push_back({content});
    ProcessorRun run("MergeContent", c.properties, std::move(options));
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    EXPECT_EQ(run.contents("merged"), c.merged) << c.what;
    EXPECT_EQ(run.waiting(), c.waiting) << c.what;
    EXPECT_EQ(run.out("original").size(), c.contents.size() - c.waiting) << c.what;
    if (!c.merged.empty()) EXPECT_EQ(run.out("merged")[0].at("merge.reason"), c.reason) << c.what;
  }
}

TEST(MergeContentTest, BinsGetOldAndComeBackAfterACrash) {
  ProcessorRun run("MergeContent", {{"Minimum Number of Entries", "3"}, {"Max Bin Age", "30 sec"}},
                   {.given = {{"a"}, {"b"}, {.content = "c", .arrives = 10min}, {.content = "d", .arrives = 10min}}});
  run.until_idle();
  EXPECT_EQ(run.status().in.files, 0u);  // held, but not acknowledged
  run.restart();
  EXPECT_EQ(run.waiting(), 4u);
  run.until_idle();
  run.advance(29s);
  run.until_idle();
  EXPECT_EQ(run.out("merged").size(), 0u);
  run.advance(2s);
  run.until_idle();
  EXPECT_EQ(run.only("merged").content, "ab");
  EXPECT_EQ(run.only("merged").at("merge.reason"), "TIMEOUT");
  EXPECT_EQ(run.only("merged").at("merge.bin.age"), "31000");
  run.advance(10min);
  run.until_idle();
  EXPECT_EQ(run.waiting(), 2u);
  run.stop();  // bins give back what they hold
  EXPECT_EQ(run.engine().status().connections[0].files, 2u);
  run.start();
  run.until_idle();
  run.advance(31s);
  run.until_idle();
  EXPECT_EQ(run.contents("merged"), (Texts{"ab", "cd"}));
}

TEST(MergeContentTest, GroupsByAnAttribute) {
  ProcessorRun run("MergeContent",
                   {{"Correlation Attribute Name", "${which}"}, {"Attribute Strategy", "Keep All Unique Attributes"}},
                   {.given = {{"1", {{"k", "x"}, {"which", "k"}, {"only", "1"}, {"differs", "1"}}},
                              {"2", {{"k", "y"}, {"which", "k"}}},
                              {"3", {{"k", "x"}, {"which", "k"}, {"differs", "2"}}}}});
  run.until_idle();
  EXPECT_EQ(run.contents("merged"), (Texts{"13", "2"}));
  const auto merged = run.out("merged")[0];
  EXPECT_EQ(merged.at("only"), "1");
  EXPECT_EQ(merged.at("differs"), "(none)");
  EXPECT_EQ(merged.at("merge.count"), "2");
  for (const auto& original : run.out("original"))
    EXPECT_EQ(original.at("merge.uuid"), run.out("merged")[original.at("k") == "x" ? 0 : 1].at("uuid"));
}

TEST(MergeContentTest, TooManyBinsMakeTheOldestComplete) {
  ProcessorRun run(
      "MergeContent",
      {{"Correlation Attribute Name", "k"}, {"Minimum Number of Entries", "9"}, {"Maximum number of Bins", "1"}},
      {.given = {{"1", {{"k", "a"}}}, {.content = "2", .attributes = {{"k", "b"}}, .arrives = 1min}}});
  run.until_idle();
  run.advance(2min);
  run.until_idle();
  EXPECT_EQ(run.only("merged").content, "1");
  EXPECT_EQ(run.only("merged").at("merge.reason"), "BIN_MANAGER_FULL");
  EXPECT_EQ(run.waiting(), 1u);
}

TEST(MergeContentTest, AFlowFileEndsItsBin) {
  struct Case {
    std::string insertion;
    Texts merged;
  };
  for (const auto& c :
       std::to_array<Case>({{"Last in Bin", {"ab!"}}, {"First in New Bin", {"ab"}}, {"Isolated", {"ab", "!"}}})) {
    ProcessorRun run("MergeContent",
                     {{"Minimum Number of Entries", "9"},
                      {"Bin Termination Check", "${last:equals('yes')}"},
                      {"FlowFile Insertion Strategy", c.insertion}},
                     {.given = {{"a"}, {"b"}, {"!", {{"last", "yes"}}}, {"c"}}});
    run.until_idle();
    EXPECT_EQ(run.contents("merged"), c.merged) << c.insertion;
    EXPECT_EQ(run.out("merged").at(0).at("merge.reason"), "BIN_TERMINATION_SIGNAL") << c.insertion;
  }
}

TEST(MergeContentTest, Delimiters) {
  const Folder folder;
  folder.write("header", "HEAD\n");
  for (const auto& [strategy, header] :
       {std::pair<std::string, std::string>{"Filename", folder.at("header")}, {"Text", "HEAD\n"}}) {
    ProcessorRun run("MergeContent",
                     {{"Delimiter Strategy", strategy},
                      {"Header File", header},
                      {"Footer", strategy == "Text" ? "${end}" : folder.at("${end}")},
                      {"Demarcator", strategy == "Text" ? std::optional<std::string>("\n") : std::nullopt}},
                     {.given = {{"a", {{"end", strategy == "Text" ? "END" : "footer"}, {"mime.type", "text/csv"}}},
                                {"b", {{"mime.type", "text/csv"}}}}});
    folder.write("footer", "END");
    run.until_idle();
    EXPECT_EQ(run.only("merged").content, strategy == "Text" ? "HEAD\na\nbEND" : "HEAD\nabEND");
    EXPECT_EQ(run.only("merged").at("mime.type"), "text/csv");
  }
  // Not used unless it says so; a file that is missing fails all.
  ProcessorRun plain("MergeContent", {{"Header", "x"}}, {.given = {{"a", {{"mime.type", "x/y"}}}, {"b"}}});
  plain.until_idle();
  EXPECT_EQ(plain.only("merged").content, "ab");
  EXPECT_EQ(plain.only("merged").at("mime.type"), "application/octet-stream");
  ProcessorRun missing("MergeContent", {{"Delimiter Strategy", "Filename"}, {"Header", folder.at("none")}},
                       {.given = {{"a"}, {"b"}}});
  missing.until_idle();
  EXPECT_EQ(missing.contents("failure"), (Texts{"a", "b"}));
  EXPECT_FALSE(missing.out("failure")[0].penalised);
}

TEST(MergeContentTest, Defragments) {
  ProcessorRun run("MergeContent", {{"Merge Strategy", "Defragment"}},
                   {.given = {fragment("c", "10", ""), fragment("x", "1", "2", "other"), fragment("b", "2", "3"),
                              fragment("a", "1", "3")}});
  run.until_idle();
  EXPECT_EQ(run.only("merged").content, "abc");
  EXPECT_EQ(run.only("merged").at("filename"), "f.txt");
  EXPECT_EQ(run.only("merged").at("fragment.identifier"), "F");
  EXPECT_EQ(run.waiting(), 1u);
}

TEST(MergeContentTest, FragmentsThatDoNotFitFail) {
  struct Case {
    std::string_view what;
    std::vector<Given> given;
  };
  for (auto& c : std::to_array<Case>({
           {"one is missing", {fragment("a", "1", "3"), fragment("b", "2", "3")}},
           {"no count", {fragment("a", "1", ""), fragment("b", "2", "")}},
           {"counts differ", {fragment("a", "1", "3"), fragment("b", "2", "4")}},
           {"an index that is no number", {fragment("a", "1", "3"), fragment("b", "x", "3")}},
       })) {
    ProcessorRun run("MergeContent", {{"Merge Strategy", "Defragment"}, {"Max Bin Age", "1 min"}}, {.given = c.given});
    run.until_idle();
    run.advance(61s);
    run.until_idle();
    EXPECT_EQ(run.contents("failure"), (Texts{"a", "b"})) << c.what;
    EXPECT_EQ(run.out("merged").size(), 0u) << c.what;
  }
}

TEST(MergeContentTest, Tar) {
  ProcessorRun run("MergeContent", {{"Merge Format", "TAR"}, {"Keep Path", "true"}},
                   {.given = {{"one",
                               {{"filename", "a"},
                                {"path", "./x/y"},
                                {"tar.permissions", "600"},
                                {"file.lastModifiedTime", "1970-01-01T00:00:10+0000"}}},
                              {std::string(600, 'z'), {{"filename", std::string(120, 'n')}}}}});
  run.until_idle();
  const auto tar = run.only("merged").content;
  EXPECT_EQ(run.only("merged").at("mime.type"), "application/tar");
  EXPECT_TRUE(run.only("merged").at("filename").ends_with(".tar"));
  ASSERT_EQ(tar.size(), 512u * 9);
  const auto field = [&](std::size_t block, std::size_t at, std::size_t length) {
    return std::string(tar.substr(block * 512 + at, length).c_str());
  };
  EXPECT_EQ(field(0, 0, 100), "x/y/a");
  EXPECT_EQ(field(0, 100, 8), "0100600");
  EXPECT_EQ(field(0, 124, 12), "00000000003");
  EXPECT_EQ(field(0, 136, 12), "00000000012");
  EXPECT_EQ(field(0, 257, 6), "ustar");
  EXPECT_EQ(field(1, 0, 10), "one");
  EXPECT_EQ(field(2, 0, 100), "././@LongLink");
  EXPECT_EQ(field(2, 156, 1), "L");
  EXPECT_EQ(field(3, 0, 200), std::string(120, 'n'));
  EXPECT_EQ(field(5, 0, 600), std::string(600, 'z'));
  EXPECT_EQ(tar.substr(7 * 512), std::string(1024, '\0'));
}

TEST(MergeContentTest, FlowFileStreams) {
  using namespace std::string_literals;
  const std::vector<Given> given{{"one", {{"uuid", ""}, {"a", "b"}}}};
  const auto merge = [&](const std::string& format) {
    ProcessorRun run("MergeContent", {{"Merge Format", format}}, {.given = given});
    run.until_idle();
    EXPECT_TRUE(run.only("merged").at("filename").ends_with(".pkg"));
    return run.only("merged");
  };
  const auto v3 = merge("FlowFile Stream, v3");
  EXPECT_EQ(v3.at("mime.type"), "application/flowfile-v3");
  EXPECT_TRUE(v3.content.starts_with("NiFiFF3\0\4\0\1a\0\1b\0\10filename"s)) << v3.content;
  EXPECT_TRUE(v3.content.ends_with("\0\0\0\0\0\0\0\3one"s)) << v3.content;
  const auto v2 = merge("FlowFile Stream, v2");
  EXPECT_EQ("NiFiFF3" + v2.content, v3.content);
  EXPECT_EQ(v2.at("mime.type"), "application/flowfile-v2");
  const auto v1 = merge("FlowFile Tar, v1");
  EXPECT_TRUE(v1.content.starts_with("flowfile.attributes"));
  EXPECT_NE(v1.content.find("\n  <entry key=\"a\">b</entry>"), std::string::npos);
  EXPECT_NE(v1.content.find("flowfile.content"), std::string::npos);
}

TEST(MergeContentTest, ZipTakesEachNameOnce) {
  ProcessorRun run("MergeContent", {{"Merge Format", "ZIP"}},
                   {.given = {{"one", {{"filename", "a"}}}, {"two", {{"filename", "a"}}}}});
  run.until_idle();
  EXPECT_TRUE(run.only("merged").content.starts_with("PK\3\4"));
  EXPECT_EQ(run.only("merged").at("mime.type"), "application/zip");
  EXPECT_EQ(run.only("failure").content, "two");
  EXPECT_EQ(run.out("original").size(), 2u);
}

TEST(MergeContentTest, WhatIsInvalidIsNamed) {
  const auto problem = [](PropertyValues properties) {
    return ProcessorRun("MergeContent", std::move(properties)).problems().at(0);
  };
  EXPECT_EQ(problem({{"Merge Format", "Avro"}}),
            "MergeContent 'subject', property 'Merge Format': 'Avro' is not supported");
  EXPECT_EQ(problem({{"Minimum Group Size", "2 B"}, {"Maximum Group Size", "1 B"}}),
            "MergeContent 'subject', property 'Minimum Group Size': is more than 'Maximum Group Size'");
  EXPECT_EQ(problem({{"Minimum Number of Entries", "2"}, {"Maximum Number of Entries", "1"}}),
            "MergeContent 'subject', property 'Minimum Number of Entries': is more than 'Maximum Number of Entries'");
}

TEST(MergeContentTest, LevelsOfZip) {
  std::size_t before = std::string::npos;
  for (char level = '0'; level <= '9'; ++level) {
    ProcessorRun run("MergeContent", {{"Merge Format", "ZIP"}, {"Compression Level", std::string(1, level)}},
                     {.given = {{std::string(10'000, 'a') + std::string(10'000, 'b'), {{"filename", "f"}}}}});
    run.until_idle();
    const auto zip = run.only("merged").content;
    EXPECT_LE(zip.size(), before) << level;
    before = zip.size() + 100;
    if (level == '0') EXPECT_GT(zip.size(), 20'000u);
    ProcessorRun back("UnpackContent", {{"Packaging Format", "zip"}}, {.given = {{zip}}});
    back.until_idle();
    EXPECT_EQ(back.only("success").content.size(), 20'000u) << level;
  }
}

TEST(MergeContentTest, TimesOfTar) {
  ProcessorRun run("MergeContent", {{"Merge Format", "TAR"}, {"Tar Modified Time", "${time}"}},
                   {.given = {{"a", {{"filename", "a"}, {"time", "2020-01-02T03:04:05+0100"}}},
                              {"b", {{"filename", "b"}, {"time", "yesterday"}}}}});
  run.until_idle();
  ProcessorRun back("UnpackContent", {{"Packaging Format", "tar"}}, {.given = {{run.only("merged").content}}});
  back.until_idle();
  EXPECT_EQ(back.out("success").at(0).at("file.lastModifiedTime"), "2020-01-02T02:04:05+0000");
  EXPECT_EQ(back.out("success").at(1).at("file.lastModifiedTime"), "2024-01-01T00:00:00+0000");  // now
}

TEST(MergeContentTest, EmptyContents) {
  for (const auto& [format, entries] :
       std::map<std::string, std::size_t>{{"TAR", 2}, {"ZIP", 2}, {"FlowFile Stream, v3", 2}}) {
    ProcessorRun run("MergeContent", {{"Merge Format", format}},
                     {.given = {{"", {{"filename", "a"}}}, {"", {{"filename", "b"}}}}});
    run.until_idle();
    ProcessorRun back("UnpackContent", {}, {.given = {{run.only("merged").content, run.only("merged").attributes}}});
    back.until_idle();
    EXPECT_EQ(back.contents("success"), (Texts{"", ""})) << format;
  }
  ProcessorRun run("MergeContent", {}, {.given = {{""}, {""}}});
  run.until_idle();
  EXPECT_EQ(run.only("merged").content, "");
}

}  // namespace
}  // namespace flow
