#include "flow/services/oauth2_access_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <mutex>

#include "flow/engine/processor.h"
#include "flow/web/caller.h"
#include "flow/web/request_body.h"
#include "flow/web/settings.h"

namespace flow {
namespace {

constexpr std::size_t kAnswerBytes = 1 << 20;

constexpr Allowed kStrategies[] = {{"BASIC_AUTHENTICATION"}, {"REQUEST_BODY"}};
constexpr std::string_view kFormPrefix = "FORM.";
constexpr Allowed kGrants[] = {
    {"password", "User Password"}, {"client_credentials", "Client Credentials"}, {"refresh_token", "Refresh Token"}};
constexpr Allowed kProtocols[] = {{"HTTP_1_1", "http/1.1"}, {"H2_HTTP_1_1", "h2 http/1.1"}, {"H2", "h2", false}};
constexpr Property kProperties[] = {
    {.name = "Authorization Server URL",
     .old_name = "authorization-server-url",
     .help = "That issues tokens",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Client Authentication Strategy",
     .old_name = "client-authentication-strategy",
     .fallback = "REQUEST_BODY",
     .required = true,
     .allowed = kStrategies},
    {.name = "Grant Type", .old_name = "grant-type", .fallback = "password", .required = true, .allowed = kGrants},
    {.name = "Username", .old_name = "service-user-name", .scope = Scope::Environment},
    {.name = "Password", .old_name = "service-password", .sensitive = true},
    {.name = "Refresh Token", .old_name = "refresh-token", .scope = Scope::Environment, .sensitive = true},
    {.name = "Client ID", .old_name = "client-id", .scope = Scope::Environment},
    {.name = "Client Secret", .old_name = "client-secret", .sensitive = true},
    {.name = "Scope", .old_name = "scope"},
    {.name = "Resource", .old_name = "resource"},
    {.name = "Audience", .old_name = "audience"},
    {.name = "Refresh Window",
     .old_name = "refresh-window",
     .help = "How long before its end a token is replaced",
     .fallback = "0 s",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Default Expiration Time",
     .help = "How long a token lasts whose answer does not say it",
     .fallback = "1 hour",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "SSL Context Service", .old_name = "ssl-context-service", .service = SslContext::kApi},
    {.name = "HTTP Protocols",
     .help = "HTTP/1.1 is spoken",
     .fallback = "H2_HTTP_1_1",
     .required = true,
     .allowed = kProtocols},
    {.name = "Proxy Configuration Service",
     .old_name = "proxy-configuration-service",
     .help = "Of type DIRECT or HTTP",
     .service = ProxyConfiguration::kApi},
};

using Form = std::vector<std::pair<std::string, std::string>>;

std::string encoded(const Form& form) {
  std::string text;
  for (const auto& [name, value] : form)
    text += (text.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
  return text;
}

struct Token {
  std::string access;
  std::string refresh;  // empty: none
  base::Instant ends;
};

base::Result<Token> token_of(std::string_view text, base::Instant now, std::chrono::nanoseconds lasts) {
  boost::system::error_code error;
  const auto json = boost::json::parse(text, error);
  const auto* object = error ? nullptr : json.if_object();
  const auto string_of = [&](const char* name) {
    const auto* value = object == nullptr ? nullptr : object->if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  Token token{.access = string_of("access_token"), .refresh = string_of("refresh_token"), .ends = now + lasts};
  if (token.access.empty())
    return base::fail(base::ErrorKind::Unavailable, "the answer of the authorization server holds no access_token");
  const auto* seconds = object->if_contains("expires_in");
  if (seconds != nullptr && seconds->is_string())
    token.ends = now + std::chrono::seconds{std::atoll(seconds->get_string().c_str())};
  else if (seconds != nullptr && seconds->is_number())
    token.ends = now + std::chrono::seconds{seconds->to_number<std::int64_t>(error)};
  return token;
}

class Oauth2AccessTokenService final : public ControllerService, public Oauth2AccessTokenProvider {
 public:
  base::Status enable(const Configuration& configuration, const Services& services) override {
    const auto text = [&](std::string_view name) { return configuration.text_or(name, ""); };
    url_ = text("Authorization Server URL");
    grant_ = text("Grant Type");
    client_ = {text("Client ID"), text("Client Secret")};
    TRY_VOID(check(configuration));
    is_basic_ = text("Client Authentication Strategy") == "BASIC_AUTHENTICATION";
    if (grant_ == "password") own_ = {{"username", text("Username")}, {"password", text("Password")}};
    for (const auto& [field, name] : {std::pair{"scope", "Scope"}, {"resource", "Resource"}, {"audience", "Audience"}})
      if (auto value = text(name); !value.empty()) more_.emplace_back(field, std::move(value));
    for (const auto& dynamic : configuration.dynamic()) {
      if (!dynamic.name.starts_with(kFormPrefix) || dynamic.name.size() == kFormPrefix.size()) continue;
      TRY(auto value, dynamic.value.evaluate({.find = [](std::string_view) { return std::nullopt; }}));
      more_.emplace_back(dynamic.name.substr(kFormPrefix.size()), std::move(value));
    }
    lasts_ = configuration.duration("Default Expiration Time").value_or(std::chrono::hours{1});
    window_ = configuration.duration("Refresh Window").value_or(std::chrono::nanoseconds{0});
    if (auto refresh = text("Refresh Token"); !refresh.empty()) token_ = Token{"", std::move(refresh), {}};
    web::Caller::Options options;
    TRY(options.tls, web::client_tls(configuration.service<SslContext>("SSL Context Service").get()));
    TRY(options.proxy, web::proxy_of(configuration.service<ProxyConfiguration>("Proxy Configuration Service").get()));
    clock_ = &services.wall_clock;
    caller_ = std::make_unique<web::Caller>(std::move(options), services.wall_clock);
    return {};
  }

  base::Result<std::string> access_token() override {
    const std::lock_guard lock(token_mutex_);  // who comes meanwhile needs the same token
    if (token_ && !token_->access.empty() && clock_->now() + window_ < token_->ends) return token_->access;
    return renew();
  }

  void forget_token() override {
    const std::lock_guard lock(token_mutex_);
    if (token_) token_->access.clear();
  }

 private:
  base::Status check(const Configuration& configuration) const {
    const auto needs = [&](std::string_view name) -> base::Status {
      if (!configuration.text_or(name, "").empty()) return {};
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: the grant type {} needs a {}", configuration.error_prefix(), grant_, name));
    };
    if (grant_ == "password") {
      TRY_VOID(needs("Username"));
      TRY_VOID(needs("Password"));
    }
    if (grant_ == "refresh_token") TRY_VOID(needs("Refresh Token"));
    if (grant_ == "client_credentials") TRY_VOID(needs("Client ID"));
    return client_.user.empty() ? base::Status{} : needs("Client Secret");
  }

  base::Result<std::string> renew() {
    if (token_ && !token_->refresh.empty()) {
      auto renewed = request({{"grant_type", "refresh_token"}, {"refresh_token", token_->refresh}});
      if (renewed) {
        if (renewed->refresh.empty()) renewed->refresh = token_->refresh;
        token_ = std::move(*renewed);
        return token_->access;
      }
      if (grant_ == "refresh_token") return base::fail(renewed.error());
    }
    Form form{{"grant_type", grant_}};
    form.insert(form.end(), own_.begin(), own_.end());
    TRY(auto token, request(std::move(form)));
    token_ = std::move(token);
    return token_->access;
  }

  base::Result<Token> request(Form form) {
    http::Headers headers{{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
    if (is_basic_ && !client_.user.empty()) headers.add("Authorization", web::basic(client_));
    if (!is_basic_ && !client_.user.empty()) {
      form.emplace_back("client_id", client_.user);
      form.emplace_back("client_secret", client_.password);
    }
    form.insert(form.end(), more_.begin(), more_.end());
    web::RequestBody body;
    body.add(encoded(form));
    auto source = body.source();
    int status = 0;
    std::string text;
    const auto on_head = [&](const web::Answer& answer) -> base::Status {
      status = answer.status;
      return {};
    };
    const auto on_bytes = [&](std::string_view bytes) -> base::Status {
      text += bytes.substr(0, kAnswerBytes - std::min(kAnswerBytes, text.size()));
      return {};
    };
    http::Trouble trouble{};
    TRY_VOID(caller_->call({.method = "POST", .url = url_, .headers = std::move(headers), .body = &source}, on_head,
                           on_bytes, {}, trouble));
    if (status / 100 != 2)
      return base::fail(base::ErrorKind::Unavailable,
                        fmt::format("the authorization server gives no token: HTTP {} from {}", status, url_));
    return token_of(text, clock_->now(), lasts_);
  }

  std::string url_, grant_;
  web::Credentials client_;
  bool is_basic_ = false;
  Form own_, more_;
  std::chrono::nanoseconds window_{0}, lasts_{0};
  const base::WallClock* clock_ = nullptr;
  std::unique_ptr<web::Caller> caller_;
  std::mutex token_mutex_;
  std::optional<Token> token_;
};

constexpr std::string_view kApis[] = {Oauth2AccessTokenProvider::kApi};

}  // namespace

const Description kOauth2AccessTokenService{
    .type = "org.apache.nifi.oauth2.StandardOauth2AccessTokenProvider",
    .bundle = "org.apache.nifi:nifi-oauth2-provider-nar",
    .help =
        "Tokens of an authorization server, for requests over HTTP. A dynamic property FORM.<name> is a field of the "
        "request.",
    .properties = kProperties,
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new Oauth2AccessTokenService); },
};

}  // namespace flow
