#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flow/el/pattern.h"
#include "flow/engine/flow_file.h"

namespace flow {

/// What stands in place of a match: text and the groups of the pattern, as NiFi reads its Replacement Value.
class Replacement {
 public:
  /// "$1" is a group, with as many digits as there are groups for; of a group that is missing it is text, as is a
  /// "\$1". A "$" before anything but a digit makes all of it text.
  static Replacement parse(std::string_view text, std::size_t groups);
  /// The same, but that a "$" before anything else is text and the rest is still read.
  static Replacement parse_parts(std::string_view text, std::size_t groups);
  void append_to(std::string& out, const el::Pattern::Matcher& match) const;

 private:
  std::vector<std::variant<std::string, std::size_t>> pieces_;
};

/// `text` with each "${name}" that names an attribute replaced by its value, "${name:-default}" by the default when
/// there is no such attribute; "$${name}" gives "${name}". Values are treated alike. InvalidValue: one that contains
/// itself.
base::Result<std::string> substitute_variables(std::string_view text, const Attributes& attributes);

}  // namespace flow
