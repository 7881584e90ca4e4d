#pragma once

#include <optional>
#include <string>

#include "flow/engine/session.h"

namespace flow {

/// Content that is written a little at a time beside many others: it opens a content file of its own only when it has
/// grown.
class BufferedContent final : public ByteSink {
 public:
  explicit BufferedContent(Session& session) : session_(&session) {}
  base::Status append(std::string_view bytes) override;
  base::Result<ContentClaim> finish();

 private:
  base::Status flush();
  Session* session_;
  std::string buffer_;
  std::optional<ContentWriter> writer_;
};

/// The first bytes of a content.
base::Result<std::string> read_beginning(Session& session, const FlowFile& file, std::uint64_t bytes_max);

}  // namespace flow
