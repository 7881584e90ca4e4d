#include "flow/property_keys.h"

#include <algorithm>

namespace flow {
namespace {

/// NiFi 2.0 to 2.6 made keys of some labels, which 2.7 and later spelled anew.
struct Between {
  std::string_view name, key;
};
constexpr Between kBetween[] = {
    {"Client Secret", "Client secret"},
    {"Enable Named Groups", "Enable named group support"},
    {"Enable Repeating Capture Group", "Enable repeating capture group"},
};

}  // namespace

std::vector<std::string_view> keys_of(const Property& property) {
  std::vector<std::string_view> keys{property.name};
  if (!property.old_name.empty() && property.old_name != property.name) keys.push_back(property.old_name);
  for (const auto& [name, key] : kBetween)
    if (name == property.name) keys.push_back(key);
  return keys;
}

bool has_key(const Property& property, std::string_view key) {
  const auto is = [&](const Between& row) { return row.name == property.name && row.key == key; };
  return !key.empty() && (property.name == key || property.old_name == key || std::ranges::any_of(kBetween, is));
}

}  // namespace flow
