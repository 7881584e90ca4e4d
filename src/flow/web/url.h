#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/url.h"

namespace flow::web {

/// A URL as users write them: with capitals in its scheme, a fragment, blanks or characters that must be escaped.
/// Errors: InvalidValue for what is no URL of http or https.
base::Result<http::Url> parse_url(std::string_view text);
/// Where a Location leads that came from `base`, be it whole or relative.
base::Result<http::Url> resolve(const http::Url& base, std::string_view location);

/// "host", or "host:port" where the port is not the scheme's own.
std::string authority_of(const http::Url& url);
std::string text_of(const http::Url& url);
bool same_server(const http::Url& a, const http::Url& b);

}  // namespace flow::web
