#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "flow/description.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/jolt/transform.h"

namespace flow {

constexpr Allowed kJoltTransforms[] = {{"jolt-transform-card", "Cardinality"},
                                       {"jolt-transform-chain", "Chain"},
                                       {"jolt-transform-default", "Default"},
                                       {"jolt-transform-modify-default", "Modify - Default"},
                                       {"jolt-transform-modify-define", "Modify - Define"},
                                       {"jolt-transform-modify-overwrite", "Modify - Overwrite"},
                                       {"jolt-transform-remove", "Remove"},
                                       {"jolt-transform-shift", "Shift"},
                                       {"jolt-transform-sort", "Sort"},
                                       {"jolt-transform-custom", "Custom", false}};

/// What the properties 'Jolt Transform' and 'Jolt Specification' say, compiled; as many as 'Transform Cache Size' says
/// are kept where expressions make several. Thread-safe.
class JoltSpecification {
 public:
  base::Status prepare(const Configuration& configuration);
  base::Result<std::shared_ptr<const jolt::Transform>> of(const Configuration& configuration, const Session& session,
                                                          const FlowFile& file);
  const std::string& kind() const { return kind_; }

 private:
  using TransformPtr = std::shared_ptr<const jolt::Transform>;
  base::Result<TransformPtr> compiled(const std::string& text);

  std::string kind_;
  std::uint64_t cached_max_ = 1;
  std::mutex cached_mutex_;
  std::map<std::string, TransformPtr> cached_;  // by the text of the specification
};

}  // namespace flow
