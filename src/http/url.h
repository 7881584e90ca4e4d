#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace http {

/// "http://host:port/path" in its parts.
struct Url {
  std::string scheme;  // http or https
  std::string host;
  std::uint16_t port = 80;  // 443 for https when the URL names none
  std::string target;       // path and query, "/" when there is none
};
/// Errors: InvalidValue.
base::Result<Url> parse_url(std::string_view url);

}  // namespace http
