#include "flow/processors/held_content.h"

namespace flow {
namespace {

constexpr std::size_t kKeptMax = std::size_t{1} << 20;

}  // namespace

base::Status HeldContent::append(std::string_view bytes) {
  if (!content_) {
    if (kept_.size() + bytes.size() <= kKeptMax) {
      kept_ += bytes;
      return {};
    }
    TRY(auto content, session_.begin_write());
    content_.emplace(std::move(content));
    TRY_VOID(content_->append(kept_));
    kept_ = {};
  }
  return content_->append(bytes);
}

base::Result<ContentClaim> HeldContent::finish() {
  if (!content_) {
    if (kept_.empty()) return ContentClaim{};
    TRY(auto content, session_.begin_write());
    TRY_VOID(content.append(kept_));
    return content.finish();
  }
  return content_->finish();
}

}  // namespace flow
