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

/// The same where there is no flowfile to see.
constexpr Property without_flowfile(Property property) {
  property.scope = Scope::Environment;
  return property;
}

constexpr std::array<Property, 3> kTimeFormats{{
    {.name = "Date Format", .help = "A Java pattern; without it dates are numbers of milliseconds"},
    {.name = "Time Format", .help = "A Java pattern; without it times are numbers of milliseconds"},
    {.name = "Timestamp Format", .help = "A Java pattern; without it timestamps are numbers of milliseconds"},
}};

// Of what comes from databases.
constexpr Property kDefaultPrecision{.name = "Default Decimal Precision",
                                     .old_name = "dbf-default-precision",
                                     .help = "Of decimals whose database does not say it",
                                     .fallback = "10",
                                     .required = true,
                                     .scope = Scope::FlowFile};
constexpr Property kDefaultScale{.name = "Default Decimal Scale",
                                 .old_name = "dbf-default-scale",
                                 .help = "Likewise",
                                 .fallback = "0",
                                 .required = true,
                                 .scope = Scope::FlowFile};

}  // namespace flow
