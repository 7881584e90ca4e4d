#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace store {

/// MD5 and SHA-256 of the same bytes: what a PUT with a signed payload needs. Each is a chain of steps that wait for
/// each other; side by side in one loop the steps of SHA-256 fit into the waits of MD5, and cost next to nothing.
class Md5Sha256 {
 public:
  /// Whether this processor has the instructions for SHA-256 that this is made of. No object without them.
  static bool is_supported();

  Md5Sha256();
  void update(std::string_view bytes);
  struct Raw {
    std::string md5;
    std::string sha256;
  };
  /// Ends the digests.
  Raw finish();

  /// Between two blocks.
  struct State {
    std::array<std::uint32_t, 4> md5;
    std::array<std::uint32_t, 8> sha256;
  };

 private:
  State state_;
  std::uint64_t length_ = 0;
  std::array<char, 64> held_{};  // the bytes after the last whole block
};

}  // namespace store
