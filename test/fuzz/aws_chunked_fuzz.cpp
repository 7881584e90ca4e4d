// Any bytes in any pieces: the decoder of aws-chunked bodies may not crash, and where the pieces end must make no
// difference. Half of the inputs are payloads that are framed and signed here, and must come back as they were.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/checksum.h"
#include "store/s3/aws_chunked.h"

namespace {

using store::to_hex;
using Options = store::s3::AwsChunkedDecoder::Options;

struct Answer {
  std::string refusal;  // its code; empty: accepted
  std::string payload;
  std::vector<std::pair<std::string, std::string>> trailers;
  bool operator==(const Answer&) const = default;
};

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

/// In pieces of up to `longest` bytes, whose lengths `seed` decides; all at once if that is zero.
Answer decode(const Options& options, std::string_view wire, std::size_t longest, std::uint64_t seed) {
  store::s3::AwsChunkedDecoder decoder(options);
  Answer answer;
  while (!wire.empty()) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const auto piece = longest == 0 ? wire : wire.substr(0, (seed >> 33) % longest + 1);
    if (const auto fed = decoder.feed(piece, answer.payload); !fed) {
      answer.refusal = fed.error().code;
      return answer;
    }
    wire.remove_prefix(piece.size());
  }
  if (const auto finished = decoder.finish(); !finished) answer.refusal = finished.error().code;
  answer.trailers = decoder.trailers();
  return answer;
}

store::s3::Authentication authentication() {
  store::s3::Authentication result{.timestamp = "20130524T000000Z", .scope = {"20130524", "us-east-1"}};
  result.signing_key = "any key will do";
  result.signature = std::string(64, '0');
  return result;
}

/// The bytes as chunks, each as long as its first byte says, with the signatures and the trailer that the options want.
std::string framed(const Options& options, std::string_view payload) {
  const auto& by = options.authentication;
  const auto head = by.timestamp + "\n" + by.scope.text() + "\n";
  auto previous = by.signature;
  std::string wire;
  const auto add = [&](std::string_view chunk) {
    wire += fmt::format("{:x}", chunk.size());
    if (options.chunks_signed) {
      previous = to_hex(store::hmac_sha256(by.signing_key, "AWS4-HMAC-SHA256-PAYLOAD\n" + head + previous + "\n" +
                                                               to_hex(store::sha256("")) + "\n" +
                                                               to_hex(store::sha256(chunk))));
      wire += ";chunk-signature=" + previous;
    }
    wire.append("\r\n").append(chunk).append(chunk.empty() ? "" : "\r\n");
  };
  while (!payload.empty()) {
    const auto chunk = payload.substr(0, static_cast<std::uint8_t>(payload[0]) + std::size_t{1});
    add(chunk);
    payload.remove_prefix(chunk.size());
  }
  add("");
  if (options.trailer) {
    wire += "x-amz-checksum-crc32:AAAAAA==\r\n";
    if (options.chunks_signed)
      wire += "x-amz-trailer-signature:" +
              to_hex(store::hmac_sha256(by.signing_key, "AWS4-HMAC-SHA256-TRAILER\n" + head + previous + "\n" +
                                                            to_hex(store::sha256("x-amz-checksum-crc32:AAAAAA==\n")))) +
              "\r\n";
  }
  return wire + "\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned choices = data[0];
  const std::uint64_t seed = data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  Options options{
      .authentication = authentication(), .chunks_signed = (choices & 1) != 0, .trailer = (choices & 2) != 0};
  const bool is_payload = (choices & 4) != 0;
  if ((choices & 8) != 0) options.announced = options.trailer ? "x-amz-checksum-crc32" : "";
  if ((choices & 16) != 0) options.decoded_length = is_payload ? bytes.size() : choices;

  const auto wire = is_payload ? framed(options, bytes) : std::string(bytes);
  const auto whole = decode(options, wire, 0, 0);
  if (is_payload && (!whole.refusal.empty() || whole.payload != bytes)) give_up("a good body was not decoded");
  if (decode(options, wire, 1, 0) != whole) give_up("byte by byte differs");
  if (decode(options, wire, 40, seed) != whole) give_up("in pieces differs");
  return 0;
}
