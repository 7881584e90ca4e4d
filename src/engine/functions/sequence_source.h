#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"

namespace engine {

/// Where fr_next_value takes its values from while a statement runs: blocks of a sequence, reserved when they are
/// needed. Known by a handle that stands in the statement's SQL; forgotten when the object goes.
class SequenceSource {
 public:
  using Reserve = std::function<base::Result<std::int64_t>(std::int64_t count)>;
  SequenceSource(Reserve reserve, std::int64_t step);
  ~SequenceSource();
  SequenceSource(const SequenceSource&) = delete;
  std::int64_t handle() const { return handle_; }

  /// The next value for a handle, asked by the engine's threads.
  static base::Result<std::int64_t> next(std::int64_t handle);

 private:
  std::int64_t handle_;
};

}  // namespace engine
