#pragma once

#include <set>
#include <string>
#include <string_view>

namespace flow::el {

/// The attributes that a property's text reads, as far as their names are written out. A text that is none of the
/// language's reads none.
std::set<std::string> attributes_in(std::string_view text);

}  // namespace flow::el
