#pragma once

#include "flow/engine/content.h"
#include "flow/engine/flow_file.h"

namespace flow {

/// FlowFiles as bytes, attributes and content, in the three formats of NiFi: what MergeContent writes and UnpackContent
/// reads. Each writes one flowfile; several follow one another.
base::Status write_package_v3(const Attributes& attributes, std::uint64_t size, ByteSource& content, ByteSink& sink);
base::Status write_package_v2(const Attributes& attributes, std::uint64_t size, ByteSource& content, ByteSink& sink);
base::Status write_package_v1(const Attributes& attributes, std::uint64_t size, ByteSource& content, ByteSink& sink);

}  // namespace flow
