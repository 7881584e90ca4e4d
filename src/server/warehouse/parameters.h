#pragma once

#include <map>
#include <string>
#include <string_view>

namespace server::warehouse {

/// True for the parameters that clients are told.
bool is_told_to_clients(std::string_view name);

/// The whole `parameters` list: what was set, else the defaults. Source: snowflake-wire.md 3.3.
void append_parameters(std::string& out, const std::map<std::string, std::string>& changed);

}  // namespace server::warehouse
