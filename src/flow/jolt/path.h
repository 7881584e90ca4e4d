#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

// Keys and dotted paths of specifications, and where a transform is in its input.
namespace flow::jolt {

/// What a key of the input matched: its text, and what stood for each star.
struct Matched {
  std::string key;
  std::vector<std::string> groups = {};
  std::optional<std::size_t> size = {};  // of an array whose elements are visited, before anything was added to it
  std::size_t children = 0;              // of it that matched so far
};
using MatchedPtr = std::shared_ptr<Matched>;

struct Step {
  boost::json::value* tree = nullptr;  // null: there is nothing
  MatchedPtr matched;
};
/// The steps from the root to where the transform is.
using Walk = std::vector<Step>;

/// So many steps up, and there the whole key (0) or what stood for a star.
struct Reference {
  std::size_t up = 0;
  std::size_t group = 0;
};

struct Path;

struct Literal {
  std::string text;
};
struct At {};
/// The texts around the stars; each star stands for one character at least, and for as few as it can.
struct Star {
  std::vector<std::string> parts;
};
struct Amp {
  std::vector<std::variant<std::string, Reference>> tokens;
};
struct Dollar {
  Reference reference;
};
struct Hash {
  std::string text;
};
/// A value from some steps up, or from below there. A null path: that value itself.
struct Transpose {
  std::size_t up = 0;
  std::shared_ptr<const Path> path;
};
struct Append {};
struct Count {
  std::size_t up = 0;
};
struct Index {
  std::variant<Append, std::size_t, Reference, Count, Transpose> of;
};

struct Key {
  std::variant<Literal, At, Star, Amp, Dollar, Hash, Transpose, Index> node;
  std::string raw;
  std::string canonical;  // alike for keys that mean the same

  bool is_star() const { return std::holds_alternative<Star>(node); }
  bool is_any() const { return is_star() && raw == "*"; }
};
/// Errors of these two: InvalidValue, which names the key.
base::Result<Key> parse_key(std::string_view raw);
/// Of a key on the right side. Keys that only match are refused.
base::Result<Path> parse_path(std::string_view dotted);
/// The same below the root of the output.
base::Result<Path> parse_output_path(std::string_view dotted);

struct Path {
  std::vector<Key> keys;
};

/// Keys "a|b" are two with the same meaning.
std::vector<std::string> alternatives(std::string_view key);
/// The order in which keys with stars and references are tried: the most particular first.
bool tried_before(const Key& a, const Key& b);
std::optional<std::vector<std::string>> match_star(const Star& star, std::string_view text);

/// What the key of the input matched; null: it does not.
base::Result<MatchedPtr> match(const Key& key, std::string_view input, const Walk& walk);
/// The keys that a path means here; nothing: it leads nowhere. Errors: InvalidValue for references to what is not
/// there.
base::Result<std::optional<std::vector<std::string>>> evaluate(const Path& path, const Walk& walk);
/// Nothing: there is no such value; it may be null.
base::Result<std::optional<boost::json::value>> read(const Transpose& transpose, const Walk& walk);
/// Puts the data where the keys of the path lead: makes what is missing, and a list of what meets.
void write(boost::json::value& tree, const Path& path, const std::vector<std::string>& keys,
           const boost::json::value& data);

/// As Java prints it.
std::string java_text(const boost::json::value& value);
/// Of a key that names an element of an array.
std::optional<std::size_t> index_of(std::string_view key);

}  // namespace flow::jolt
