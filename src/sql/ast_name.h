#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

// One line per node where it fits: the trees read as a grammar.
// clang-format off
namespace sql {

template <class T, class Variant>
inline constexpr bool kIsAlternative = false;
template <class T, class... Ts>
inline constexpr bool kIsAlternative<T, std::variant<Ts...>> = (std::same_as<T, Ts> || ...);
/// One of the things that a node of a tree may be.
template <class T, class Node>
concept Alternative = kIsAlternative<T, typename Node::variant>;
template <class Node>
struct Alternatives;  // of alternatives.h

/// A name as the catalog stores it: unquoted ones are folded to upper case, quoted ones kept as written.
struct Identifier {
  std::string name;
  bool quoted = false;
  base::SourceSpan at{};

  /// How it was spelled does not matter: MYTAB and "MYTAB" are one name.
  bool operator==(const Identifier& other) const { return name == other.name; }
};

/// IDENTIFIER('db.t'), IDENTIFIER($v), IDENTIFIER(?), IDENTIFIER(:v): a name known only when the statement runs.
struct NameFromText { std::string text; bool operator==(const NameFromText&) const = default; };
struct NameFromVariable { std::string variable; bool operator==(const NameFromVariable&) const = default; };
/// `?` has no label; `:1` and `:name` have the text after the colon (folded if it is a name).
struct NameFromBind { std::optional<std::string> label; bool operator==(const NameFromBind&) const = default; };

/// One to three parts, outermost first. An empty middle part stands for `db..t` (the schema PUBLIC).
/// If `indirect` is set there are no parts.
struct ObjectName {
  std::vector<Identifier> parts;
  std::optional<std::variant<NameFromText, NameFromVariable, NameFromBind>> indirect{};
  base::SourceSpan at{};
  bool operator==(const ObjectName&) const = default;
};

/// The exact text that a subtree was parsed from; where it came from is not what it says, so it never differs.
struct SourceText {
  std::string text;
  base::SourceSpan at{};
  bool operator==(const SourceText&) const { return true; }
};

/// `@db.sch.name/path`, `@~/path`, `@sch.%table/path`. The path is kept as written, without the slash before it.
/// `quoted` is the form '@name/path with blanks'.
struct StageRef {
  enum class Kind { Named, User, Table };
  Kind kind = Kind::Named;
  ObjectName name;  // of the stage or of the table; no parts for the user stage
  std::string path;
  bool quoted = false;
  base::SourceSpan at{};
  bool operator==(const StageRef& other) const { return kind == other.kind && name == other.name && path == other.path; }
};

/// NUMBER(10, 2), TIMESTAMP_NTZ(9), VARCHAR(16), ARRAY(NUMBER NOT NULL), VECTOR(FLOAT, 3). Upper case, words joined by one
/// blank ("DOUBLE PRECISION").
struct TypeName {
  std::string name;
  std::vector<std::int64_t> params;
  std::vector<TypeName> of;  // element types of structured types
  bool not_null = false;     // as an element: ARRAY(NUMBER NOT NULL)
  base::SourceSpan at{};
  bool operator==(const TypeName&) const = default;
};

}  // namespace sql
