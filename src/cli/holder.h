#pragma once

#include <optional>
#include <string>

#include "cli/data_directory.h"

namespace cli {

/// The server that holds a data directory; none when nobody does. Errors: Conflict (its holder runs no server, or has
/// another clock than is wanted).
base::Result<std::optional<Holder>> holder_to_talk_to(const std::string& data, std::optional<bool> virtual_clock);

/// For a server that is named by its URL: FRESHET_PASSWORD, or any text, with which a server on loopback is content.
std::string password_of_environment();

}  // namespace cli
