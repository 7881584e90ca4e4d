#include "store/s3/aws_chunked.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "store/checksum.h"
#include "store/s3/test_keys.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

// The published example of the Amazon S3 API Reference; its key pair is part of it.
const AccessKey kKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
const base::Instant kNow = *parse_basic_time("20130524T000000Z");
const std::string kTimestamp = "20130524T000000Z";
const Scope kScope{"20130524", "us-east-1"};

std::string hmac_with_key(const std::string& text) {
  return to_hex(hmac_sha256(signing_key(kKey.secret, kScope), text));
}

std::string chunk_signature(const std::string& previous, const std::string& bytes) {
  return hmac_with_key("AWS4-HMAC-SHA256-PAYLOAD\n" + kTimestamp + "\n" + kScope.text() + "\n" + previous + "\n" +
                       to_hex(sha256("")) + "\n" + to_hex(sha256(bytes)));
}

std::string trailer_signature(const std::string& previous, const std::string& lines) {
  return hmac_with_key("AWS4-HMAC-SHA256-TRAILER\n" + kTimestamp + "\n" + kScope.text() + "\n" + previous + "\n" +
                       to_hex(sha256(lines)));
}

/// The PUT of the example, its headers in the order of the canonical request; signed by the steps of signature.h.
http::Request example_request(bool trailer) {
  http::Request request{.method = "PUT", .target = "/examplebucket/chunkObject.txt"};
  request.headers.add("Content-Encoding", "aws-chunked");
  if (!trailer) request.headers.add("Content-Length", "66824");
  request.headers.add("Host", "s3.amazonaws.com");
  request.headers.add("x-amz-content-sha256", std::string(trailer ? kSignedChunksTrailer : kSignedChunks));
  request.headers.add("x-amz-date", kTimestamp);
  request.headers.add("x-amz-decoded-content-length", "66560");
  request.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  if (trailer) request.headers.add("x-amz-trailer", "x-amz-checksum-crc32c");
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers.lines()) {
    names.push_back(name);
    for (char& c : names.back()) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const auto list = fmt::format("{}", fmt::join(names, ";"));
  const auto canonical = canonical_request(request, names, list, request.headers.get("x-amz-content-sha256"));
  request.headers.add("Authorization",
                      fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}", kKey.id,
                                  kScope.text(), list, hmac_with_key(string_to_sign(kTimestamp, kScope, canonical))));
  return request;
}

Authentication example_authentication(bool trailer) {
  return authenticate(example_request(trailer), OneKey{kKey}, kNow).value();
}

/// A body on the wire, and how to read it.
struct Stream {
  AwsChunkedDecoder::Options options;
  std::string wire;
  std::string payload;
  std::vector<std::string> signatures = {};  // of the chunks, then of the trailer
};

enum class Framing { Unsigned, Signed, SignedTrailer };

/// The chunks in a framing; with a trailer, the CRC32C of all.
Stream framed(Framing framing, const std::vector<std::string>& chunks) {
  const bool is_signed = framing != Framing::Unsigned, trailer = framing != Framing::Signed;
  Stream stream{.options = {.chunks_signed = is_signed, .trailer = trailer}};
  if (is_signed) stream.options.authentication = example_authentication(trailer);
  auto previous = stream.options.authentication.signature;
  const auto add = [&](const std::string& bytes) {
    stream.wire += fmt::format("{:x}", bytes.size());
    if (is_signed) {
      previous = chunk_signature(previous, bytes);
      stream.signatures.push_back(previous);
      stream.wire += ";chunk-signature=" + previous;
    }
    stream.wire += "\r\n" + bytes + (bytes.empty() ? "" : "\r\n");
    stream.payload += bytes;
  };
  for (const auto& chunk : chunks) add(chunk);
  add("");
  stream.options.decoded_length = stream.payload.size();
  if (trailer) {
    const auto line = "x-amz-checksum-crc32c:" + to_base64(checksum(ChecksumAlgorithm::Crc32c, stream.payload));
    stream.options.announced = "x-amz-checksum-crc32c";
    stream.wire += line + "\r\n";
    if (is_signed) {
      stream.signatures.push_back(trailer_signature(previous, line + "\n"));
      stream.wire += "x-amz-trailer-signature:" + stream.signatures.back() + "\r\n";
    }
  }
  stream.wire += "\r\n";
  return stream;
}

/// The payload, or "status code" of the refusal. `pieces` are the lengths of all pieces but the last.
std::string decode(const AwsChunkedDecoder::Options& options, std::string_view wire,
                   const std::vector<std::size_t>& pieces = {}) {
  AwsChunkedDecoder decoder(options);
  std::string payload;
  const auto refusal = [](const S3Error& error) { return fmt::format("{} {}", error.status, error.code); };
  for (const auto piece : pieces) {
    if (const auto fed = decoder.feed(wire.substr(0, piece), payload); !fed) return refusal(fed.error());
    wire.remove_prefix(std::min(piece, wire.size()));
  }
  if (const auto fed = decoder.feed(wire, payload); !fed) return refusal(fed.error());
  if (const auto finished = decoder.finish(); !finished) return refusal(finished.error());
  return payload;
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  ASSERT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), by);
}

constexpr Framing kFramings[] = {Framing::Unsigned, Framing::Signed, Framing::SignedTrailer};
constexpr const char* kIncomplete = "400 IncompleteBody";
constexpr const char* kMalformedTrailer = "400 MalformedTrailerError";
constexpr const char* kWrongSignature = "403 SignatureDoesNotMatch";

TEST(AwsChunkedTest, SignedExample) {
  EXPECT_EQ(example_authentication(false).signature,
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  const auto stream = framed(Framing::Signed, {std::string(65536, 'a'), std::string(1024, 'a')});
  EXPECT_EQ(stream.signatures,
            (std::vector<std::string>{"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                                      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                                      "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"}));
  EXPECT_EQ(stream.wire.size(), 66824u);  // the Content-Length of the example
  EXPECT_EQ(decode(stream.options, stream.wire), std::string(66560, 'a'));
}

TEST(AwsChunkedTest, SignedExampleWithTrailer) {
  EXPECT_EQ(example_authentication(true).signature, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  const auto stream = framed(Framing::SignedTrailer, {std::string(65536, 'a'), std::string(1024, 'a')});
  EXPECT_EQ(stream.signatures,
            (std::vector<std::string>{"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                                      "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                                      "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
                                      "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"}));
  EXPECT_NE(stream.wire.find("x-amz-checksum-crc32c:sOO8/Q==\r\n"), std::string::npos);
  EXPECT_EQ(decode(stream.options, stream.wire), std::string(66560, 'a'));
}

TEST(AwsChunkedTest, UnsignedTrailerAsCaptured) {
  AwsChunkedDecoder decoder({.trailer = true, .announced = "x-amz-checksum-crc32", .decoded_length = 11});
  std::string payload;
  // The pieces of one client: each token is a chunk of the outer framing.
  for (const char* piece : {"b\r\n", "hello ", "world", "\r\n", "0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"})
    ASSERT_TRUE(decoder.feed(piece, payload)) << piece;
  ASSERT_TRUE(decoder.finish());
  EXPECT_EQ(payload, "hello world");
  ASSERT_EQ(decoder.trailers().size(), 1u);
  EXPECT_EQ(decoder.trailers().front(), std::pair("x-amz-checksum-crc32" + std::string(), std::string("DUoRhQ==")));
}

TEST(AwsChunkedTest, ShortBodiesDecodeAtEverySplit) {
  for (const auto framing : kFramings)
    for (const auto& chunks : std::vector<std::vector<std::string>>{
             {}, {"a"}, {"hello\r\nworld", "0\r\n\r\n"}, {std::string(20, '\n'), "\r", std::string(3, '\0')}}) {
      const auto stream = framed(framing, chunks);
      for (std::size_t first = 0; first <= stream.wire.size(); ++first)
        for (const std::size_t second : {std::size_t{0}, std::size_t{1}, std::size_t{2}, stream.wire.size() / 3})
          ASSERT_EQ(decode(stream.options, stream.wire, {first, second}), stream.payload)
              << stream.wire << " split at " << first << " and after " << second << " more";
      ASSERT_EQ(decode(stream.options, stream.wire, std::vector<std::size_t>(stream.wire.size(), 1)), stream.payload);
    }
}

TEST(AwsChunkedTest, LongBodiesDecodeAtRandomSplits) {
  std::mt19937_64 random(20130524);
  for (const auto framing : kFramings)
    for (int round = 0; round < 12; ++round) {
      std::vector<std::string> chunks(random() % 6 + 1);
      for (auto& chunk : chunks) {
        chunk.resize(random() % (round % 3 == 0 ? 200'000 : 9'000) + 1);
        for (char& c : chunk) c = static_cast<char>(random());
      }
      const auto stream = framed(framing, chunks);
      std::vector<std::size_t> pieces;
      for (std::size_t length = 0; length < stream.wire.size(); length += pieces.back())
        pieces.push_back(random() % (round % 2 == 0 ? 300 : 140'000));
      ASSERT_TRUE(decode(stream.options, stream.wire, pieces) == stream.payload) << "round " << round;
      ASSERT_TRUE(decode(stream.options, stream.wire) == stream.payload) << "round " << round;
    }
}

TEST(AwsChunkedTest, Tolerates) {
  struct Case {
    Framing framing;
    std::string_view what, by;
  };
  for (const Case& c : std::to_array<Case>({
           {Framing::Unsigned, "crc32c:", "crc32c:  \t"},
           {Framing::Unsigned, "==\r\n", "== \r\n"},
           {Framing::Unsigned, "x-amz-checksum-crc32c", "X-Amz-Checksum-CRC32C"},
           {Framing::Unsigned, "1f\r\n", "1F\r\n"},
           {Framing::Unsigned, "1f\r\n", "0001f\r\n"},
           {Framing::Unsigned, "1f\r\n", "1f;extension=1\r\n"},
           {Framing::Unsigned, "\r\n\r\n", "\r\n"},
           {Framing::Unsigned, "\r\n\r\n", "\r\n\r"},
           {Framing::Unsigned, "\r\n\r\n", "\r"},
           {Framing::Unsigned, "\r\n\r\n", ""},
           {Framing::Signed, "1f;", "1F;"},
           {Framing::Signed, "\r\n\r\n", "\r\n"},
           {Framing::SignedTrailer, "crc32c:", "crc32c: "},
           {Framing::SignedTrailer, "x-amz-checksum-crc32c", "X-AMZ-CHECKSUM-CRC32C"},
           {Framing::SignedTrailer, "x-amz-trailer-signature:", "X-Amz-Trailer-Signature: "},
           {Framing::SignedTrailer, "\r\n\r\n", "\r\n"},
           {Framing::SignedTrailer, "\r\n\r\n", ""},
       })) {
    auto stream = framed(c.framing, {std::string(31, 'x')});
    replace(stream.wire, c.what, c.by);
    EXPECT_EQ(decode(stream.options, stream.wire), stream.payload) << stream.wire;
  }
}

TEST(AwsChunkedTest, ToleratesUpperCaseSignatures) {
  auto stream = framed(Framing::SignedTrailer, {"some bytes"});
  for (const auto& signature : stream.signatures) {
    auto upper = signature;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    replace(stream.wire, signature, upper);
  }
  EXPECT_EQ(decode(stream.options, stream.wire), stream.payload);
}

TEST(AwsChunkedTest, RefusesFraming) {
  struct Case {
    std::string_view wire, code;
  };
  const std::string long_line = "1f;" + std::string(1021, 'x'), too_long_line = long_line + "x";
  EXPECT_EQ(decode({}, long_line + "\n" + std::string(31, 'x') + "\r\n0\r\n\r\n"), std::string(31, 'x'));
  for (const Case& c : std::to_array<Case>({
           {"", kIncomplete},
           {"\r\n", kIncomplete},
           {"x\r\n", kIncomplete},
           {"-1\r\n", kIncomplete},
           {"+1\r\na\r\n0\r\n\r\n", kIncomplete},
           {"0x1\r\na\r\n0\r\n\r\n", kIncomplete},
           {"1 1\r\n", kIncomplete},
           {";chunk-signature=00\r\n", kIncomplete},
           {"140000001\r\n", kIncomplete},                      // a byte over 5 GiB
           {"ffffffffffffffffffff\r\n", kIncomplete},           // over 64 bits
           {"5\r\nhelloXX\r\n0\r\n\r\n", kIncomplete},          // longer than it says
           {"5\r\nhello0\r\n\r\n", kIncomplete},                // no line end after the data
           {"b\r\nhello", kIncomplete},                         // ends in a chunk
           {"5\r\nhello", kIncomplete},                         // before the line end
           {"5\r\nhello\r\n", kIncomplete},                     // before the last chunk
           {"5\r\nhello\r\n0", kIncomplete},                    // in the line of the last chunk
           {"0\r\nx-amz-meta-a:b\r\n\r\n", kMalformedTrailer},  // where none was announced
           {"0\r\nno colon\r\n\r\n", kMalformedTrailer},
           {too_long_line, kIncomplete},
       })) {
    EXPECT_EQ(decode({}, c.wire), c.code) << c.wire;
    EXPECT_EQ(decode({}, c.wire, std::vector<std::size_t>(c.wire.size(), 1)), c.code) << c.wire;
  }
  // The largest chunk is only declared: nothing is set aside for it.
  EXPECT_EQ(decode({}, "140000000\r\nhello"), kIncomplete);
}

TEST(AwsChunkedTest, RefusesLengthsOtherThanTheDecodedOne) {
  for (const auto framing : kFramings)
    for (const int difference : {-1, 1}) {
      auto stream = framed(framing, {"hello", "world"});
      stream.options.decoded_length = stream.payload.size() + static_cast<std::size_t>(difference);
      EXPECT_EQ(decode(stream.options, stream.wire), kIncomplete) << difference;
    }
  // More than announced is refused before it is taken.
  AwsChunkedDecoder decoder({.decoded_length = 5});
  std::string payload;
  EXPECT_FALSE(decoder.feed("5\r\nhello\r\n1\r\n!", payload));
  EXPECT_EQ(payload, "hello");
}

TEST(AwsChunkedTest, RefusesSignatures) {
  for (const auto framing : {Framing::Signed, Framing::SignedTrailer}) {
    const auto stream = framed(framing, {"hello", "world"});
    for (const auto& signature : stream.signatures) {
      auto wrong = stream;
      const auto at = wrong.wire.find(signature);
      wrong.wire[at] = signature[0] == '0' ? '1' : '0';
      EXPECT_EQ(decode(wrong.options, wrong.wire), kWrongSignature) << signature;
      wrong = stream;
      wrong.wire.erase(at + 63, 1);
      EXPECT_EQ(decode(wrong.options, wrong.wire), kWrongSignature) << "cut " << signature;
    }
    auto tampered = stream;
    replace(tampered.wire, "world", "World");
    EXPECT_EQ(decode(tampered.options, tampered.wire), kWrongSignature);
    auto bare = stream;
    replace(bare.wire, ";chunk-signature=" + stream.signatures[0], "");
    EXPECT_EQ(decode(bare.options, bare.wire), kWrongSignature);
    auto swapped = stream;  // each chunk has its signature, but they stand in another order
    const auto other = framed(framing, {"world", "hello"});
    swapped.wire = other.wire;
    replace(swapped.wire, other.signatures[0], stream.signatures[1]);
    EXPECT_EQ(decode(swapped.options, swapped.wire), kWrongSignature);
  }
}

TEST(AwsChunkedTest, RefusesTrailers) {
  struct Case {
    std::string_view announced, what, by, code;
  };
  constexpr std::string_view kLine = "x-amz-checksum-crc32c:";
  for (const Case& c : std::to_array<Case>({
           {"x-amz-checksum-crc32c", kLine, "x-amz-checksum-crc32:", kMalformedTrailer},
           {"x-amz-checksum-crc32c", kLine, "x-amz-checksum-crc32c ", kMalformedTrailer},
           {"x-amz-checksum-crc32c", kLine, "x-amz-meta-more:1\r\nx-amz-checksum-crc32c:", kMalformedTrailer},
           {"x-amz-checksum-crc32c", kLine,
            "x-amz-checksum-crc32c:AAAAAA==\r\nx-amz-checksum-crc32c:", kMalformedTrailer},
           {"x-amz-checksum-crc32", "", "", kMalformedTrailer},
           {"x-amz-checksum-crc32c, x-amz-meta-more", "", "", kMalformedTrailer},
       }))
    for (const auto framing : {Framing::Unsigned, Framing::SignedTrailer}) {
      auto stream = framed(framing, {"hello"});
      stream.options.announced = c.announced;
      replace(stream.wire, c.what, c.by);
      EXPECT_EQ(decode(stream.options, stream.wire), c.code) << c.announced << ": " << stream.wire;
    }
  auto missing = framed(Framing::Unsigned, {"hello"});
  missing.wire = "5\r\nhello\r\n0\r\n\r\n";
  EXPECT_EQ(decode(missing.options, missing.wire), kMalformedTrailer);
  // A trailer other than the signed one, and no signature at all.
  auto changed = framed(Framing::SignedTrailer, {"hello"});
  replace(changed.wire, kLine, "x-amz-checksum-crc32c:A");
  EXPECT_EQ(decode(changed.options, changed.wire), kWrongSignature);
  auto unsigned_trailer = framed(Framing::SignedTrailer, {"hello"});
  replace(unsigned_trailer.wire, "x-amz-trailer-signature:" + unsigned_trailer.signatures.back() + "\r\n", "");
  EXPECT_EQ(decode(unsigned_trailer.options, unsigned_trailer.wire), kWrongSignature);
}

TEST(AwsChunkedTest, KeepsFewTrailersWhereNoneWereAnnounced) {
  std::string wire = "0\r\n";
  for (int i = 0; i < 16; ++i) wire += fmt::format("x-amz-meta-{}:v\r\n", i);
  EXPECT_EQ(decode({.trailer = true}, wire + "\r\n"), "");
  EXPECT_EQ(decode({.trailer = true}, wire + "x-amz-meta-more:v\r\n\r\n"), kMalformedTrailer);
}

}  // namespace
}  // namespace store::s3
