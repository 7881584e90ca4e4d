#pragma once

#include <string_view>

namespace proc {

/// True when a JavaScript body does the same again as long as its arguments and the answers of its statements are the
/// same: it names no clock, no chance, no query id, and nothing that leads to them by a name made at run time. A word
/// in a text or a comment counts too, so that false may be said without need.
bool is_repeatable(std::string_view body);

}  // namespace proc
