#include <gtest/gtest.h>

#include <array>

#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"
#include "flow/web/test_server.h"

namespace flow {
namespace {

using web::TestServer;
using Seen = TestServer::Seen;

/// Gives tokens "1", "2", ...; the first path is that of tokens, all else wants one.
class TokenServer {
 public:
  explicit TokenServer(std::string more = ", \"expires_in\": 3600")
      : more_(std::move(more)), server_([this](const Seen& request) { return answer(request); }) {}
  const TestServer& server() const { return server_; }
  std::vector<std::string> token_requests() const {
    std::vector<std::string> bodies;
    for (const auto& seen : server_.seen())
      if (seen.target == "/token") bodies.push_back(seen.body);
    return bodies;
  }
  std::vector<std::string> shown() const {
    std::vector<std::string> tokens;
    for (const auto& seen : server_.seen())
      if (seen.target != "/token") tokens.emplace_back(seen.headers.get("authorization"));
    return tokens;
  }

 private:
  http::Response answer(const Seen& request) {
    if (request.target == "/refuse") return {.status = 401, .body = "no"};
    if (request.target != "/token") return {.body = "data"};
    if (request.body.find("broken") != std::string::npos) return {.status = 400, .body = "{}"};
    return {.body = "{\"access_token\": \"" + std::to_string(++given_) + "\"" + more_ + "}"};
  }
  const std::string more_;
  int given_ = 0;
  TestServer server_;
};

ProcessorRun::Options with(const TokenServer& server, PropertyValues properties, std::vector<Given> given) {
  properties.insert({"Authorization Server URL", server.server().url("/token")});
  return {.given = std::move(given),
          .services = {service("t", "org.apache.nifi.oauth2.StandardOauth2AccessTokenProvider", properties)}};
}

PropertyValues invoke(const TokenServer& server, const std::string& target = "/") {
  return {{"HTTP URL", server.server().url(target)}, {"oauth2-access-token-provider", "t"}};
}

TEST(Oauth2Test, GrantsAndWaysToAuthenticate) {
  struct Case {
    PropertyValues properties;
    std::string body, authorization;
  };
  for (const auto& c : std::to_array<Case>({
           {{{"service-user-name", "u"}, {"service-password", "p w"}},
            "grant_type=password&username=u&password=p%20w",
            ""},
           {{{"grant-type", "client_credentials"}, {"client-id", "c"}, {"client-secret", "s&"}, {"scope", "a b"}},
            "grant_type=client_credentials&client_id=c&client_secret=s%26&scope=a%20b",
            ""},
           {{{"Grant Type", "client_credentials"},
             {"Client ID", "c"},
             {"Client Secret", "s"},
             {"Resource", "r"},
             {"Audience", "x"},
             {"FORM.tenant", "t ${literal('1')}"},
             {"client-authentication-strategy", "BASIC_AUTHENTICATION"}},
            "grant_type=client_credentials&resource=r&audience=x&tenant=t%201",
            "Basic Yzpz"},
           {{{"grant-type", "refresh_token"}, {"refresh-token", "r"}}, "grant_type=refresh_token&refresh_token=r", ""},
       })) {
    TokenServer server;
    ProcessorRun run("InvokeHTTP", invoke(server), with(server, c.properties, {{"x"}, {"y"}}));
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.contents("Response"), (Texts{"data", "data"}));
    EXPECT_EQ(server.token_requests(), Texts{c.body});
    EXPECT_EQ(server.server().seen()[0].headers.get("authorization"), c.authorization);
    EXPECT_EQ(server.shown(), (Texts{"Bearer 1", "Bearer 1"}));
  }
}

TEST(Oauth2Test, TokensAreRenewed) {
  const PropertyValues user{{"Username", "u"}, {"Password", "p"}, {"Refresh Window", "10 s"}};
  for (const std::string refresh : {"", ", \"refresh_token\": \"r\""}) {
    TokenServer server(", \"expires_in\": 60" + refresh);
    ProcessorRun run(
        "InvokeHTTP", invoke(server),
        with(server, user, {{"1"}, {"2", {}, std::chrono::seconds{49}}, {"3", {}, std::chrono::seconds{51}}}));
    run.until_idle();
    run.advance(std::chrono::seconds{49});
    run.until_idle();
    run.advance(std::chrono::seconds{2});
    run.until_idle();
    EXPECT_EQ(server.shown(), (Texts{"Bearer 1", "Bearer 1", "Bearer 2"}));
    ASSERT_EQ(server.token_requests().size(), 2u);
    EXPECT_EQ(server.token_requests()[1], refresh.empty() ? "grant_type=password&username=u&password=p"
                                                          : "grant_type=refresh_token&refresh_token=r");
  }
}

/// Where the server does not say how long a token is good.
TEST(Oauth2Test, TokensMayHaveNoEnd) {
  struct Case {
    std::string answer;
    PropertyValues properties;
    Texts shown;
  };
  for (const auto& c : std::to_array<Case>({
           {"", {}, {"1", "1", "1"}},  // an hour
           {"", {{"Default Expiration Time", "60 s"}}, {"1", "1", "2"}},
           {R"(, "expires_in": 3600)", {{"Default Expiration Time", "60 s"}}, {"1", "1", "1"}},
       })) {
    TokenServer server(c.answer);
    auto properties = c.properties;
    properties.insert({{"Username", "u"}, {"Password", "p"}, {"Refresh Window", "0 s"}});
    ProcessorRun run(
        "InvokeHTTP", invoke(server),
        with(server, properties, {{"1"}, {"2", {}, std::chrono::seconds{59}}, {"3", {}, std::chrono::seconds{61}}}));
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    for (const int seconds : {59, 2}) {
      run.advance(std::chrono::seconds{seconds});
      run.until_idle();
    }
    Texts expected;
    for (const auto& token : c.shown) expected.push_back("Bearer " + token);
    EXPECT_EQ(server.shown(), expected) << c.answer;
  }
}

TEST(Oauth2Test, ARefusedTokenIsRenewedWhereThatIsWanted) {
  for (const std::string strategy : {"ON_TOKEN_EXPIRATION", "ON_UNAUTHORIZED_RESPONSE"}) {
    TokenServer server;
    auto properties = invoke(server, "/refuse");
    properties["OAuth2 Access Token Refresh Strategy"] = strategy;
    ProcessorRun run("InvokeHTTP", properties, with(server, {{"Username", "u"}, {"Password", "p"}}, {{"1"}, {"2"}}));
    run.until_idle();
    EXPECT_EQ(run.out("No Retry").size(), 2u);
    EXPECT_EQ(server.shown().back(), strategy == "ON_TOKEN_EXPIRATION" ? "Bearer 1" : "Bearer 2");
  }
}

TEST(Oauth2Test, WithoutATokenThereIsNoRequest) {
  TokenServer server;
  ProcessorRun run("InvokeHTTP", invoke(server), with(server, {{"Username", "broken"}, {"Password", "p"}}, {{"1"}}));
  run.until_idle();
  EXPECT_NE(run.only("Failure").at("invokehttp.java.exception.message").find("HTTP 400"), std::string::npos);
  EXPECT_EQ(server.shown(), Texts{});
  TokenServer odd("");
  for (const auto& properties : {PropertyValues{{"Username", "u"}},
                                 {{"Grant Type", "client_credentials"}},
                                 {{"Grant Type", "refresh_token"}},
                                 {{"Grant Type", "client_credentials"}, {"Client ID", "c"}}})
    EXPECT_EQ(ProcessorRun("InvokeHTTP", invoke(odd), with(odd, properties, {})).problems().size(), 1u);
}

TEST(Oauth2Test, WaysToTheAuthorizationServer) {
  TokenServer server;
  auto options = with(server,
                      {{"Username", "u"},
                       {"Password", "p"},
                       {"HTTP Protocols", "HTTP_1_1"},
                       {"SSL Context Service", "ssl"},
                       {"Proxy Configuration Service", "proxy"}},
                      {{"x"}});
  options.services.push_back(service("ssl", "StandardSSLContextService"));
  options.services.push_back(service("proxy", "StandardProxyConfigurationService"));
  ProcessorRun run("InvokeHTTP", invoke(server), std::move(options));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(server.shown(), (Texts{"Bearer 1"}));
}

}  // namespace
}  // namespace flow
