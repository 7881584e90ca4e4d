#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "flow/engine/content.h"

namespace flow::record {

/// Bytes of a known number that can be read from any place.
class Input {
 public:
  virtual ~Input() = default;
  virtual std::uint64_t size() const = 0;
  /// Reads until `into` is full or the bytes end.
  virtual base::Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const = 0;
};

std::shared_ptr<const Input> input_of(ContentClaim claim);
std::shared_ptr<const Input> input_of(std::string text);
/// Without its first bytes.
std::shared_ptr<const Input> input_after(std::shared_ptr<const Input> input, std::uint64_t bytes);

/// The bytes of an input from its beginning, as UTF-8 without a byte order mark.
class TextSource {
 public:
  /// `charset`: a name such as "ISO-8859-1". Errors: InvalidValue when it is not known.
  static base::Result<std::unique_ptr<TextSource>> open(std::shared_ptr<const Input> input, const std::string& charset);
  virtual ~TextSource() = default;
  /// Less than `into` holds only at the end.
  virtual base::Result<std::size_t> read(std::span<char> into) = 0;
};

/// A sequence of bytes of which the newest part is in memory: what was taken stays until the next refill.
class TextBuffer {
 public:
  explicit TextBuffer(std::unique_ptr<TextSource> source) : source_(std::move(source)) {}
  /// What is there and was not consumed.
  std::string_view rest() const { return std::string_view(buffer_.data() + begin_, end_ - begin_); }
  void consume(std::size_t bytes) { begin_ += bytes; }
  bool at_end() const { return at_end_; }  // no more will come
  /// Moves the rest to the front and reads on, with more memory when there is no room. Errors: InvalidValue when the
  /// rest is longer than `most`.
  base::Status refill(std::size_t most = std::size_t{256} << 20);

 private:
  std::unique_ptr<TextSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
};

}  // namespace flow::record
