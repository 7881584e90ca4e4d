#pragma once

// What the variants of the trees have in common, for the files that compile their members.

#include <memory>
#include <tuple>

#include "sql/ast.h"

namespace sql {

/// Compiles `of` for every alternative: its addresses are asked for.
template <class Node>
struct Alternatives {
  template <class... Ts>
  static constexpr auto makers(std::variant<Ts...>*) {
    return std::tuple{&Node::template of<Ts>...};
  }
};

/// A variant's own assignment is compiled for every pair of ways to assign: half of the time that these files take.
template <class T>
T& assign_by_move(T& to, T& from) {
  if (&to == &from) return to;
  std::destroy_at(&to);
  return *std::construct_at(&to, std::move(from));
}

}  // namespace sql
