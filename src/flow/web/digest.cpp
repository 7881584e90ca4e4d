#include "flow/web/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "flow/content/digest.h"
#include "flow/content/text_ends.h"
#include "flow/web/text.h"
#include "store/checksum.h"

namespace flow::web {
namespace {

using Parameters = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kBlanks = " \t,";

/// A quoted text, or what stands up to a comma; removed from `rest`.
std::string take_value(std::string_view& rest) {
  std::string value;
  if (!rest.starts_with('"')) {
    value = rest.substr(0, rest.find_first_of(kBlanks));
    rest.remove_prefix(value.size());
    return value;
  }
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    value += rest[at];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return value;
}

/// name=value pairs, up to the next scheme of the line.
Parameters take_parameters(std::string_view& rest) {
  Parameters parameters;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
    const auto end = rest.find_first_of("= ,");
    if (end == std::string_view::npos || rest[end] != '=') return parameters;
    auto name = lower_case(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    parameters.insert_or_assign(std::move(name), take_value(rest));
  }
}

std::optional<DigestChallenge> challenge_of(const Parameters& parameters) {
  const auto get = [&](std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
  };
  DigestChallenge challenge{
      .realm = get("realm"), .nonce = get("nonce"), .opaque = get("opaque"), .algorithm = get("algorithm")};
  challenge.has_algorithm = !challenge.algorithm.empty();
  if (!challenge.has_algorithm) challenge.algorithm = "MD5";
  const auto known = {"md5", "md5-sess", "sha-256", "sha-256-sess"};
  if (std::ranges::find(known, lower_case(challenge.algorithm)) == known.end()) return std::nullopt;
  const auto protection = lower_case(get("qop"));
  for (std::string_view rest = protection; !rest.empty();) {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
    const auto one = rest.substr(0, rest.find_first_of(kBlanks));
    challenge.auth = challenge.auth || one == "auth";
    rest.remove_prefix(one.size());
  }
  if (!protection.empty() && !challenge.auth) return std::nullopt;
  challenge.stale = lower_case(get("stale")) == "true";
  return challenge;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string basic(const Credentials& credentials) {
  return "Basic " + store::to_base64(credentials.user + ":" + credentials.password);
}

std::optional<DigestChallenge> find_digest_challenge(const http::Headers& headers) {
  for (const auto& [name, value] : headers.lines()) {
    if (!http::equal_without_case(name, "www-authenticate")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto scheme = rest.substr(0, rest.find_first_of(kBlanks));
      rest.remove_prefix(scheme.size());
      const auto parameters = take_parameters(rest);
      if (!http::equal_without_case(scheme, "digest")) continue;
      if (auto challenge = challenge_of(parameters)) return challenge;
    }
  }
  return std::nullopt;
}

base::Result<std::string> answer_digest(const DigestChallenge& challenge, const Credentials& credentials,
                                        const DigestRequest& request) {
  const auto algorithm = lower_case(challenge.algorithm);
  const auto hash = [&](const std::string& text) {
    TextSource source(text);
    return hex_digest(algorithm.starts_with("md5") ? "MD5" : "SHA-256", source);
  };
  const auto count = fmt::format("{:08x}", request.count);
  TRY(auto secret, hash(fmt::format("{}:{}:{}", credentials.user, challenge.realm, credentials.password)));
  if (algorithm.ends_with("-sess")) {
    TRY(secret, hash(fmt::format("{}:{}:{}", secret, challenge.nonce, request.client_nonce)));
  }
  TRY(const auto what, hash(request.method + ":" + request.target));
  TRY(const auto response, hash(challenge.auth ? fmt::format("{}:{}:{}:{}:auth:{}", secret, challenge.nonce, count,
                                                             request.client_nonce, what)
                                               : fmt::format("{}:{}:{}", secret, challenge.nonce, what)));
  auto answer = fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response={}", quoted(credentials.user),
                            quoted(challenge.realm), quoted(challenge.nonce), quoted(request.target), quoted(response));
  if (challenge.has_algorithm) answer += ", algorithm=" + challenge.algorithm;
  if (challenge.auth) answer += fmt::format(", qop=auth, nc={}", count);
  if (challenge.auth || algorithm.ends_with("-sess")) answer += ", cnonce=" + quoted(request.client_nonce);
  if (!challenge.opaque.empty()) answer += ", opaque=" + quoted(challenge.opaque);
  return answer;
}

}  // namespace flow::web
