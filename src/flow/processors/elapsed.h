#pragma once

#include <chrono>

#include "base/clock.h"

namespace flow {

/// How long something took, as provenance events say it.
inline std::chrono::milliseconds millis_since(const base::Clock& clock, base::Instant started) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - started);
}

}  // namespace flow
