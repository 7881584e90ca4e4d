#include "flow/record/reader.h"

#include "flow/engine/flow_file.h"

namespace flow::record {

base::Result<std::unique_ptr<Reader>> ReaderFactory::open(const Session& session, const FlowFile& file,
                                                          ReadOptions options) const {
  return open(ReadRequest{input_of(file.content), session, file, options});
}

}  // namespace flow::record
