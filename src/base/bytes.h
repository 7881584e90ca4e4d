#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace base {

/// Bytes that grow at their end, as a string, but whose memory is not zeroed before it is filled: for what is read from
/// sockets and files at some gigabytes a second.
class Bytes {
 public:
  Bytes() = default;
  Bytes(Bytes&& other) noexcept
      : memory_(std::move(other.memory_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Bytes& operator=(Bytes&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() = default;

  const char* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {memory_.get(), size_}; }

  /// `count` more bytes, to be filled.
  std::span<char> grow(std::size_t count) {
    if (size_ + count > capacity_) reserve(std::max(size_ + count, capacity_ * 2));
    size_ += count;
    return {memory_.get() + size_ - count, count};
  }
  void append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(grow(bytes.size()).data(), bytes.data(), bytes.size());
  }
  /// The first `size` bytes stay; it must not be more than there are.
  void shrink(std::size_t size) { size_ = size; }

 private:
  void reserve(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), memory_.get(), size_);
    memory_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace base
