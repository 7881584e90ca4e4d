#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/object.h"

namespace store {

/// "crc32", "xxhash128" and so on: the end of the header name x-amz-checksum-*.
std::string_view name_of(ChecksumAlgorithm algorithm);
std::optional<ChecksumAlgorithm> checksum_algorithm_of(std::string_view name);  // any case

/// Whether a multipart upload may have a checksum of this kind: of the CRCs, which can be put together from those of
/// the parts, one over the whole object; of all but CRC64NVME one over the digests of the parts. Source: Amazon S3 User
/// Guide, "Checking object integrity for data uploads".
bool allows(ChecksumAlgorithm algorithm, ChecksumType type);
/// The kind of a multipart upload that names only the algorithm.
ChecksumType default_type(ChecksumAlgorithm algorithm);

/// A digest over bytes that come in pieces.
class Digest {
 public:
  virtual ~Digest() = default;
  virtual void update(std::string_view bytes) = 0;
  /// The raw digest, big-endian for what is a number (the CRCs, xxHash); ends the digest.
  virtual std::string finish() = 0;
  /// Whether each of its steps waits for the one before, as in MD5 and SHA, and leaves the processor room for others.
  virtual bool is_serial() const { return false; }
};

std::unique_ptr<Digest> make_md5();
std::unique_ptr<Digest> make_sha256();
std::unique_ptr<Digest> make_checksum(ChecksumAlgorithm algorithm);

std::string md5(std::string_view bytes);
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view message);
std::string hmac_sha1(std::string_view key, std::string_view message);
std::string checksum(ChecksumAlgorithm algorithm, std::string_view bytes);

/// The CRC of two stretches of bytes from the CRC of each and the length of the second; only for the three CRCs.
std::string combine_crc(ChecksumAlgorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_length);

std::string to_hex(std::string_view raw);
std::string to_base64(std::string_view raw);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace store
