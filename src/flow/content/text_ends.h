#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "flow/engine/content.h"

namespace flow {

/// A text in memory as a source.
class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  base::Result<std::string_view> next() override { return std::exchange(text_, {}); }

 private:
  std::string_view text_;
};

/// Keeps the first bytes of a text, lets the others go.
class Beginning final : public ByteSink {
 public:
  explicit Beginning(std::size_t most) : most_(most) {}
  base::Status append(std::string_view bytes) override {
    text_ += bytes.substr(0, most_ - text_.size());
    return {};
  }
  /// Without a character that was cut.
  std::string take();

 private:
  const std::size_t most_;
  std::string text_;
};
/// So much of a text, in whole characters.
std::string beginning_of(std::string_view text, std::size_t most);

}  // namespace flow
