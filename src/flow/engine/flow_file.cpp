#include "flow/engine/flow_file.h"

namespace flow {

const std::string& FlowFile::attribute(std::string_view name) const {
  static const std::string kNone;
  const auto found = attributes.find(name);
  return found == attributes.end() ? kNone : found->second;
}

}  // namespace flow
