#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace base {

/// A number that stands for one kind of thing only: a StreamId cannot stand where a TableId is wanted.
template <class Tag>
struct Id {
  std::uint64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

}  // namespace base

template <class Tag>
struct std::hash<base::Id<Tag>> {
  std::size_t operator()(const base::Id<Tag>& id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
