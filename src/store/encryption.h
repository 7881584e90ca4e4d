#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/object.h"

/// Bytes of encrypted objects at rest. Each written content has a random key of its own; its bytes are AES-256-GCM in
/// frames of 64 KiB, so that a stretch can be read and checked without the rest. The content's key lies beside it,
/// wrapped by the key of its Encryption.
namespace store {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kFrameBytes = 64 << 10;  // of plain bytes
inline constexpr std::size_t kFrameTagBytes = 16;

/// Of `plain` bytes on the disk.
std::uint64_t encrypted_size(std::uint64_t plain);

std::string random_key();
/// A key for one purpose, out of the ring's: who knows it learns nothing of the others.
std::string derive_key(std::string_view key_ring, std::string_view purpose);

/// The key that wraps the keys of contents. Errors: InvalidValue without a key ring, or for a customer's key that is
/// not one.
base::Result<std::string> wrapping_key(const EncryptionRequest& request, std::string_view key_ring);
/// A few bytes, such as a key, under another key and a random nonce.
std::string seal(std::string_view wrapping, std::string_view secret);
/// Errors: Denied "the key does not open ...".
base::Result<std::string> unseal(std::string_view wrapping, std::string_view sealed);

/// Encrypts a content as it comes.
class FrameEncrypter {
 public:
  explicit FrameEncrypter(std::string key) : key_(std::move(key)) {}
  /// What of the content can go to the disk now.
  std::string append(std::string_view plain);
  /// The last frame.
  std::string finish();

 private:
  std::string seal(std::string_view frame);

  std::string key_;
  std::string pending_;
  std::uint64_t frames_ = 0;
};

/// One frame as it lies on the disk, its tag at its end. Errors: Internal when it was changed.
base::Result<std::string> open_frame(std::string_view key, std::uint64_t index, std::string_view sealed);

}  // namespace store
