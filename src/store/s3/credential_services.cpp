#include "store/s3/credential_services.h"
#include "store/s3/iso_time.h"

#include <fmt/format.h>

#include <pugixml.hpp>

#include "store/checksum.h"
#include "store/s3/endpoint.h"
#include "store/s3/signature.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

constexpr int kMetadataTries = 2;
constexpr std::chrono::seconds kServiceTimeout{10};
constexpr std::uint64_t kAnswerBytesMax = 1 << 20;

struct Timeouts {
  std::chrono::milliseconds connect, read;
};

base::Result<http::Response> call(const CredentialSearch& search, const http::Url& url, http::Request request,
                                  Timeouts timeouts, std::optional<http::Proxy> proxy = {}) {
  http::Client::Options options{.host = url.host,
                                .port = url.port,
                                .connect_timeout = timeouts.connect,
                                .timeout = timeouts.read,
                                .body_bytes_max = kAnswerBytesMax,
                                .proxy = std::move(proxy)};
  if (url.scheme == "https") {
    options.tls = search.tls;
    if (options.tls == nullptr) {
      TRY(options.tls, http::ClientTls::make({.ca_bundle = search.environment.variable("AWS_CA_BUNDLE").value_or("")}));
    }
  }
  return http::Client(std::move(options)).send(request);
}

std::string form_of(const Role& role, const std::string& action) {
  auto form = fmt::format("Action={}&Version=2011-06-15&RoleArn={}&RoleSessionName={}", action,
                          http::percent_encode(role.arn), http::percent_encode(role.session_name));
  if (!role.external_id.empty()) form += "&ExternalId=" + http::percent_encode(role.external_id);
  if (!role.duration_seconds.empty()) form += "&DurationSeconds=" + http::percent_encode(role.duration_seconds);
  return form;
}

base::Result<Credentials> parse_token_answer(const http::Response& response, const std::string& action) {
  pugi::xml_document document;
  const bool readable = static_cast<bool>(document.load_buffer(response.body.data(), response.body.size()));
  if (response.status != 200) {
    const auto error = document.child("ErrorResponse").child("Error");
    return base::fail(response.status / 100 == 4 ? base::ErrorKind::Denied : base::ErrorKind::Unavailable,
                      fmt::format("the token service refused {}: {} {}: {}", action, response.status,
                                  error.child_value("Code"), error.child_value("Message")));
  }
  const auto node =
      document.child((action + "Response").c_str()).child((action + "Result").c_str()).child("Credentials");
  Credentials found{.key = {node.child_value("AccessKeyId"), node.child_value("SecretAccessKey")},
                    .session_token = node.child_value("SessionToken"),
                    .expires = parse_iso_time(node.child_value("Expiration"))};
  if (!readable || found.is_anonymous() || found.key.secret.empty() || !found.expires)
    return base::fail(base::ErrorKind::InvalidValue, "the token service's answer cannot be read: " + action);
  return found;
}

base::Result<Credentials> ask_token_service(const CredentialSearch& search, const Profiles& profiles, std::string form,
                                            const std::string& action, const Credentials* signer) {
  TRY(const auto url, http::parse_url(service_url("sts", search.region, search.environment, profiles)));
  http::Request request{.method = "POST", .target = url.target, .body = std::move(form)};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  const bool usual = url.port == (url.scheme == "https" ? 443 : 80);
  const auto host = usual ? url.host : fmt::format("{}:{}", url.host, url.port);
  request.headers.add("Host", host);
  if (signer != nullptr) {
    if (!signer->session_token.empty()) request.headers.add("x-amz-security-token", signer->session_token);
    sign(request, signer->key, search.region, host, to_hex(sha256(request.body)), search.wall_clock.now(), "sts");
  }
  TRY(const auto response, call(search, url, std::move(request), {kServiceTimeout, kServiceTimeout},
                                proxy_for(url.scheme, url.host, search.environment)));
  return parse_token_answer(response, action);
}

/// Secrets go to a plain http address only where it cannot leave the machine or its host.
bool may_be_asked(const http::Url& url) {
  if (url.scheme == "https") return true;
  for (const char* host : {"localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23", "::1"})
    if (url.host == host) return true;
  return url.host.starts_with("127.");
}

base::Result<std::string> container_url(const CredentialSearch& search) {
  if (const auto relative = search.environment.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
    return search.container_url + *relative;
  return search.environment.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").value_or("");
}

base::Result<std::string> container_token(const CredentialSearch& search) {
  const auto file = search.environment.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file) return search.environment.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  TRY(auto token, search.environment.read_file(*file));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  return token;
}

/// One question to the instance's metadata service. None when nobody answers, or not with 200.
std::optional<std::string> ask_instance(const CredentialSearch& search, const http::Url& url, http::Request request) {
  request.headers.add("Host", url.host);
  for (int i = 0; i < kMetadataTries; ++i) {
    const auto answer = call(search, url, request, {search.metadata_timeout, search.metadata_timeout});
    if (answer && answer->status == 200) return answer->body;
    if (answer && answer->status / 100 == 4) break;
  }
  return std::nullopt;
}

/// The instance's metadata service, whose token we have.
struct Instance {
  const CredentialSearch& search;
  http::Url url;
  http::Headers permitted;

  std::optional<std::string> get(std::string path) const {
    return ask_instance(search, url, {.method = "GET", .target = std::move(path), .headers = permitted});
  }
};

/// None when nobody answers.
base::Result<std::optional<Instance>> open_instance(const CredentialSearch& search) {
  const auto nothing = std::optional<Instance>();
  if (http::equal_without_case(search.environment.variable("AWS_EC2_METADATA_DISABLED").value_or(""), "true"))
    return nothing;
  const auto address = search.environment.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  TRY(auto url, http::parse_url(address.value_or("http://169.254.169.254")));
  const http::Headers wanted{{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
  const auto token = ask_instance(search, url, {.method = "PUT", .target = "/latest/api/token", .headers = wanted});
  if (!token) return nothing;
  return std::optional(Instance{search, std::move(url), {{"X-aws-ec2-metadata-token", *token}}});
}

}  // namespace

base::Result<Credentials> assume_role(const CredentialSearch& search, const Profiles& profiles, const Role& role,
                                      const Credentials& source) {
  return ask_token_service(search, profiles, form_of(role, "AssumeRole"), "AssumeRole", &source);
}

base::Result<Credentials> assume_role_with_token(const CredentialSearch& search, const Profiles& profiles,
                                                 const Role& role, const std::string& token_file) {
  TRY(auto token, search.environment.read_file(token_file));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const std::string action = "AssumeRoleWithWebIdentity";
  return ask_token_service(search, profiles, form_of(role, action) + "&WebIdentityToken=" + http::percent_encode(token),
                           action, nullptr);
}

base::Result<std::optional<Credentials>> from_container(const CredentialSearch& search) {
  TRY(const auto address, container_url(search));
  if (address.empty()) return std::optional<Credentials>();
  TRY(const auto url, http::parse_url(address));
  if (!may_be_asked(url))
    return base::fail(base::ErrorKind::Denied,
                      "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https or a local address: " + url.host);
  http::Request request{.method = "GET", .target = url.target};
  TRY(const auto token, container_token(search));
  if (!token.empty()) request.headers.add("Authorization", token);
  TRY(const auto answer, call(search, url, std::move(request), {kServiceTimeout, kServiceTimeout}));
  if (answer.status != 200)
    return base::fail(base::ErrorKind::Denied,
                      fmt::format("the container's endpoint gave no credentials: HTTP {}", answer.status));
  TRY(auto found, parse_credentials_json(answer.body));
  return std::optional(std::move(found));
}

base::Result<std::optional<Credentials>> from_instance(const CredentialSearch& search) {
  const auto nothing = std::optional<Credentials>();
  TRY(const auto instance, open_instance(search));
  if (!instance) return nothing;
  const std::string path = "/latest/meta-data/iam/security-credentials/";
  const auto role = instance->get(path);
  if (!role || role->empty()) return nothing;
  const auto text = instance->get(path + role->substr(0, role->find('\n')));
  if (!text) return base::fail(base::ErrorKind::Unavailable, "the instance's metadata service gave no credentials");
  TRY(auto found, parse_credentials_json(*text));
  return std::optional(std::move(found));
}

std::optional<std::string> region_of_instance(const CredentialSearch& search) {
  const auto instance = open_instance(search);
  if (!instance || !*instance) return std::nullopt;
  return (*instance)->get("/latest/meta-data/placement/region");
}

}  // namespace store::s3
