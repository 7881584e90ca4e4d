#include "store/s3/aws_chunked.h"
#include "store/s3/documents/text.h"

#include <algorithm>
#include <charconv>

namespace store::s3 {
namespace {

constexpr std::size_t kLineBytesMax = 1024;
constexpr std::uint64_t kChunkBytesMax = std::uint64_t{5} << 30;
constexpr std::size_t kTrailersMax = 16;  // where none were announced; one is usual
constexpr std::string_view kSignatureName = "x-amz-trailer-signature";

S3Failure malformed() {
  return refuse(400, "IncompleteBody", "The aws-chunked framing of the request body is malformed.");
}
S3Failure wrong_signature() {
  return refuse(403, "SignatureDoesNotMatch", "The signature of a chunk of the request body does not match.");
}

S3Failure wrong_length() {
  return refuse(400, "IncompleteBody", "You did not provide the number of bytes specified by the request.");
}
S3Failure malformed_trailer(const std::string& why) {
  return refuse(400, "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform to what was "
                "announced: " +
                    why);
}

std::vector<std::string> announced_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    if (const auto name = trim(list.substr(0, end)); !name.empty()) names.push_back(to_lower(name));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

}  // namespace

AwsChunkedDecoder::AwsChunkedDecoder(Options options)
    : options_(std::move(options)),
      announced_(announced_names(options_.announced.value_or(""))),
      previous_signature_(options_.authentication.signature),
      chunk_digest_(options_.chunks_signed ? make_sha256() : nullptr) {}

S3Result<bool> AwsChunkedDecoder::feed(std::string_view bytes, std::string& payload) {
  while (!bytes.empty()) {
    if (expect_ == Expect::Nothing) return true;  // whatever follows the last line means nothing
    if (expect_ == Expect::Data) {
      const auto data = bytes.substr(0, left_);
      payload += data;
      if (options_.chunks_signed) chunk_digest_->update(data);
      left_ -= data.size();
      bytes.remove_prefix(data.size());
      if (left_ == 0) expect_ = Expect::DataEnd;
      continue;
    }
    const auto end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (line_.size() > kLineBytesMax) return malformed();
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    const auto line = std::exchange(line_, {});
    if (auto taken = take_line(line); !taken) return taken;
  }
  return true;
}

S3Result<bool> AwsChunkedDecoder::take_line(std::string_view line) {
  switch (expect_) {
    case Expect::ChunkLine: return take_chunk_line(line);
    case Expect::DataEnd:
      if (!line.empty()) return malformed();
      expect_ = Expect::ChunkLine;
      return end_chunk();
    case Expect::Trailer: return take_trailer(line);
    case Expect::Data:
    case Expect::Nothing: break;
  }
  return true;
}

S3Result<bool> AwsChunkedDecoder::take_chunk_line(std::string_view line) {
  const auto size = line.substr(0, line.find(';'));
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (size.empty() || error != std::errc{} || end != size.data() + size.size() || left_ > kChunkBytesMax)
    return malformed();
  total_ += left_;
  if (total_ > options_.decoded_length.value_or(total_)) return wrong_length();
  chunk_signature_.clear();
  constexpr std::string_view kName = "chunk-signature=";
  if (const auto at = line.find(kName); at != std::string_view::npos) {
    const auto signature = line.substr(at + kName.size());
    chunk_signature_ = to_lower(signature.substr(0, signature.find(';')));
  }
  if (left_ > 0) {
    expect_ = Expect::Data;
    return true;
  }
  expect_ = Expect::Trailer;
  return end_chunk();
}

S3Result<bool> AwsChunkedDecoder::end_chunk() {
  if (!options_.chunks_signed) return true;
  const auto& by = options_.authentication;
  const auto text = "AWS4-HMAC-SHA256-PAYLOAD\n" + by.timestamp + "\n" + by.scope.text() + "\n" + previous_signature_ +
                    "\n" + to_hex(sha256("")) + "\n" + to_hex(chunk_digest_->finish());
  chunk_digest_ = make_sha256();
  previous_signature_ = to_hex(hmac_sha256(by.signing_key, text));
  if (!equal_in_constant_time(previous_signature_, chunk_signature_)) return wrong_signature();
  return true;
}

S3Result<bool> AwsChunkedDecoder::take_trailer(std::string_view line) {
  if (line.empty()) {
    expect_ = Expect::Nothing;
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed_trailer("a line without a colon");
  auto name = to_lower(line.substr(0, colon));
  const auto value = trim(line.substr(colon + 1));
  if (options_.chunks_signed && options_.trailer && name == kSignatureName && trailer_signature_.empty()) {
    trailer_signature_ = to_lower(value);
    return true;
  }
  const bool expected = options_.announced ? std::ranges::find(announced_, name) != announced_.end()
                                           : options_.trailer && trailers_.size() < kTrailersMax;
  if (!expected) return malformed_trailer("a trailer that was not announced");
  for (const auto& [known, other] : trailers_)
    if (known == name) return malformed_trailer("a trailer twice");
  trailers_.emplace_back(std::move(name), value);
  return true;
}

S3Result<bool> AwsChunkedDecoder::check_announced() const {
  for (const auto& name : announced_) {
    const auto is_it = [&](const auto& trailer) { return trailer.first == name; };
    if (std::ranges::none_of(trailers_, is_it)) return malformed_trailer("there is no " + name);
  }
  return true;
}

S3Result<bool> AwsChunkedDecoder::verify_trailers() {
  std::ranges::sort(trailers_);
  std::string lines;
  for (const auto& [name, value] : trailers_) lines += name + ":" + value + "\n";
  const auto& by = options_.authentication;
  const auto text = "AWS4-HMAC-SHA256-TRAILER\n" + by.timestamp + "\n" + by.scope.text() + "\n" + previous_signature_ +
                    "\n" + to_hex(sha256(lines));
  if (!equal_in_constant_time(to_hex(hmac_sha256(by.signing_key, text)), trailer_signature_)) return wrong_signature();
  return true;
}

S3Result<bool> AwsChunkedDecoder::finish() {
  // Some clients leave out the last line end.
  if (line_.ends_with('\r')) line_.pop_back();
  if (expect_ == Expect::Trailer && !line_.empty())
    if (auto taken = take_trailer(std::exchange(line_, {})); !taken) return taken;
  if (expect_ != Expect::Nothing && expect_ != Expect::Trailer) return wrong_length();
  if (total_ != options_.decoded_length.value_or(total_)) return wrong_length();
  if (auto all = check_announced(); !all) return all;
  if (options_.chunks_signed && options_.trailer) return verify_trailers();
  return true;
}

}  // namespace store::s3
