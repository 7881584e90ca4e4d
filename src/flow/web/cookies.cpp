#include "flow/web/cookies.h"

#include <algorithm>
#include <cstdlib>

#include "flow/el/date_format.h"
#include "flow/web/text.h"

namespace flow::web {
namespace {

constexpr std::size_t kCookiesMax = 3000;

std::string_view path_of(const http::Url& url) { return std::string_view(url.target).substr(0, url.target.find('?')); }

std::string directory_of(const http::Url& url) {
  const auto path = path_of(url);
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

bool is_domain_of(std::string_view domain, std::string_view host) {
  if (http::equal_without_case(domain, host)) return true;
  return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
         http::equal_without_case(host.substr(host.size() - domain.size()), domain);
}

/// "Wed, 21 Oct 2026 07:28:00 GMT", also with the dashes of old servers.
std::optional<base::Instant> date_of(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', ' ');
  const auto parsed = el::parse_iso_or_rfc(plain);
  if (!parsed) return std::nullopt;
  return base::Instant{parsed->seconds * 1'000'000'000};
}

}  // namespace

bool Cookies::belongs(const Cookie& cookie, const http::Url& url) {
  if (cookie.secure && url.scheme != "https") return false;
  if (cookie.host_only ? !http::equal_without_case(cookie.domain, url.host) : !is_domain_of(cookie.domain, url.host))
    return false;
  const auto path = path_of(url);
  if (!path.starts_with(cookie.path)) return false;
  return path.size() == cookie.path.size() || cookie.path.ends_with('/') || path[cookie.path.size()] == '/';
}

void Cookies::keep_one(Cookie cookie, base::Instant now) {
  std::erase_if(cookies_, [&](const Cookie& old) {
    return old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path;
  });
  const bool ended = cookie.expires.ns != 0 && cookie.expires <= now;
  if (ended) return;
  if (cookies_.size() >= kCookiesMax) cookies_.erase(cookies_.begin());
  cookies_.push_back(std::move(cookie));
}

void Cookies::keep(const http::Url& url, const http::Headers& headers, base::Instant now) {
  const std::lock_guard lock(cookies_mutex_);
  for (const auto& [header, line] : headers.lines()) {
    if (!http::equal_without_case(header, "set-cookie")) continue;
    std::string_view rest = line;
    auto pair = take_until(rest, ';');
    if (pair.find('=') == std::string_view::npos) continue;
    Cookie cookie{.name = std::string(take_until(pair, '=')), .value = std::string(trimmed(pair)), .domain = url.host};
    cookie.path = directory_of(url);
    bool has_age = false;
    bool foreign = cookie.name.empty();
    while (!rest.empty()) {
      auto value = take_until(rest, ';');
      const auto name = take_until(value, '=');
      value = trimmed(value);
      if (http::equal_without_case(name, "domain") && !value.empty()) {
        if (value.starts_with('.')) value.remove_prefix(1);
        foreign = foreign || !is_domain_of(value, url.host);
        cookie.domain = value;
        cookie.host_only = false;
      } else if (http::equal_without_case(name, "path") && value.starts_with('/')) {
        cookie.path = value;
      } else if (http::equal_without_case(name, "secure")) {
        cookie.secure = true;
      } else if (http::equal_without_case(name, "max-age")) {
        has_age = true;
        const auto seconds = std::strtoll(std::string(value).c_str(), nullptr, 10);
        constexpr long long kLongest = 100LL * 365 * 24 * 3600;
        cookie.expires = now + std::chrono::seconds{std::clamp(seconds, 0LL, kLongest)};
      } else if (http::equal_without_case(name, "expires") && !has_age) {
        if (const auto date = date_of(value)) cookie.expires = std::max(*date, base::Instant{1});
      }
    }
    if (!foreign) keep_one(std::move(cookie), now);
  }
}

std::string Cookies::find(const http::Url& url, base::Instant now) const {
  const std::lock_guard lock(cookies_mutex_);
  std::vector<const Cookie*> found;
  for (const auto& cookie : cookies_)
    if (belongs(cookie, url) && (cookie.expires.ns == 0 || cookie.expires > now)) found.push_back(&cookie);
  // The longest path first, the oldest cookie among equals: they stand in the order in which they came.
  std::ranges::sort(found, [](const Cookie* a, const Cookie* b) {
    return a->path.size() != b->path.size() ? a->path.size() > b->path.size() : a < b;
  });
  std::string value;
  for (const auto* cookie : found) value += (value.empty() ? "" : "; ") + cookie->name + "=" + cookie->value;
  return value;
}

}  // namespace flow::web
