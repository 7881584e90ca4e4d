#include "flow/engine/flow_file.h"

namespace flow {

std::string FlowFile::attribute(std::string_view name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::string{} : found->second;
}

}  // namespace flow
