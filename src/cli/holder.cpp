#include "cli/holder.h"

#include <fmt/format.h>

#include <cstdlib>

namespace cli {

base::Result<std::optional<Holder>> holder_to_talk_to(const std::string& data, std::optional<bool> virtual_clock) {
  TRY(const auto holder, DataDirectory::holder_of(data));
  if (!holder) return std::nullopt;
  if (holder->warehouse_url.empty())
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("the data directory is held by another process (pid {}) that runs no server: {}",
                                  holder->pid, data));
  if (virtual_clock && *virtual_clock != holder->virtual_clock)
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("the server that holds the data directory runs with --clock {}: {}",
                                  holder->virtual_clock ? "virtual" : "system", data));
  return holder;
}

std::string password_of_environment() {
  const char* password = std::getenv("FRESHET_PASSWORD");
  return password == nullptr ? "local" : password;
}

}  // namespace cli
