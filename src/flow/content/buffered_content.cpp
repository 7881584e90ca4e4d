#include "flow/content/buffered_content.h"

#include <algorithm>

namespace flow {
namespace {

constexpr std::size_t kBufferBytes = 32 << 10;

}  // namespace

base::Status BufferedContent::flush() {
  if (!writer_) {
    TRY(auto writer, session_->begin_write());
    writer_.emplace(std::move(writer));
  }
  TRY_VOID(writer_->append(buffer_));
  buffer_.clear();
  return {};
}

base::Status BufferedContent::append(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? base::Status{} : flush();
}

base::Result<ContentClaim> BufferedContent::finish() {
  TRY_VOID(flush());
  return writer_->finish();
}

base::Result<std::string> read_beginning(Session& session, const FlowFile& file, std::uint64_t bytes_max) {
  const auto length = std::min(file.size(), bytes_max);
  session.count_bytes_in(length);
  return read_all({file.content.file, file.content.offset, length});
}

}  // namespace flow
