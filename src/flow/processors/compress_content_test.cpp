#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

using namespace std::string_literals;

const auto kFormats = std::to_array<std::string>(
    {"gzip", "deflate", "bzip2", "xz-lzma2", "lzma", "snappy", "snappy framed", "lz4-framed", "zstd", "brotli"});

/// Some that compresses, some that does not, over all buffers.
std::string sample() {
  std::string text;
  std::uint32_t noise = 1;
  for (int i = 0; i < 300'000; ++i) {
    noise = noise * 1664525 + 1013904223;
    text += i % 100'000 < 50'000 ? static_cast<char>('a' + i % 7) : static_cast<char>(noise >> 24);
  }
  return text;
}

Came run_one(const std::string& type, PropertyValues properties, Given given, const std::string& relationship) {
  ProcessorRun run(type, std::move(properties), {.given = {std::move(given)}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  return run.only(relationship);
}

TEST(CompressContentTest, ThereAndBack) {
  for (const auto& format : kFormats) {
    for (const std::string level : {"0", "9"}) {
      for (const auto& text : {sample(), ""s, "x"s}) {
        const auto packed =
            run_one("CompressContent",
                    {{"Compression Format", format}, {"Compression Level", level}, {"Update Filename", "true"}},
                    {text, {{"filename", "f.txt"}}}, "success");
        if (text.size() > 1000 && (level == "9")) EXPECT_LT(packed.content.size(), text.size()) << format;
        EXPECT_NE(packed.content, text) << format;
        const auto again = run_one(
            "CompressContent", {{"Compression Format", format}, {"Mode", "decompress"}, {"Update Filename", "true"}},
            {packed.content, packed.attributes}, "success");
        EXPECT_TRUE(again.content == text) << format;
        EXPECT_EQ(again.at("filename"), "f.txt") << format;
        EXPECT_EQ(again.at("mime.type"), "(none)") << format;
      }
    }
  }
}

TEST(CompressContentTest, NamesAndTypes) {
  struct Case {
    std::string format, suffix, type;
  };
  for (const auto& c : std::to_array<Case>({{"gzip", ".gz", "application/gzip"},
                                            {"deflate", ".zlib", "application/gzip"},
                                            {"bzip2", ".bz2", "application/x-bzip2"},
                                            {"xz-lzma2", ".xz", "application/x-xz"},
                                            {"lzma", ".lzma", "application/x-lzma"},
                                            {"snappy", ".snappy", "application/x-snappy"},
                                            {"snappy-hadoop", ".snappy", "application/x-snappy-hadoop"},
                                            {"snappy framed", ".sz", "application/x-snappy-framed"},
                                            {"lz4-framed", ".lz4", "application/x-lz4-framed"},
                                            {"zstd", ".zst", "application/zstd"},
                                            {"brotli", ".br", "application/x-brotli"}})) {
    const auto came = run_one("CompressContent", {{"Compression Format", c.format}, {"Update Filename", "true"}},
                              {"text", {{"filename", "f"}}}, "success");
    EXPECT_EQ(came.at("filename"), "f" + c.suffix);
    EXPECT_EQ(came.at("mime.type"), c.type);
    EXPECT_EQ(run_one("CompressContent", {{"Compression Format", c.format}}, {"text", {{"filename", "f"}}}, "success")
                  .at("filename"),
              "f");
  }
}

/// What other programs wrote: `printf hello | gzip -n` and so on.
TEST(CompressContentTest, ReadsWhatOthersWrote) {
  struct Case {
    std::string format, bytes, text;
  };
  const auto gzip =
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00"s;
  for (const auto& c : std::to_array<Case>({
           {"gzip", gzip, "hello"},
           {"gzip", gzip + gzip, "hellohello"},
           {"snappy", "\x05\x10hello"s, "hello"},  // a block without a head
           {"snappy framed", "\xff\x06\x00\x00sNaPpY\x01\x09\x00\x00\xbb\x1f\x1c\x19hello"s, "hello"},
           {"zstd", "\x28\xb5\x2f\xfd\x00\x58\x29\x00\x00hello"s, "hello"},
       }))
    EXPECT_EQ(
        run_one("CompressContent", {{"Compression Format", c.format}, {"Mode", "decompress"}}, {c.bytes}, "success")
            .content,
        c.text)
        << c.format;
}

TEST(CompressContentTest, WhatIsDamagedFails) {
  for (const auto& format : kFormats) {
    const auto packed = run_one("CompressContent", {{"Compression Format", format}}, {sample(), {}}, "success").content;
    for (const auto& bytes : {packed.substr(0, packed.size() / 2), "this is not compressed at all"s, ""s}) {
      const auto came = run_one("CompressContent", {{"Compression Format", format}, {"Mode", "decompress"}},
                                {bytes, {{"mime.type", "x"}}}, "failure");
      EXPECT_TRUE(came.content == bytes) << format << bytes.size();
      EXPECT_EQ(came.at("mime.type"), "x") << format;
      EXPECT_FALSE(came.penalised) << format;
    }
  }
}

TEST(CompressContentTest, ByMimeType) {
  const auto packed = run_one("CompressContent", {}, {"text", {{"mime.type", "application/x-bzip2"}}}, "success");
  EXPECT_TRUE(packed.content.starts_with("BZh"));
  EXPECT_EQ(run_one("CompressContent", {{"Mode", "decompress"}}, {packed.content, {{"mime.type", "application/bzip2"}}},
                    "success")
                .content,
            "text");
  EXPECT_EQ(run_one("CompressContent", {{"Mode", "decompress"}}, {"text", {{"mime.type", "text/plain"}}}, "success")
                .at("mime.type"),
            "text/plain");
  EXPECT_EQ(run_one("CompressContent", {{"Mode", "decompress"}}, {"text"}, "failure").content, "text");
  EXPECT_EQ(
      ProcessorRun("CompressContent", {{"Mode", "decompress"}, {"Compression Format", "snappy-hadoop"}}).problems(),
      (Texts{"CompressContent 'subject', property 'Compression Format': 'snappy-hadoop' cannot be decompressed"}));
}

TEST(ModifyCompressionTest, FromOneToAnother) {
  const auto gzip = run_one("ModifyCompression", {{"Output Compression Strategy", "gzip"}},
                            {sample(), {{"filename", "f.csv"}}}, "success");
  EXPECT_EQ(gzip.at("filename"), "f.csv.gz");
  EXPECT_EQ(gzip.at("mime.type"), "application/gzip");
  const auto zstd = run_one("ModifyCompression",
                            {{"Input Compression Strategy", "use mime.type attribute"},
                             {"Output Compression Strategy", "zstd"},
                             {"Output Compression Level", "3"}},
                            {gzip.content, gzip.attributes}, "success");
  EXPECT_EQ(zstd.at("filename"), "f.csv.zst");
  EXPECT_EQ(zstd.at("mime.type"), "application/zstd");
  const auto plain =
      run_one("ModifyCompression", {{"Input Compression Strategy", "zstd"}, {"Output Filename Strategy", "ORIGINAL"}},
              {zstd.content, zstd.attributes}, "success");
  EXPECT_TRUE(plain.content == sample());
  EXPECT_EQ(plain.at("filename"), "f.csv.zst");
  EXPECT_EQ(plain.at("mime.type"), "(none)");
}

TEST(ModifyCompressionTest, WhatIsUnknownOrDamaged) {
  const PropertyValues by_type{{"Input Compression Strategy", "use mime.type attribute"}};
  EXPECT_EQ(run_one("ModifyCompression", by_type, {"a"}, "failure").content, "a");
  EXPECT_EQ(run_one("ModifyCompression", by_type, {"a", {{"mime.type", "text/plain"}}}, "failure").content, "a");
  auto passes = by_type;
  passes["Unknown MIME Type Routing"] = "success";
  EXPECT_EQ(run_one("ModifyCompression", passes, {"a", {{"mime.type", "text/plain"}}}, "success").content, "a");
  EXPECT_EQ(run_one("ModifyCompression", {{"Input Compression Strategy", "snappy-framed"}}, {"a"}, "failure").content,
            "a");
}

TEST(CompressContentTest, HigherLevelsAreNotLarger) {
  for (const auto& type : {"CompressContent", "ModifyCompression"}) {
    std::size_t before = std::string::npos;
    const auto text = sample().substr(0, 60'000);
    for (char level = '1'; level <= '9'; ++level) {
      auto properties =
          type == "CompressContent"s
              ? PropertyValues{{"Compression Format", "gzip"}, {"Compression Level", std::string(1, level)}}
              : PropertyValues{{"Output Compression Strategy", "gzip"},
                               {"Output Compression Level", std::string(1, level)}};
      const auto size = run_one(type, std::move(properties), {text}, "success").content.size();
      EXPECT_LE(size, before) << type << " " << level;
      before = size + 100;  // a level may be a little worse where it is much faster
    }
  }
  EXPECT_GT(run_one("ModifyCompression", {{"Output Compression Strategy", "gzip"}, {"Output Compression Level", "0"}},
                    {std::string(1000, 'a')}, "success")
                .content.size(),
            1000u);
}

TEST(ModifyCompressionTest, EachKindThereAndBack) {
  struct Case {
    std::string format, suffix, type;
  };
  for (const auto& c : std::to_array<Case>({{"gzip", ".gz", "application/gzip"},
                                            {"deflate", ".zlib", "application/gzip"},
                                            {"bzip2", ".bz2", "application/x-bzip2"},
                                            {"xz-lzma2", ".xz", "application/x-xz"},
                                            {"lzma", ".lzma", "application/x-lzma"},
                                            {"snappy", ".snappy", "application/x-snappy"},
                                            {"snappy-framed", ".sz", "application/x-snappy-framed"},
                                            {"lz4-framed", ".lz4", "application/x-lz4-framed"},
                                            {"zstd", ".zst", "application/zstd"},
                                            {"brotli", ".br", "application/x-brotli"}})) {
    const auto packed = run_one("ModifyCompression", {{"Output Compression Strategy", c.format}},
                                {"some text", {{"filename", "f"}}}, "success");
    EXPECT_EQ(packed.at("filename"), "f" + c.suffix);
    EXPECT_EQ(packed.at("mime.type"), c.type);
    const auto plain = run_one("ModifyCompression", {{"Input Compression Strategy", c.format}},
                               {packed.content, packed.attributes}, "success");
    EXPECT_EQ(plain.content, "some text") << c.format;
    EXPECT_EQ(plain.at("filename"), "f");
    EXPECT_EQ(run_one("ModifyCompression", {{"Input Compression Strategy", c.format}}, {"!"}, "failure").content, "!")
        << c.format;
  }
  const auto hadoop =
      run_one("ModifyCompression", {{"Output Compression Strategy", "snappy-hadoop"}}, {"some text"}, "success");
  EXPECT_EQ(hadoop.at("mime.type"), "application/x-snappy-hadoop");
  EXPECT_EQ(hadoop.content.substr(0, 4), "\0\0\0\x09"s);  // a block of nine bytes
}

}  // namespace
}  // namespace flow
