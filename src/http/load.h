#pragma once

#include <cstddef>
#include <cstdint>

namespace http {

/// What all connections of some servers hold at this moment, and how much that may be. Of the I/O thread.
class Load {
 public:
  struct Limits {
    std::uint64_t body_bytes_max = std::uint64_t{1} << 30;  // of bodies that were received and not yet dealt with
    std::size_t requests_max = 4096;                        // that were read and not yet answered
  };
  explicit Load(Limits limits) : limits_(limits) {}

  /// One request more would be too much.
  bool is_too_much() const { return requests_ > limits_.requests_max || body_bytes_ >= limits_.body_bytes_max; }
  std::uint64_t body_bytes() const { return body_bytes_; }
  std::size_t requests() const { return requests_; }

  void begin_request() { ++requests_; }
  void end_request(std::uint64_t held) {
    --requests_;
    body_bytes_ -= held;
  }
  /// False when they would be too many: then they are not counted.
  bool hold(std::uint64_t bytes) {
    if (body_bytes_ + bytes > limits_.body_bytes_max) return false;
    body_bytes_ += bytes;
    return true;
  }

 private:
  const Limits limits_;
  std::uint64_t body_bytes_ = 0;
  std::size_t requests_ = 0;
};

}  // namespace http
