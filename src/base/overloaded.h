#pragma once

namespace base {

/// A visitor of a variant from one lambda per alternative: one that is forgotten does not compile.
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace base
