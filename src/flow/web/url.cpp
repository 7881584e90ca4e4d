#include "flow/web/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "flow/web/text.h"
#include "http/message.h"

namespace flow::web {
namespace {

/// Of what may stand in a path or query as it is; '%' too, for it begins an escape.
constexpr std::string_view kKept = "%!$&'()*+,;=:@/?[]{}|\\^`";

/// Without "." and ".." (RFC 3986, section 5.2.4).
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_slash = false;
  for (std::size_t at = 1; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto segment = path.substr(at, end - at);
    ends_in_slash = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!ends_in_slash) kept.push_back(segment);
    at = end + 1;
  }
  std::string text;
  for (const auto segment : kept) text.append("/").append(segment);
  if (ends_in_slash || text.empty()) text += '/';
  return text;
}

}  // namespace

base::Result<http::Url> parse_url(std::string_view text) {
  text = trimmed(text);
  text = text.substr(0, text.find('#'));
  const auto colon = text.find("://");
  const auto scheme = colon == std::string_view::npos ? std::string() : lower_case(text.substr(0, colon));
  if (scheme != "http" && scheme != "https")
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("expected a URL of the scheme http or https; this one's is '{}'", scheme));
  auto rest = text.substr(colon + 3);
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  auto authority = rest.substr(0, path);
  if (const auto user = authority.rfind('@'); user != std::string_view::npos) authority.remove_prefix(user + 1);
  TRY(auto url, http::parse_url(fmt::format("{}://{}{}", scheme, authority, rest.substr(path))));
  url.host = lower_case(url.host);
  url.target = http::percent_encode(url.target, kKept);
  return url;
}

base::Result<http::Url> resolve(const http::Url& base, std::string_view location) {
  location = trimmed(location);
  location = location.substr(0, location.find('#'));
  const auto path_end = std::min(location.find_first_of("/?"), location.size());
  if (location.substr(0, path_end).find(':') != std::string_view::npos) return parse_url(location);
  if (location.starts_with("//")) return parse_url(fmt::format("{}:{}", base.scheme, location));
  auto url = base;
  if (location.empty()) return url;
  const auto base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  std::string target;
  if (location.starts_with('/')) {
    target = location;
  } else if (location.starts_with('?')) {
    target = std::string(base_path) + std::string(location);
  } else {
    target = std::string(base_path.substr(0, base_path.rfind('/') + 1)) + std::string(location);
  }
  const auto query = std::min(target.find('?'), target.size());
  url.target =
      http::percent_encode(without_dots(std::string_view(target).substr(0, query)) + target.substr(query), kKept);
  return url;
}

std::string authority_of(const http::Url& url) {
  const auto host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const bool usual = url.port == (url.scheme == "https" ? 443 : 80);
  return usual ? host : fmt::format("{}:{}", host, url.port);
}

std::string text_of(const http::Url& url) { return url.scheme + "://" + authority_of(url) + url.target; }

bool same_server(const http::Url& a, const http::Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

}  // namespace flow::web
