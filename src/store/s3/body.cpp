#include "store/s3/body.h"

#include <algorithm>
#include <memory>

#include "store/checksum.h"

namespace store::s3 {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

/// Exactly the next piece. Errors: Conflict when the body ends before its length.
base::Result<std::string> read_piece(const Body& body, std::uint64_t offset) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, body.length - offset));
  TRY(auto piece, body.read(offset, size));
  if (piece.empty() || piece.size() > size)
    return base::fail(base::ErrorKind::Conflict, "the body is not as long as it said");
  return piece;
}

}  // namespace

Body body_of(std::string bytes) {
  const auto shared = std::make_shared<const std::string>(std::move(bytes));
  return {shared->size(), [shared](std::uint64_t offset, std::size_t size) -> base::Result<std::string> {
            return shared->substr(static_cast<std::size_t>(offset), size);
          }};
}

Body part_of(Body whole, std::uint64_t offset, std::uint64_t length) {
  return {length, [whole = std::move(whole), offset](std::uint64_t at, std::size_t size) {
            return whole.read(offset + at, size);
          }};
}

http::BodySource source_of(Body body) {
  const auto at = std::make_shared<std::uint64_t>(0);
  http::BodySource source{.length = body.length};
  source.next = [body = std::move(body), at]() -> base::Result<std::string> {
    if (*at == body.length) return std::string();
    TRY(auto piece, read_piece(body, *at));
    *at += piece.size();
    return piece;
  };
  source.rewind = [at]() -> base::Status {
    *at = 0;
    return {};
  };
  return source;
}

base::Result<BodyDigests> digests_of(const Body& body, bool sha256_wanted, std::optional<ChecksumAlgorithm> checksum) {
  const auto hash = sha256_wanted ? make_sha256() : nullptr;
  const auto sum = checksum ? make_checksum(*checksum) : nullptr;
  BodyDigests digests;
  if (hash == nullptr && sum == nullptr) return digests;
  for (std::uint64_t at = 0; at < body.length;) {
    TRY(const auto piece, read_piece(body, at));
    if (hash != nullptr) hash->update(piece);
    if (sum != nullptr) sum->update(piece);
    at += piece.size();
  }
  if (hash != nullptr) digests.sha256_hex = to_hex(hash->finish());
  if (sum != nullptr) digests.checksum = to_base64(sum->finish());
  return digests;
}

}  // namespace store::s3
