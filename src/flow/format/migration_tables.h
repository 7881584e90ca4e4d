#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace flow {

/// `type` is the last part of a class, or the beginning of one when it ends in a dot.
bool is_of_type(std::string_view full_type, std::string_view type);

/// A value that became another one.
struct ValueChange {
  std::string_view type;
  std::string_view key, old_key;
  std::string_view from;
  std::optional<std::string_view> to;  // nothing: unset
};
std::span<const ValueChange> value_changes();

/// A key that has no meaning any more.
struct DroppedKey {
  std::string_view type;
  std::string_view key;
};
std::span<const DroppedKey> dropped_keys();

/// A default that depends on the version that saved the flow.
struct ChangedDefault {
  std::string_view type;
  std::string_view key, old_key;
  std::optional<std::string_view> before, after;
  int major, minor, patch;  // the first version with the new one
};
std::span<const ChangedDefault> changed_defaults();

struct RenamedRelationship {
  std::string_view type;
  std::string_view from, to;
};
std::span<const RenamedRelationship> renamed_relationships();

}  // namespace flow
