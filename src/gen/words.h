#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gen {

/// A word that can be copied as one block of fixed size: cheaper than a call per length.
struct Word {
  static constexpr std::size_t kRoom = 63;
  char text[kRoom] = {};
  std::uint8_t length = 0;

  Word() = default;
  constexpr Word(std::string_view from) : length(static_cast<std::uint8_t>(from.size())) {
    for (std::size_t i = 0; i < from.size(); ++i) text[i] = from[i];
  }
  constexpr std::string_view view() const { return {text, length}; }
};

struct WordLists {
  std::span<const Word> first_names, first_names_lower, last_names, last_names_lower, mail_domains;
  std::span<const Word> street_kinds, city_prefixes, city_suffixes, states, countries;
};

const WordLists& word_lists();

}  // namespace gen
