#include "http/url.h"

#include <fmt/format.h>

#include <charconv>

namespace http {

base::Result<Url> parse_url(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("invalid URL: {}: {}", why, text));
  };
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad("no scheme");
  url.scheme = text.substr(0, colon);
  if (url.scheme != "http" && url.scheme != "https") return bad("unknown scheme");
  url.port = url.scheme == "https" ? 443 : 80;
  auto rest = text.substr(colon + 3);
  const auto slash = rest.find_first_of("/?");
  url.target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  if (url.target.front() == '?') url.target.insert(url.target.begin(), '/');
  auto authority = rest.substr(0, slash);
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad("no ] after the address");
    url.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(url.host.size());
  }
  if (url.host.empty()) return bad("no host");
  if (authority.empty()) return url;
  const auto port = authority.substr(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (authority.front() != ':' || error != std::errc{} || end != port.data() + port.size())
    return bad("no port number");
  return url;
}

}  // namespace http
