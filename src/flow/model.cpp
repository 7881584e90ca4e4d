#include "flow/model.h"

#include <algorithm>

namespace flow {

std::vector<std::string> keys_in_order(const ConfiguredDefinition& component, const PropertyValues& values) {
  std::vector<std::string> keys;
  for (const auto& key : component.order)
    if (values.contains(key)) keys.push_back(key);
  for (const auto& [key, value] : values)
    if (std::ranges::find(component.order, key) == component.order.end()) keys.push_back(key);
  return keys;
}

std::string_view name_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::Ghost: return "ghost";
    case Finding::Kind::MissingSecret: return "missing secret";
    case Finding::Kind::MissingService: return "missing service";
    case Finding::Kind::MissingFlow: return "missing flow";
    case Finding::Kind::Migration: return "migration";
    case Finding::Kind::ChangedDefault: return "changed default";
    case Finding::Kind::Trap: return "trap";
    case Finding::Kind::NoEffect: return "no effect";
  }
  return "";
}

}  // namespace flow
