#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// One hop of the pipeline: what has passed it since the start, and what waits before it.
struct HopMoment {
  std::uint64_t files = 0, bytes = 0, rows = 0;
  std::uint64_t waiting = 0;
};

/// The pipeline at one moment. Latest and history count rows only; flow counts no rows, pipe no bytes.
struct PipelineMoment {
  enum Hop { Generator, Flow, Pipe, Latest, History, kHops };
  std::chrono::duration<double> since_start{};
  std::array<HopMoment, kHops> hops{};
  std::optional<std::chrono::duration<double>> newest_history_age;  // of the newest row of history
};

/// The moment as lines of text for a terminal, one per hop, with the rates since `before`. Errors: none.
std::string draw_pipeline(const PipelineMoment& now, const PipelineMoment& before);

/// 1234567 as "1,234,567".
std::string with_separators(std::uint64_t number);
/// 1234567 as "1.2 MB".
std::string readable_bytes(double bytes);

}  // namespace cli
