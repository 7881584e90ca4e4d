#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "http/client.h"
#include "store/object.h"

namespace store::s3 {

/// Bytes that can be read from any place, again and again: what retries, hashes and parallel parts need.
struct Body {
  std::uint64_t length = 0;
  /// Up to `size` bytes from `offset`, at least one before the end. May be called by several threads.
  std::function<base::Result<std::string>(std::uint64_t offset, std::size_t size)> read;
};

Body body_of(std::string bytes);
/// A stretch of another body.
Body part_of(Body whole, std::uint64_t offset, std::uint64_t length);
/// From the first byte to the last, and again after a rewind.
http::BodySource source_of(Body body);

/// What is told of a body before it is sent.
struct BodyDigests {
  std::string sha256_hex;  // where asked for
  std::string checksum;    // base64, where asked for
};
/// Reads the body once. Errors: those of the body; Conflict when it is shorter than it said.
base::Result<BodyDigests> digests_of(const Body& body, bool sha256_wanted, std::optional<ChecksumAlgorithm> checksum);

}  // namespace store::s3
