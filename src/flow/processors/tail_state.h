#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "flow/engine/repository.h"

namespace flow {

/// How far a file was read, under the keys of NiFi's TailFile ("file.0.position").
struct TailPosition {
  std::uint64_t position = 0;
  std::int64_t timestamp_ms = 0;               // rolled files that were changed before it are done
  std::uint64_t length = 0;                    // of the file when it was read
  std::optional<std::uint32_t> checksum = {};  // CRC32 of what is before the position
  bool tails_rolled = false;                   // what is read is the file that was rolled over last
  bool operator==(const TailPosition&) const = default;
};

using TailPositions = std::map<std::string, TailPosition, std::less<>>;  // by path

TailPositions tail_positions_from(const ComponentState& state);
ComponentState to_state(const TailPositions& positions);

}  // namespace flow
