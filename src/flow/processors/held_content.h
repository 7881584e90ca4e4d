#pragma once

#include <optional>
#include <string>

#include "flow/engine/content.h"
#include "flow/engine/session.h"

namespace flow {

/// New content that stays in memory until it is long or finished: a processor may write many at a time. Dropped without
/// finish() it leaves nothing.
class HeldContent final : public ByteSink {
 public:
  explicit HeldContent(Session& session) : session_(session) {}
  base::Status append(std::string_view bytes) override;
  base::Result<ContentClaim> finish();
  std::uint64_t length() const { return content_ ? content_->length() : kept_.size(); }

 private:
  Session& session_;
  std::string kept_;
  std::optional<ContentWriter> content_;
};

/// Bytes of a sink that are wanted as a text.
class TextSink final : public ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text_ += bytes;
    return {};
  }
  std::string& text() { return text_; }

 private:
  std::string text_;
};

}  // namespace flow
