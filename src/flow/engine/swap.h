#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flow/engine/flow_file.h"

namespace flow {

/// The id of a connection, which many flowfiles share.
using ConnectionId = std::shared_ptr<const std::string>;

/// Flowfiles of a connection that are on the disk alone.
struct SwapFile {
  std::uint64_t number = 0;
  ConnectionId connection;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<std::shared_ptr<ContentFile>> contents;  // which they need
};
using SwapFilePtr = std::shared_ptr<const SwapFile>;

}  // namespace flow
