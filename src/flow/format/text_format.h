#pragma once

#include <boost/json.hpp>
#include <string>

#include "flow/format/problems.h"
#include "flow/format/yaml_tree.h"

namespace flow {

enum class Layout { Yes, No };

/// A flow definition as text that diffs well: YAML with components by name, in the order of names, without what has its
/// default; connections and references name components. Ids, positions and the like stand in a second document, the
/// layout, which may be missing: then ids are made of names. The same flow gives the same text.
std::string write_text(const boost::json::object& definition, Layout layout);

/// Whether a YAML document is such a text.
bool is_text(const YamlTree& document);
/// The definition again. What refers to nothing is a problem.
boost::json::object read_text(const std::vector<YamlTree>& documents, Places& places, Problems& problems);

}  // namespace flow
