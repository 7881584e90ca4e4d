#include "flow/web/request_attributes.h"

#include <algorithm>

#include "flow/web/received.h"
#include "flow/web/text.h"

namespace flow::web {
namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

base::Result<std::string> decoded(std::string_view text, const CharacterSet& set) {
  return set.decode(http::percent_decode(text, http::PlusMeans::Space));
}

/// name=value pairs as they are, not decoded.
Attributes pairs_of(std::string_view query) {
  Attributes pairs;
  while (!query.empty()) {
    const auto item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    if (item.empty()) continue;
    const auto equals = std::min(item.find('='), item.size());
    pairs.emplace_back(item.substr(0, equals), item.substr(std::min(equals + 1, item.size())));
  }
  return pairs;
}

void add_cookies(const http::Headers& headers, Attributes& attributes) {
  for (std::string_view rest = headers.get("cookie"); !rest.empty();) {
    auto pair = take_until(rest, ';');
    const auto name = take_until(pair, '=');
    if (name.empty()) continue;
    const auto prefix = "http.cookie." + std::string(name) + ".";
    attributes.emplace_back(prefix + "value", pair);
    // A request says no more of a cookie; these are what servlets answer.
    attributes.emplace_back(prefix + "max.age", "-1");
    attributes.emplace_back(prefix + "secure", "false");
  }
}

/// "en-US,en;q=0.5" as Java writes a locale.
std::string locale_of(const http::Headers& headers) {
  std::string_view languages = headers.get("accept-language");
  auto first = take_until(languages, ',');
  std::string locale(take_until(first, ';'));
  std::ranges::replace(locale, '-', '_');
  return locale.empty() || locale == "*" ? "en_US" : locale;
}

std::string name_without_port(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(0, host.find(']') + 1));
  return std::string(host.substr(0, host.find(':')));
}

}  // namespace

base::Result<Attributes> attributes_of(const http::Exchange& exchange, const RequestFacts& facts) {
  const auto& request = exchange.request();
  const auto& headers = request.headers;
  const auto type = headers.get("content-type");
  const auto charset = parameter_of(type, "charset").value_or("");
  auto set = facts.character_set;
  if (!charset.empty()) {
    TRY(set, CharacterSet::find(charset));
  }
  Attributes attributes;
  const auto put = [&](std::string name, std::string_view value) {
    if (!value.empty()) attributes.emplace_back(std::move(name), value);
  };
  const std::string scheme = exchange.is_encrypted() ? "https" : "http";
  const auto host = headers.get("host");
  put("mime.type", type);
  put("http.servlet.path", request.path());
  attributes.emplace_back("http.context.path", "");
  put("http.method", request.method);
  put("http.local.name", name_without_port(host));
  put("http.remote.host", exchange.remote_address());
  put("http.remote.addr", exchange.remote_address());
  put("http.protocol", "HTTP/1.1");
  put("http.request.uri", request.path());
  put("http.request.url", scheme + "://" + std::string(host) + std::string(request.path()));
  put("http.dispatcher.type", "REQUEST");
  put("http.character.encoding", charset);
  put("http.locale", locale_of(headers));
  put("http.server.name", name_without_port(host));
  put("http.server.port", std::to_string(facts.port));
  TRY(const auto query, decoded(request.query(), set));
  put("http.query.string", query);
  auto parameters = pairs_of(request.query());
  for (const auto& [name, value] : parameters) {
    TRY(const auto plain_name, decoded(name, set));
    TRY(const auto plain_value, decoded(value, set));
    attributes.emplace_back("http.query.param." + plain_name, plain_value);
  }
  for (auto& pair : pairs_of(facts.form)) parameters.push_back(std::move(pair));
  std::set<std::string> seen;
  for (const auto& [name, value] : parameters) {
    TRY(const auto plain_name, decoded(name, set));
    // The first value counts.
    if (!facts.form_parameters.contains(plain_name) || !seen.insert(plain_name).second) continue;
    TRY(const auto plain_value, decoded(value, set));
    attributes.emplace_back("http.param." + plain_name, plain_value);
  }
  add_cookies(headers, attributes);
  // The first line of a name counts.
  const auto& lines = headers.lines();
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) put("http.headers." + line->first, line->second);
  if (const auto peer = exchange.peer()) {
    put("http.subject.dn", peer->subject);
    put("http.issuer.dn", peer->issuer);
    put("http.auth.type", "CLIENT_CERT");
    put("http.principal.name", peer->subject);
  }
  return attributes;
}

}  // namespace flow::web
