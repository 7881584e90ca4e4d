#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

Came merged(const std::string& format, std::vector<Given> given, PropertyValues properties = {}) {
  properties["Merge Format"] = format;
  ProcessorRun run("MergeContent", std::move(properties), {.given = std::move(given)});
  run.until_idle();
  return run.only("merged");
}

const std::vector<Given> kTwo{{"one", {{"filename", "a.txt"}, {"path", "x/y"}, {"kind", "K"}}},
                              {std::string(100'000, 'b'), {{"filename", std::string(150, 'n')}, {"path", "./"}}}};

TEST(UnpackContentTest, WhatMergeContentPacked) {
  for (const std::string format : {"TAR", "ZIP"}) {
    const auto archive = merged(format, kTwo, {{"Keep Path", "true"}});
    ProcessorRun run("UnpackContent", {{"Packaging Format", format == "TAR" ? "tar" : "zip"}},
                     {.given = {{archive.content, {{"filename", "all.zip"}, {"mime.type", "x"}, {"own", "1"}}}}});
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    ASSERT_EQ(run.out("success").size(), 2u) << format;
    const auto one = run.out("success")[0], two = run.out("success")[1];
    EXPECT_EQ(one.content, "one");
    EXPECT_EQ(one.at("filename"), "a.txt");
    EXPECT_EQ(one.at("path"), format == "TAR" ? "x/y/" : "x/y");
    EXPECT_EQ(one.at("mime.type"), "application/octet-stream");
    EXPECT_EQ(one.at("file.size"), "3");
    EXPECT_EQ(one.at("file.lastModifiedTime"), "2024-01-01T00:00:00+0000");
    EXPECT_EQ(one.at("own"), "1");
    EXPECT_EQ(two.at("filename"), std::string(150, 'n'));
    EXPECT_EQ(two.at("path"), "/");
    EXPECT_EQ(two.content.size(), 100'000u);
    EXPECT_EQ(one.at(format == "TAR" ? "file.permissions" : "file.encryptionMethod"),
              format == "TAR" ? "rw-r--r--" : "NONE");
    for (const auto& came : {one, two}) {
      EXPECT_EQ(came.at("fragment.count"), "2");
      EXPECT_EQ(came.at("segment.original.filename"), "all");
      EXPECT_EQ(came.at("fragment.identifier"), run.only("original").at("fragment.identifier"));
    }
    EXPECT_EQ(two.at("fragment.index"), "2");
    EXPECT_EQ(run.only("original").at("fragment.count"), "2");
    EXPECT_TRUE(run.only("original").content == archive.content);
    EXPECT_EQ(run.status().bytes_written, format == "TAR" ? 0u : 100'003u);  // what is not packed is shared
  }
}

TEST(UnpackContentTest, FlowFileStreams) {
  for (const auto& [format, name] : {std::pair<std::string, std::string>{"FlowFile Stream, v3", "flowfile-stream-v3"},
                                     {"FlowFile Stream, v2", "flowfile-stream-v2"}}) {
    const auto archive = merged(format, {{"one", {{"filename", "a"}, {"k", std::string(70'000, 'v')}}},
                                         {"", {{"filename", "b"}, {"mime.type", "x/y"}}}});
    ProcessorRun run("UnpackContent", {}, {.given = {{archive.content, archive.attributes}}});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), (Texts{"one", ""})) << format;
    EXPECT_EQ(run.out("success")[0].at("filename"), "a");
    EXPECT_EQ(run.out("success")[0].at("k"), std::string(70'000, 'v'));
    EXPECT_EQ(run.out("success")[0].at("mime.type"), "application/octet-stream");
    EXPECT_EQ(run.out("success")[1].at("mime.type"), "x/y");
    EXPECT_EQ(run.out("success")[1].at("fragment.index"), "(none)");
  }
  const auto v1 = merged("FlowFile Tar, v1", {{"one", {{"filename", "a<&>"}, {"k", "v"}}}});
  ProcessorRun run("UnpackContent", {{"Packaging Format", "flowfile-tar-v1"}}, {.given = {{v1.content}}});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, "one");
  EXPECT_EQ(run.only("success").at("filename"), "a<&>");
  EXPECT_EQ(run.only("success").at("k"), "v");
}

TEST(UnpackContentTest, OnlyWhatTheFilterFinds) {
  const auto archive = merged("ZIP", kTwo);
  ProcessorRun run("UnpackContent", {{"File Filter", "\\.txt$"}}, {.given = {{archive.content, archive.attributes}}});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, "one");
  ProcessorRun none("UnpackContent", {{"File Filter", "none"}}, {.given = {{archive.content, archive.attributes}}});
  none.until_idle();
  EXPECT_EQ(none.out("failure").size(), 1u);
}

TEST(UnpackContentTest, WhatIsDamagedFails) {
  for (const auto& [format, name] : {std::pair<std::string, std::string>{"TAR", "tar"},
                                     {"ZIP", "zip"},
                                     {"FlowFile Stream, v3", "flowfile-stream-v3"},
                                     {"FlowFile Stream, v2", "flowfile-stream-v2"},
                                     {"FlowFile Tar, v1", "flowfile-tar-v1"}}) {
    const auto archive = merged(format, {kTwo[1]}).content;
    for (const auto& bytes : {archive.substr(0, archive.size() / 2), std::string("no archive at all"), std::string()}) {
      ProcessorRun run("UnpackContent", {{"Packaging Format", name}}, {.given = {{bytes}}});
      run.until_idle();
      EXPECT_TRUE(run.only("failure").content == bytes) << name << " " << bytes.size();
      EXPECT_EQ(run.out("success").size(), 0u) << name;
    }
  }
  auto zip = merged("ZIP", kTwo).content;
  zip[zip.find("a.txt") + 6] ^= 1;  // a byte of what is packed
  ProcessorRun run("UnpackContent", {{"Packaging Format", "zip"}}, {.given = {{zip}}});
  run.until_idle();
  EXPECT_EQ(run.out("failure").size(), 1u);
}

TEST(UnpackContentTest, OtherTypesPass) {
  ProcessorRun run("UnpackContent", {}, {.given = {{"text", {{"mime.type", "text/plain"}}}, {"none"}}});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, "text");
  EXPECT_EQ(run.only("failure").content, "none");
  EXPECT_EQ(ProcessorRun("UnpackContent", {{"Password", "x"}}).problems(),
            (Texts{"UnpackContent 'subject', property 'Password': is not supported; leave it unset"}));
}

/// A zip of Python's zipfile with one entry whose name is "\xE4.txt" in Latin 1, and whose flag says no UTF-8.
TEST(UnpackContentTest, NamesMayBeInAnotherCharacterSet) {
  auto zip = merged("ZIP", {{"x", {{"filename", "_.txt"}}}}).content;
  for (auto at = zip.find("_.txt"); at != std::string::npos; at = zip.find("_.txt")) zip[at] = '\xE4';
  for (const auto* signature : {"PK\x03\x04", "PK\x01\x02"}) {
    const auto at = zip.find(signature) + (signature[2] == 3 ? 6 : 8);
    zip[at + 1] = static_cast<char>(zip[at + 1] & ~0x08);  // the names are not UTF-8
  }
  ProcessorRun run("UnpackContent", {{"Packaging Format", "zip"}, {"Filename Character Set", "ISO-8859-1"}},
                   {.given = {{zip}}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").at("filename"), "ä.txt");
}

}  // namespace
}  // namespace flow
