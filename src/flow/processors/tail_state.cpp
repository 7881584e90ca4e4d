#include "flow/processors/tail_state.h"

#include <fmt/format.h>

namespace flow {
namespace {

constexpr std::string_view kFilename = ".filename";

}  // namespace

TailPositions tail_positions_from(const ComponentState& state) {
  TailPositions positions;
  for (const auto& [key, path] : state) {
    if (!key.starts_with("file.") || !key.ends_with(kFilename)) continue;
    const auto prefix = key.substr(0, key.size() - kFilename.size());
    const auto find = [&](std::string_view name) -> const std::string* {
      const auto found = state.find(fmt::format("{}.{}", prefix, name));
      return found == state.end() ? nullptr : &found->second;
    };
    const auto number = [&](std::string_view name) {
      const auto* text = find(name);
      return text == nullptr ? 0 : std::strtoull(text->c_str(), nullptr, 10);
    };
    TailPosition position{.position = number("position"),
                          .timestamp_ms = static_cast<std::int64_t>(number("timestamp")),
                          .length = number("length")};
    if (find("checksum") != nullptr) position.checksum = static_cast<std::uint32_t>(number("checksum"));
    const auto* tails = find("tailingPostRollover");
    position.tails_rolled = tails != nullptr && *tails == "true";
    positions[path] = position;
  }
  return positions;
}

ComponentState to_state(const TailPositions& positions) {
  ComponentState state;
  std::size_t n = 0;
  for (const auto& [path, position] : positions) {
    const auto put = [&](std::string_view name, std::string value) {
      state[fmt::format("file.{}.{}", n, name)] = std::move(value);
    };
    put("filename", path);
    put("position", std::to_string(position.position));
    put("timestamp", std::to_string(position.timestamp_ms));
    put("length", std::to_string(position.length));
    if (position.checksum) put("checksum", std::to_string(*position.checksum));
    put("tailingPostRollover", position.tails_rolled ? "true" : "false");
    ++n;
  }
  return state;
}

}  // namespace flow
