#include "store/s3/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "store/checksum.h"
#include "store/s3/documents/text.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::minutes kSkewMax{15};

std::string collapsed(std::string_view value) {
  std::string text;
  for (const char c : trim(value))
    if (c != ' ' || !text.ends_with(' ')) text += c;
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto& [name, value] : http::parse_query(query))
    if (name != "X-Amz-Signature") parameters.emplace_back(http::percent_encode(name), http::percent_encode(value));
  std::ranges::sort(parameters);
  std::string text;
  for (const auto& [name, value] : parameters) text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

/// What a client claims, wherever it wrote it.
struct Claim {
  std::string access_key;
  Scope scope;
  std::string signed_headers;
  std::string signature;
  std::string timestamp;
  std::string payload;
  bool presigned = false;
};

S3Result<Claim> add_credential(Claim claim, std::string_view text, const std::string& code) {
  auto credential = parse_credential(text, code);
  if (!credential) return S3Failure(credential.error());
  claim.access_key = std::move(credential->access_key);
  claim.scope = std::move(credential->scope);
  return claim;
}

S3Result<Claim> parse_header(const http::Request& request, std::string_view authorization) {
  const std::string code = "AuthorizationHeaderMalformed";
  if (authorization.starts_with("AWS4-ECDSA"))
    return refuse(501, "NotImplemented", "Signature version 4A is not implemented.");
  if (authorization.starts_with("AWS "))
    return refuse(400, "InvalidRequest", "Signature version 2 is not supported. Please use AWS4-HMAC-SHA256.");
  if (!authorization.starts_with(kAlgorithm)) return refuse(400, code, "The authorization algorithm is not supported.");
  std::map<std::string, std::string> fields;
  for (const auto& item : split(authorization.substr(kAlgorithm.size()), ',')) {
    const auto text = trim(item);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) fields[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const char* needed : {"Credential", "SignedHeaders", "Signature"})
    if (!fields.contains(needed)) return refuse(400, code, fmt::format("The authorization header lacks {}.", needed));
  Claim claim{.signed_headers = fields["SignedHeaders"], .signature = fields["Signature"]};
  claim.payload = request.headers.get("x-amz-content-sha256");
  if (claim.payload.empty())
    return refuse(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  claim.timestamp = request.headers.get("x-amz-date");
  if (claim.timestamp.empty()) {
    const auto date = parse_http_time(request.headers.get("date"));
    if (!date) return refuse(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header.");
    claim.timestamp = basic_time(*date);
  }
  return add_credential(std::move(claim), fields["Credential"], code);
}

S3Result<Claim> parse_presigned(const http::Request& request, base::Instant wall_now) {
  const std::string code = "AuthorizationQueryParametersError";
  std::map<std::string, std::string> query;
  for (auto& [name, value] : http::parse_query(request.query())) query[to_lower(name)] = value;
  for (const char* needed :
       {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders"})
    if (!query.contains(needed)) return refuse(400, code, fmt::format("The query lacks {}.", needed));
  if (query["x-amz-algorithm"] != kAlgorithm) return refuse(400, code, "X-Amz-Algorithm must be AWS4-HMAC-SHA256.");
  int expires = 0;
  const auto& text = query["x-amz-expires"];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), expires);
  if (error != std::errc{} || end != text.data() + text.size() || expires < 1 || expires > 604800)
    return refuse(403, "AccessDenied", "X-Amz-Expires must be between 1 and 604800 seconds.");
  Claim claim{.signed_headers = query["x-amz-signedheaders"], .signature = query["x-amz-signature"], .presigned = true};
  claim.timestamp = query["x-amz-date"];
  claim.payload =
      query.contains("x-amz-content-sha256") ? query["x-amz-content-sha256"] : std::string(kUnsignedPayload);
  const auto signed_at = parse_basic_time(claim.timestamp);
  if (!signed_at) return refuse(400, code, "X-Amz-Date must be in the format YYYYMMDDTHHMMSSZ.");
  if (wall_now > *signed_at + std::chrono::seconds{expires}) {
    auto expired = refuse(403, "AccessDenied", "Request has expired");
    expired.error().details = {{"X-Amz-Expires", text},
                               {"Expires", iso_time(*signed_at + std::chrono::seconds{expires})},
                               {"ServerTime", iso_time(wall_now)}};
    return expired;
  }
  return add_credential(std::move(claim), query["x-amz-credential"], code);
}

S3Result<base::Instant> check_time(const Claim& claim, base::Instant wall_now) {
  const auto signed_at = parse_basic_time(claim.timestamp);
  if (!signed_at) return refuse(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header.");
  if (claim.timestamp.substr(0, 8) != claim.scope.date)
    return refuse(400, "AuthorizationHeaderMalformed", "The Credential is for another day than the request.");
  const auto skew = wall_now - *signed_at;
  const bool late = !claim.presigned && skew > kSkewMax;
  if (!late && skew >= -kSkewMax) return *signed_at;
  auto refused =
      refuse(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
  refused.error().details = {
      {"RequestTime", claim.timestamp}, {"ServerTime", iso_time(wall_now)}, {"MaxAllowedSkewMilliseconds", "900000"}};
  return refused;
}

/// Headers that change what the request does must be under the signature.
S3Result<bool> check_signed(const http::Request& request, const std::vector<std::string>& signed_headers) {
  for (const auto& [name, value] : request.headers.lines()) {
    const auto small = to_lower(name);
    const bool matters = small == "x-amz-acl" || small == "x-amz-copy-source" || small.starts_with("x-amz-meta-") ||
                         (small == "x-amz-security-token" && !value.empty());
    if (!matters || std::ranges::find(signed_headers, small) != signed_headers.end()) continue;
    auto refused = refuse(403, "AccessDenied", "There were headers present in the request which were not signed");
    refused.error().details = {{"HeadersNotSigned", small}};
    return refused;
  }
  return true;
}

bool is_known_payload(std::string_view payload) {
  for (const auto known : {kUnsignedPayload, kSignedChunks, kSignedChunksTrailer, kUnsignedChunksTrailer})
    if (payload == known) return true;
  return payload.size() == 64 && payload.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

S3Result<Credential> parse_credential(std::string_view text, const std::string& code) {
  // From the right: an access key may hold slashes.
  auto parts = split(text, '/');
  const auto n = parts.size();
  if (n < 5 || parts[n - 1] != "aws4_request") return refuse(400, code, "The Credential is malformed.");
  Credential credential{parts[0], {parts[n - 4], parts[n - 3], parts[n - 2]}};
  if (credential.scope.service != "s3") return refuse(400, code, "The Credential must be for the service s3.");
  for (std::size_t i = 1; i + 4 < n; ++i) credential.access_key += "/" + parts[i];
  return credential;
}

std::string basic_time(base::Instant instant) {
  std::string text;
  for (const char c : iso_time(instant).substr(0, 19))
    if (c != '-' && c != ':') text += c;
  return text + "Z";
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]) & 0xFF;
  return difference == 0;
}

std::string signing_key(std::string_view secret, const Scope& scope) {
  auto key = hmac_sha256("AWS4" + std::string(secret), scope.date);
  key = hmac_sha256(key, scope.region);
  key = hmac_sha256(key, scope.service);
  return hmac_sha256(key, "aws4_request");
}

std::string canonical_request(const http::Request& request, const std::vector<std::string>& signed_headers,
                              std::string_view signed_headers_text, std::string_view payload) {
  const auto path = http::percent_encode(http::percent_decode(request.path()), "/");
  std::string text =
      request.method + "\n" + (path.empty() ? "/" : path) + "\n" + canonical_query(request.query()) + "\n";
  for (const auto& name : signed_headers) {
    std::string values;
    bool first = true;
    for (const auto& [known, value] : request.headers.lines()) {
      if (!http::equal_without_case(known, name)) continue;
      if (!first) values += ',';
      values += collapsed(value);
      first = false;
    }
    text += name + ":" + values + "\n";
  }
  return text.append("\n").append(signed_headers_text).append("\n").append(payload);
}

std::string string_to_sign(std::string_view timestamp, const Scope& scope, std::string_view request) {
  return fmt::format("{}\n{}\n{}\n{}", kAlgorithm, timestamp, scope.text(), to_hex(sha256(request)));
}

S3Result<Authentication> authenticate(const http::Request& request, const AccessKeys& keys, base::Instant wall_now) {
  const auto authorization = request.headers.find("authorization");
  bool in_query = false;
  for (const auto& [name, value] : http::parse_query(request.query())) {
    in_query |= http::equal_without_case(name, "x-amz-signature");
    if (name == "AWSAccessKeyId")
      return refuse(400, "InvalidRequest", "Signature version 2 is not supported. Please use AWS4-HMAC-SHA256.");
  }
  if (authorization && in_query)
    return refuse(400, "InvalidArgument",
                  "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                  "Signature query string parameter or the Authorization header should be specified");
  if (!authorization && !in_query) {
    const auto payload = request.headers.get("x-amz-content-sha256");
    // Nobody signed chunks without a signature.
    const bool plain = payload.empty() || payload == kSignedChunks || payload == kSignedChunksTrailer;
    return Authentication{.payload = std::string(plain || !is_known_payload(payload) ? kUnsignedPayload : payload)};
  }

  auto claim = in_query ? parse_presigned(request, wall_now) : parse_header(request, *authorization);
  if (!claim) return S3Failure(claim.error());
  if (!is_known_payload(claim->payload)) {
    if (claim->payload.starts_with("STREAMING-AWS4-ECDSA"))
      return refuse(501, "NotImplemented", "Signature version 4A is not implemented.");
    return refuse(400, "InvalidArgument",
                  "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-... or a SHA-256 in hex");
  }
  if (const auto time = check_time(*claim, wall_now); !time) return S3Failure(time.error());

  const auto owner = keys.find(claim->access_key);
  if (!owner)
    return refuse(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
  const auto signed_headers = split(claim->signed_headers, ';');
  const auto canonical = canonical_request(request, signed_headers, claim->signed_headers, claim->payload);
  const auto key = signing_key(owner->secret, claim->scope);
  const auto expected = to_hex(hmac_sha256(key, string_to_sign(claim->timestamp, claim->scope, canonical)));
  if (!equal_in_constant_time(expected, claim->signature))
    return refuse(403, "SignatureDoesNotMatch",
                  "The request signature we calculated does not match the signature you provided. Check your key and "
                  "signing method.");
  if (const auto all = check_signed(request, signed_headers); !all) return S3Failure(all.error());
  return Authentication{claim->access_key, owner->user, claim->payload,   claim->timestamp,
                        claim->scope,      key,         claim->signature, claim->presigned};
}

void sign(http::Request& request, const AccessKey& key, const std::string& region, const std::string& host,
          std::string_view payload, base::Instant wall_now, const std::string& service) {
  const auto timestamp = basic_time(wall_now);
  request.headers.set("Host", host);
  request.headers.set("x-amz-date", timestamp);
  request.headers.set("x-amz-content-sha256", std::string(payload));
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers.lines()) {
    const auto small = to_lower(name);
    if (small == "host" || small == "content-type" || small == "content-md5" || small == "range" ||
        small.starts_with("x-amz-"))
      names.push_back(small);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  const auto list = fmt::format("{}", fmt::join(names, ";"));
  const Scope scope{timestamp.substr(0, 8), region, service};
  const auto canonical = canonical_request(request, names, list, payload);
  const auto signature =
      to_hex(hmac_sha256(signing_key(key.secret, scope), string_to_sign(timestamp, scope, canonical)));
  request.headers.set("Authorization", fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                                   key.id, scope.text(), list, signature));
}

std::string presign(const std::string& method, const std::string& target, const AccessKey& key,
                    const std::string& region, const std::string& host, std::chrono::seconds expires,
                    base::Instant wall_now) {
  const auto timestamp = basic_time(wall_now);
  const Scope scope{timestamp.substr(0, 8), region};
  http::Request request{.method = method, .target = target, .headers = {{"Host", host}}};
  request.target +=
      fmt::format("{}X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}&X-Amz-SignedHeaders=host",
                  target.find('?') == std::string::npos ? '?' : '&', kAlgorithm,
                  http::percent_encode(key.id + "/" + scope.text()), timestamp, expires.count());
  const auto canonical = canonical_request(request, {"host"}, "host", kUnsignedPayload);
  const auto signature =
      to_hex(hmac_sha256(signing_key(key.secret, scope), string_to_sign(timestamp, scope, canonical)));
  return request.target + "&X-Amz-Signature=" + signature;
}

}  // namespace store::s3
