#pragma once

#include <set>
#include <string>

#include "flow/record/convert.h"
#include "flow/record/value.h"

namespace flow::record {

/// What is wrong with records, by paths of fields ("/address/zip").
struct Violations {
  std::set<std::string> missing;  // and required
  std::set<std::string> extra;    // not in the schema
  std::set<std::string> invalid;  // of another type

  bool empty() const { return missing.empty() && extra.empty() && invalid.empty(); }
  void add(const Violations& more);
  std::string text() const;
};

struct ValidationRules {
  bool allow_extra = true;
  bool strict = true;  // values are of the type itself, or of a narrower number; else they need to be convertible
};

Violations validate(const Row& row, const Schema& schema, const ValidationRules& rules);

}  // namespace flow::record
