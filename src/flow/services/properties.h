#pragma once

#include <array>
#include <cstddef>

#include "flow/description.h"

namespace flow {

/// The properties of several tables, one after the other.
template <std::size_t... sizes>
constexpr auto joined(const std::array<Property, sizes>&... tables) {
  std::array<Property, (sizes + ...)> all{};
  std::size_t at = 0;
  const auto add = [&](const auto& table) {
    for (const auto& property : table) all[at++] = property;
  };
  (add(tables), ...);
  return all;
}

constexpr std::array<Property, 3> kTimeFormats{{
    {.name = "Date Format", .help = "A Java pattern; without it dates are numbers of milliseconds"},
    {.name = "Time Format", .help = "A Java pattern; without it times are numbers of milliseconds"},
    {.name = "Timestamp Format", .help = "A Java pattern; without it timestamps are numbers of milliseconds"},
}};

}  // namespace flow
