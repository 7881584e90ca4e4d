#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>

#include "flow/content/codec.h"
#include "flow/memory_test.h"
#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"
#include "flow/web/test_server.h"
#include "http/gzip.h"
#include "http/test_certificate.h"

namespace flow {
namespace {

using web::SilentServer;
using web::TestServer;
using Seen = TestServer::Seen;

http::Response ok(const Seen& request) {
  return {.headers = {{"X-One", "1"}, {"x-one", "2"}, {"Content-Type", "text/plain; charset=UTF-8"}},
          .body = "answer to " + request.body};
}

/// Properties with the URL of a server.
PropertyValues with(const TestServer& server, PropertyValues more, const std::string& target = "/") {
  more.try_emplace("HTTP URL", server.url(target));
  return more;
}

std::string first(const std::vector<std::string>& texts) { return texts.empty() ? "" : texts.front(); }

TEST(InvokeHttpTest, ARequestAndItsResponse) {
  TestServer server(ok);
  ProcessorRun run("InvokeHTTP", {{"Remote URL", server.url("/${p}?q=1")}, {"HTTP Method", "post"}},
                   {.given = {{"content", {{"p", "path"}, {"filename", "f"}, {"mime.type", "text/csv"}}}}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto request = server.only();
  EXPECT_EQ(request.method + " " + request.target, "POST /path?q=1");
  EXPECT_EQ(request.body, "content");
  EXPECT_EQ(request.headers.get("content-type"), "text/csv");
  EXPECT_EQ(request.headers.get("content-length"), "7");
  EXPECT_EQ(request.headers.get("host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(request.headers.get("user-agent"), "");
  EXPECT_EQ(request.headers.get("date"), "Fri, 15 Jan 2027 08:00:00 GMT");
  const auto response = run.only("Response");
  EXPECT_EQ(response.content, "answer to content");
  EXPECT_EQ(response.at("X-One"), "1, 2");
  EXPECT_EQ(response.at("mime.type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(response.at("filename"), "f");
  EXPECT_EQ(response.at("p"), "path");
  const auto original = run.only("Original");
  EXPECT_EQ(original.content, "content");
  EXPECT_EQ(original.at("X-One"), "(none)");
  EXPECT_EQ(original.at("mime.type"), "text/csv");
  EXPECT_NE(original.at("uuid"), response.at("uuid"));
  for (const auto& each : {original, response}) {
    EXPECT_EQ(each.at("invokehttp.status.code"), "200");
    EXPECT_EQ(each.at("invokehttp.status.message"), "OK");
    EXPECT_EQ(each.at("invokehttp.request.url"), server.url("/path?q=1"));
    EXPECT_EQ(each.at("invokehttp.response.url"), server.url("/path?q=1"));
    EXPECT_EQ(each.at("invokehttp.tx.id").size(), 36u);
    EXPECT_NE(each.at("invokehttp.request.duration"), "(none)");
    EXPECT_EQ(each.at("invokehttp.remote.dn"), "(none)");
    EXPECT_FALSE(each.penalised);
  }
  EXPECT_EQ(original.at("invokehttp.tx.id"), response.at("invokehttp.tx.id"));
}

TEST(InvokeHttpTest, EachStatusHasItsRelationship) {
  struct Case {
    int status;
    std::string relationship;
    bool penalised;
    std::string penalize;  // "Request Failure Penalization Enabled"
  };
  for (const auto& c : std::to_array<Case>({{200, "Original", false, "true"},
                                            {204, "Original", false, "false"},
                                            {304, "No Retry", false, "false"},
                                            {404, "No Retry", false, "false"},
                                            {404, "No Retry", true, "true"},
                                            {500, "Retry", true, "false"},
                                            {503, "Retry", true, "false"}})) {
    for (const std::string generate : {"false", "true"}) {
      TestServer server([&](const Seen&) { return http::Response{.status = c.status, .body = "text"}; });
      ProcessorRun run("InvokeHTTP",
                       with(server, {{"Penalize on \"No Retry\"", c.penalize}, {"Always Output Response", generate}}),
                       {.given = {{"x"}}});
      run.until_idle();
      const auto request = run.only(c.relationship);
      EXPECT_EQ(request.penalised, c.penalised) << c.status;
      EXPECT_EQ(request.at("invokehttp.status.code"), std::to_string(c.status));
      const bool failed = c.status >= 300;
      const std::string text = c.status == 304 || c.status == 204 ? "" : "text";
      EXPECT_EQ(request.at("invokehttp.response.body"), failed ? text : "(none)") << c.status;
      EXPECT_EQ(run.contents("Response"), generate == "true" || !failed ? Texts{text} : Texts{}) << c.status;
      EXPECT_EQ(run.out("Failure").size(), 0u);
    }
  }
}

TEST(InvokeHttpTest, TheBodyOfTheResponseInAnAttribute) {
  TestServer server([](const Seen& request) {
    return http::Response{.status = request.target == "/bad" ? 400 : 200,
                          .headers = {{"Content-Type", "text/plain;charset=\"ISO-8859-1\""}},
                          .body = "\xE4-" + std::string(300, 'x')};
  });
  for (const std::string target : {"/", "/bad"}) {
    ProcessorRun run("InvokeHTTP",
                     with(server,
                          {{"Put Response Body In Attribute", "${name}"},
                           {"Max Length To Put In Attribute", "3"},
                           {"Add Response Headers to Request", "true"},
                           {"Response Header Request Attributes Prefix", "h."}},
                          target),
                     {.given = {{"x", {{"name", "body"}}}}});
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    const auto request = run.only(target == "/" ? "Original" : "No Retry");
    EXPECT_EQ(request.at("body"), "\xC3\xA4-x");
    EXPECT_EQ(request.at("h.Content-Length"), "302");
    EXPECT_EQ(run.out("Response").size(), 0u);
  }
  // Without a request that comes, a flowfile is made for the attribute.
  ProcessorRun source("InvokeHTTP", with(server, {{"Response Body Attribute Name", "body"}}), {.input = false});
  source.until_idle();
  EXPECT_EQ(source.only("Original").at("body").size(), 257u);
}

TEST(InvokeHttpTest, AsASource) {
  TestServer server(ok);
  ProcessorRun run("InvokeHTTP", with(server, {{"Response FlowFile Naming Strategy", "URL_PATH"}}, "/a/data.csv?q"),
                   {.input = false});
  run.until_idle();
  EXPECT_EQ(run.only("Response").content, "answer to ");
  EXPECT_EQ(run.only("Response").at("filename"), "data.csv");
  EXPECT_EQ(run.out("Original").size(), 0u);
  ProcessorRun post("InvokeHTTP", with(server, {{"HTTP Method", "POST"}}), {.input = false});
  post.until_idle();
  EXPECT_EQ(server.seen().size(), 1u);  // there is nothing to post
  ProcessorRun waits("InvokeHTTP", with(server, {}));
  waits.until_idle();
  EXPECT_EQ(server.seen().size(), 1u);  // nor has anything come
}

TEST(InvokeHttpTest, HeadersFromPropertiesAndAttributes) {
  TestServer server(ok);
  ProcessorRun run("InvokeHTTP",
                   with(server, {{"X-Own", "${a}!"},
                                 {"Attributes to Send", "a.*|path|invokehttp.*"},
                                 {"Useragent", "agent ${a}"},
                                 {"Include Date Header", "False"},
                                 {"Basic Authentication Username", "user"},
                                 {"Basic Authentication Password", "secret"}}),
                   {.given = {{"x", {{"a", "A"}, {"ab", " AB "}, {"b", "B"}, {"invokehttp.tx.id", "1"}}}}});
  run.until_idle();
  const auto request = server.only();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.body, "");
  const std::pair<std::string, std::string> expected[] = {{"X-Own", "A!"},
                                                          {"a", "A"},
                                                          {"ab", "AB"},
                                                          {"user-agent", "agent A"},
                                                          {"authorization", "Basic dXNlcjpzZWNyZXQ="}};
  for (const auto& [name, value] : expected) EXPECT_EQ(request.headers.get(name), value) << name;
  for (const auto* name : {"b", "path", "invokehttp.tx.id", "date", "content-type", "content-length"})
    EXPECT_FALSE(request.headers.find(name)) << name;
}

TEST(InvokeHttpTest, WaysToSendTheBody) {
  struct Case {
    PropertyValues properties;
    std::string content;
    std::string length, encoding, transfer;
  };
  const std::string big(300'000, 'b');
  for (const auto& c : std::to_array<Case>({
           {{}, "abc", "3", "", ""},
           {{}, "", "0", "", ""},
           {{}, big, "300000", "", ""},
           {{{"Use Chunked Encoding", "true"}}, big, "", "", "chunked"},
           {{{"Use Chunked Encoding", "true"}}, "", "", "", "chunked"},
           {{{"Content-Encoding", "GZIP"}}, big, "", "gzip", "chunked"},
       })) {
    for (const std::string method : {"POST", "PUT", "PATCH"}) {
      TestServer server(ok);
      auto properties = with(server, c.properties);
      properties["HTTP Method"] = method;
      ProcessorRun run("InvokeHTTP", properties, {.given = {{c.content}}});
      run.until_idle();
      const auto request = server.only();
      EXPECT_EQ(request.headers.get("content-type"), "application/octet-stream");
      EXPECT_EQ(request.headers.get("content-length"), c.length);
      EXPECT_EQ(request.headers.get("content-encoding"), c.encoding);
      EXPECT_EQ(request.headers.get("transfer-encoding"), c.transfer);
      const auto body = c.encoding.empty() ? request.body : http::gunzip(request.body, 1 << 20).value_or("(broken)");
      EXPECT_TRUE(body == c.content) << body.size();
      EXPECT_EQ(run.out("Original").size(), 1u);
    }
  }
  TestServer server(ok);
  ProcessorRun empty("InvokeHTTP", with(server, {{"HTTP Method", "POST"}, {"send-message-body", "false"}}),
                     {.given = {{"x"}}});
  empty.until_idle();
  EXPECT_EQ(server.only().body, "");
  EXPECT_EQ(server.only().headers.get("content-length"), "0");
}

TEST(InvokeHttpTest, Forms) {
  const auto form_of = [](const Seen& request) {
    const auto type = std::string(request.headers.get("content-type"));
    const auto boundary = type.substr(type.find("boundary=") + 9);
    auto body = request.body;
    for (std::size_t at = 0; (at = body.find(boundary)) != std::string::npos;) body.replace(at, boundary.size(), "B");
    return body;
  };
  TestServer server(ok);
  const PropertyValues form{{"HTTP Method", "POST"}, {"post:form:field", "value ${a}"}};
  auto with_file = form;
  with_file["form-body-form-name"] = "upload";
  ProcessorRun run("InvokeHTTP", with(server, with_file),
                   {.given = {{"content", {{"a", "A"}, {"filename", "f.txt"}}}}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(form_of(server.only()),
            "--B\r\nContent-Disposition: form-data; name=\"field\"\r\n\r\nvalue A\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"f.txt\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\ncontent\r\n--B--\r\n");
  EXPECT_EQ(server.only().headers.get("content-length"), std::to_string(server.only().body.size()));
  with_file["set-form-filename"] = "false";
  ProcessorRun nameless("InvokeHTTP", with(server, with_file), {.given = {{"content"}}});
  nameless.until_idle();
  EXPECT_NE(form_of(server.seen()[1]).find("name=\"upload\"\r\n"), std::string::npos);
  auto without_file = form;
  without_file["send-message-body"] = "false";
  ProcessorRun fields("InvokeHTTP", with(server, without_file), {.given = {{"content"}}});
  fields.until_idle();
  EXPECT_EQ(form_of(server.seen()[2]),
            "--B\r\nContent-Disposition: form-data; name=\"field\"\r\n\r\nvalue \r\n--B--\r\n");
  EXPECT_EQ(ProcessorRun("InvokeHTTP", with(server, form)).problems().size(), 1u);
  EXPECT_EQ(ProcessorRun("InvokeHTTP", with(server, {{"form-body-form-name", "x"}, {"send-message-body", "false"}}))
                .problems()
                .size(),
            1u);
}

TEST(InvokeHttpTest, Redirects) {
  struct Case {
    int status;
    std::string method, then;
    std::string body;
  };
  for (const auto& c : std::to_array<Case>({{301, "GET", "GET", ""},
                                            {302, "POST", "GET", ""},
                                            {303, "PUT", "GET", ""},
                                            {307, "POST", "POST", "content"},
                                            {308, "PUT", "PUT", "content"},
                                            {302, "HEAD", "HEAD", ""}})) {
    TestServer other(ok);
    TestServer server([&](const Seen&) {
      return http::Response{.status = c.status, .headers = {{"Location", other.url("/new")}}, .body = "moved"};
    });
    ProcessorRun run("InvokeHTTP",
                     with(server, {{"HTTP Method", c.method},
                                   {"Basic Authentication Username", "u"},
                                   {"Basic Authentication Password", "p"}}),
                     {.given = {{"content"}}});
    run.until_idle();
    const auto request = other.only();
    EXPECT_EQ(request.method, c.then) << c.status;
    EXPECT_EQ(request.body, c.body) << c.status;
    EXPECT_FALSE(request.headers.find("authorization"));  // which was for the other server
    EXPECT_TRUE(server.only().headers.find("authorization"));
    EXPECT_EQ(run.only("Response").at("invokehttp.request.url"), server.url("/"));
    EXPECT_EQ(run.only("Response").at("invokehttp.response.url"), other.url("/new"));
  }
  TestServer server(
      [](const Seen&) { return http::Response{.status = 302, .headers = {{"Location", "/new"}}, .body = {}}; });
  ProcessorRun stays("InvokeHTTP", with(server, {{"Follow Redirects", "False"}}), {.given = {{"x"}}});
  stays.until_idle();
  EXPECT_EQ(stays.only("No Retry").at("invokehttp.status.code"), "302");
  ProcessorRun round("InvokeHTTP", with(server, {}), {.given = {{"x"}}});
  round.until_idle();
  EXPECT_EQ(round.only("Failure").at("invokehttp.java.exception.class"), "java.net.ProtocolException");
}

TEST(InvokeHttpTest, DigestAuthentication) {
  TestServer server([](const Seen& request) {
    const auto shown = request.headers.get("authorization");
    if (shown.find("nonce=\"new\"") != std::string_view::npos && shown.find("username=\"u\"") != std::string_view::npos)
      return http::Response{.body = "in"};
    return http::Response{.status = 401,
                          .headers = {{"WWW-Authenticate", "Digest realm=\"r\", qop=\"auth\", nonce=\"new\""}},
                          .body = "out"};
  });
  const PropertyValues properties{{"HTTP Method", "PUT"},
                                  {"Basic Authentication Username", "u"},
                                  {"Basic Authentication Password", "p"},
                                  {"Digest Authentication", "true"}};
  ProcessorRun run("InvokeHTTP", with(server, properties), {.given = {{"1"}, {"2"}}});
  run.until_idle();
  EXPECT_EQ(run.contents("Response"), (Texts{"in", "in"}));
  ASSERT_EQ(server.seen().size(), 3u);  // who was asked once knows the challenge
  EXPECT_FALSE(server.seen()[0].headers.find("authorization"));
  EXPECT_EQ(server.seen()[1].body, "1");
  EXPECT_NE(server.seen()[2].headers.get("authorization").find("nc=00000002"), std::string_view::npos);
  auto wrong = properties;
  wrong["Basic Authentication Username"] = "other";
  ProcessorRun refused("InvokeHTTP", with(server, wrong), {.given = {{"1"}}});
  refused.until_idle();
  EXPECT_EQ(refused.only("No Retry").at("invokehttp.status.code"), "401");
  EXPECT_EQ(server.seen().size(), 5u);
}

TEST(InvokeHttpTest, CookiesAndCache) {
  TestServer server([](const Seen& request) {
    return http::Response{.status = request.headers.find("if-none-match") ? 304 : 200,
                          .headers = {{"Set-Cookie", "id=7"}, {"ETag", "\"e\""}},
                          .body = "body"};
  });
  for (const std::string strategy : {"DISABLED", "ACCEPT_ALL"}) {
    const auto before = server.seen().size();
    ProcessorRun run("InvokeHTTP", with(server, {{"cookie-strategy", strategy}, {"use-etag", "true"}}),
                     {.given = {{"1"}, {"2"}}});
    run.until_idle();
    EXPECT_EQ(run.contents("Response"), (Texts{"body", "body"}));
    const auto second = server.seen().at(before + 1);
    EXPECT_EQ(second.headers.get("cookie"), strategy == "DISABLED" ? "" : "id=7");
    EXPECT_EQ(second.headers.get("if-none-match"), "\"e\"");
  }
}

TEST(InvokeHttpTest, WhatGoesWrongOnTheWay) {
  TestServer broken([](const Seen&) { return http::Response{.status = TestServer::kBreak, .body = "half"}; });
  SilentServer silent;
  TestServer good(ok);
  struct Case {
    std::string url, java_class;
    PropertyValues more = {};
  };
  for (const auto& c : std::to_array<Case>({
           {"http://127.0.0.1:1/", "java.net.ConnectException"},
           {"http://no.such.host.invalid/", "java.net.UnknownHostException"},
           {"ftp://host/", "java.lang.IllegalArgumentException"},
           {"${no.url}", "java.lang.IllegalArgumentException"},
           {good.url("/"), "java.lang.IllegalArgumentException", {{"X-Bad", "${literal('a\\nb')}"}}},
           {silent.url(), "java.net.SocketTimeoutException"},
           {broken.url("/"), "java.io.IOException"},
       })) {
    auto properties = c.more;
    properties["HTTP URL"] = c.url;
    properties["Socket Read Timeout"] = "50 ms";
    ProcessorRun run("InvokeHTTP", properties, {.given = {{"content"}}});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    const auto failed = run.only("Failure");
    EXPECT_EQ(failed.at("invokehttp.java.exception.class"), c.java_class) << c.url;
    EXPECT_NE(failed.at("invokehttp.java.exception.message"), "(none)");
    EXPECT_EQ(failed.content, "content");
    EXPECT_TRUE(failed.penalised);
    EXPECT_EQ(run.out("Response").size(), 0u);
    EXPECT_EQ(run.errors().size(), 1u);
  }
}

TEST(InvokeHttpTest, AStopEndsTheWait) {
  SilentServer silent;
  ProcessorRun run("InvokeHTTP", {{"HTTP URL", silent.url()}, {"Socket Read Timeout", "10 min"}}, {.given = {{"x"}}});
  run.engine().start_threads(1);
  while (run.status().active == 0) std::this_thread::yield();
  run.stop();
  EXPECT_EQ(run.waiting(), 1u);
  EXPECT_EQ(run.errors(), Texts{});
  EXPECT_EQ(run.out("Failure").size(), 0u);
}

TEST(InvokeHttpTest, Proxies) {
  TestServer proxy(ok);
  const auto proxy_service = [&](const std::string& type, PropertyValues more = {}) {
    more.insert({{"Proxy Type", type},
                 {"Proxy Server Host", "127.0.0.1"},
                 {"Proxy Server Port", std::to_string(proxy.port())}});
    return service("p", "org.apache.nifi.proxy.StandardProxyConfigurationService", std::move(more));
  };
  const PropertyValues properties{{"HTTP URL", "http://elsewhere.invalid/x"}, {"proxy-configuration-service", "p"}};
  ProcessorRun run("InvokeHTTP", properties,
                   {.given = {{"x"}},
                    .services = {proxy_service("HTTP", {{"Proxy User Name", "u"}, {"Proxy User Password", "p"}})}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.out("Response").size(), 1u) << first(run.errors());
  EXPECT_EQ(proxy.only().target, "http://elsewhere.invalid:80/x");
  EXPECT_EQ(proxy.only().headers.get("host"), "elsewhere.invalid");
  EXPECT_EQ(proxy.only().headers.get("proxy-authorization"), "Basic dTpw");
  ProcessorRun socks("InvokeHTTP", properties, {.services = {proxy_service("SOCKS")}});
  EXPECT_NE(first(socks.problems()).find("SOCKS is not supported"), std::string::npos) << first(socks.problems());
}

TEST(InvokeHttpTest, Tls) {
  const http::TestCertificate certificate, person("DNS:person");
  const http::ServerTls tls{
      .key = {.path = certificate.key_store(), .type = http::KeyStore::Type::Pkcs12, .password = "changeit"},
      .trust = http::KeyStore{.path = person.authority()},
      .clients = http::ClientAuthentication::Required};
  TestServer server(ok, {.tls = tls});
  const auto ssl = [](const PropertyValues& properties) {
    return service("s", "org.apache.nifi.ssl.StandardSSLContextService", properties);
  };
  const PropertyValues trust{{"Truststore Filename", certificate.trust_store()},
                             {"Truststore Type", "PKCS12"},
                             {"Truststore Password", "changeit"}};
  auto both = trust;
  both.insert(
      {{"Keystore Filename", person.key_store()}, {"Keystore Type", "PKCS12"}, {"Keystore Password", "changeit"}});
  const PropertyValues properties{{"HTTP URL", "https://localhost:" + std::to_string(server.port())},
                                  {"SSL Context Service", "s"}};
  ProcessorRun run("InvokeHTTP", properties, {.given = {{"x"}}, .services = {ssl(both)}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("Response").at("invokehttp.remote.dn"), "CN=DNS:localhost\\,IP:127.0.0.1") << first(run.errors());
  ProcessorRun nobody("InvokeHTTP", properties, {.given = {{"x"}}, .services = {ssl(trust)}});
  nobody.until_idle();
  EXPECT_EQ(nobody.out("Failure").size(), 1u);
  PropertyValues stranger{{"HTTP URL", properties.at("HTTP URL")}};
  ProcessorRun unknown("InvokeHTTP", stranger, {.given = {{"x"}}});
  unknown.until_idle();
  EXPECT_EQ(unknown.only("Failure").at("invokehttp.java.exception.class"), "javax.net.ssl.SSLHandshakeException");
}

TEST(InvokeHttpTest, LargeBodiesStream) {
  const auto megabytes = content_megabytes(96);
  /// Takes the body, and answers with as much.
  class Echo final : public http::Service {
   public:
    http::Awaitable<void> handle(http::Exchange& exchange) override {
      std::uint64_t length = 0;
      for (;;) {
        const auto piece = co_await exchange.read_some(256 << 10);
        if (!piece || piece->empty()) break;
        length += piece->size();
      }
      (void)co_await exchange.begin(200, {}, length);
      for (std::uint64_t at = 0; at < length; at += 1 << 20) {
        std::string piece(std::min<std::uint64_t>(1 << 20, length - at), 'y');
        (void)co_await exchange.write(std::move(piece));
      }
      (void)co_await exchange.finish();
    }
  } echo;
  http::IoThread thread;
  const auto server = http::Server::start(thread, {}, echo).value();
  ProcessorRun run("InvokeHTTP",
                   {{"HTTP Method", "PUT"}, {"HTTP URL", "http://127.0.0.1:" + std::to_string(server->port()) + "/"}},
                   {.given = {{.content = std::string(1 << 20, 'x'), .times = megabytes}}});
  const PeakMemory memory;
  run.until_idle();
  EXPECT_LT(memory.grown_kb(), 48 << 10);
  EXPECT_EQ(run.only("Original").at("invokehttp.status.code"), "200") << first(run.errors());
  EXPECT_EQ(run.only("Response").content.size(), megabytes << 20);
}

TEST(InvokeHttpTest, TypesTimesAndBodies) {
  TestServer server(ok);
  ProcessorRun run("InvokeHTTP",
                   with(server, {{"HTTP Method", "POST"},
                                 {"Request Content-Type", "text/${kind}"},
                                 {"Response Body Ignored", "true"},
                                 {"Connection Timeout", "10 s"},
                                 {"Socket Write Timeout", "10 s"},
                                 {"Socket Idle Timeout", "1 min"},
                                 {"Socket Idle Connections", "1"}}),
                   {.given = {{"1", {{"kind", "x"}}}, {"", {{"kind", "y"}}}}});
  run.until_idle();
  EXPECT_EQ(run.contents("Response"), (Texts{"", ""}));
  ASSERT_EQ(server.seen().size(), 2u);
  EXPECT_EQ(server.seen()[0].headers.get("content-type"), "text/x");
  EXPECT_EQ(server.seen()[0].body, "1");
  EXPECT_EQ(server.seen()[1].body, "");
}

TEST(InvokeHttpTest, WhatIsTooLongIsNotKept) {
  for (const auto& [size, requests] : std::map<std::string, std::size_t>{{"1 MB", 1}, {"10 B", 2}}) {
    TestServer server([](const Seen&) {
      return http::Response{.headers = {{"Cache-Control", "max-age=1000"}}, .body = std::string(100, 'x')};
    });
    ProcessorRun run("InvokeHTTP", with(server, {{"Response Cache Enabled", "true"}, {"Response Cache Size", size}}),
                     {.given = {{""}, {""}}});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.out("Response").size(), 2u);
    EXPECT_EQ(server.seen().size(), requests) << size;
  }
}

}  // namespace
}  // namespace flow
