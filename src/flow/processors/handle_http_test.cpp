#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <thread>

#include "flow/engine/engine.h"
#include "flow/memory_test.h"
#include "flow/processors/coverage.h"
#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"
#include "http/client.h"
#include "http/test_certificate.h"

namespace flow {
namespace {

/// HandleHttpRequest -> UpdateAttribute -> HandleHttpResponse, on threads of its own.
class Answering {
 public:
  struct Options {
    PropertyValues request = {}, response = {}, map = {};
    PropertyValues between = {{"answer", "yes"}};
    bool answers = true;  // else the response is not started
    std::vector<ServiceDefinition> services = {};
  };
  explicit Answering(Options options) {
    auto& flow = flow_;
    flow.name = "test";
    flow.root = "root";
    flow.groups.push_back({.id = "root", .name = "test"});
    options.request.insert({{"Listening Port", "0"}, {"HTTP Context Map", "map"}});
    options.response.insert({{"HTTP Status Code", "200"}, {"HTTP Context Map", "map"}});
    const auto add = [&](const std::string& id, const std::string& type, PropertyValues properties) {
      ProcessorDefinition processor;
      processor.id = processor.name = id;
      processor.group = "root";
      processor.type = find_description(type)->type;
      processor.properties = std::move(properties);
      flow.processors.push_back(std::move(processor));
    };
    add("request", "HandleHttpRequest", options.request);
    add("between", "UpdateAttribute", options.between);
    add("response", "HandleHttpResponse", options.response);
    flow.services = options.services;
    flow.services.push_back(service("map", "StandardHttpContextMap", options.map));
    flow.ports = {{.id = "to", .group = "root", .name = "to", .kind = PortKind::Output}};
    const auto connect = [&](const std::string& id, const std::string& from, const std::string& to,
                             const std::string& relationship) {
      flow.connections.push_back(
          {.id = id, .group = "root", .source = from, .destination = to, .relationships = {relationship}});
    };
    connect("a", "request", "between", "success");
    connect("b", "between", "response", "success");
    connect("success", "response", "to", "success");
    connect("failure", "response", "to", "failure");
    repository_ = Repository::open({.directory = folder_.at("flow")}, disk_).value();
    engine_ = std::make_unique<Engine>(*repository_, Services{clock_, wall_, targets_, "127.0.0.1"},
                                       Engine::Environment{.hostname = "test", .time_zone = "UTC", .seed = 7});
    std::vector<std::string> notes;
    EXPECT_TRUE(engine_->put(flow, {}, notes));
    for (const auto& row : engine_->status().components) EXPECT_EQ(row.problems, Texts{}) << row.id;
    engine_->start("request");
    engine_->start("between");
    if (options.answers) engine_->start("response");
    engine_->start_threads(2);
    while (status("request").ports.empty() && status("request").bulletins.empty()) std::this_thread::yield();
    EXPECT_FALSE(status("request").ports.empty());
  }
  ~Answering() {
    Coverage::of_this_program().note(flow_, engine_->status());
    engine_.reset();
  }

  ComponentStatus status(const std::string& id) const {
    for (const auto& row : engine_->status().components)
      if (row.id == id) return row;
    return {};
  }
  std::uint16_t port() const { return status("request").ports.at(0); }
  http::Client client() const { return http::Client({.host = "127.0.0.1", .port = port()}); }
  http::Response send(const http::Request& request) const {
    auto response = client().send(request);
    EXPECT_TRUE(response) << (response ? "" : response.error().message);
    return response.value_or(http::Response{.status = 0, .body = {}});
  }
  /// What arrived behind the response so far.
  std::vector<Came> out(const std::string& connection) const {
    std::vector<Came> came;
    for (const auto& entry : repository_->entries())
      if (*entry.connection == connection)
        came.push_back({read_all(entry.file->content).value_or("?"), entry.file->attributes});
    return came;
  }
  Came wait_for_one(const std::string& connection) const {
    while (out(connection).empty()) std::this_thread::yield();
    return out(connection).front();
  }
  Engine& engine() { return *engine_; }

 private:
  class NoTargets final : public ObjectTargets {
    base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest&) override {
      return base::fail(base::ErrorKind::Unsupported, "none");
    }
  };
  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  SetWallClock wall_;
  NoTargets targets_;
  FlowDefinition flow_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<Engine> engine_;
};

TEST(HandleHttpTest, AFlowAnswersARequest) {
  Answering flow({.request = {{"parameters-to-attributes", "p, q"}},
                  .response = {{"HTTP Status Code", "${status}"},
                               {"X-Own", "${http.method}-${answer}"},
                               {"X-Empty", "${none}"},
                               {"Attributes to add to the HTTP Response (Regex)", "answer|mime.*"}},
                  .between = {{"status", "201"}, {"answer", "yes"}}});
  const auto answer = flow.send({.method = "POST",
                                 .target = "/a%20b/c?x=1&y=%C3%A4+z&x=2&flag",
                                 .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"},
                                             {"X-H", "v"},
                                             {"Cookie", "id=7; other=8"},
                                             {"Host", "example.org:81"}},
                                 .body = "p=from+form&r=no"});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "p=from+form&r=no");
  EXPECT_EQ(answer.headers.get("x-own"), "POST-yes");
  EXPECT_EQ(answer.headers.get("answer"), "yes");
  EXPECT_FALSE(answer.headers.find("x-empty"));
  EXPECT_EQ(answer.headers.get("mime.type"), "application/x-www-form-urlencoded; charset=UTF-8");
  const auto came = flow.wait_for_one("success");
  const std::pair<std::string, std::string> expected[] = {
      {"http.method", "POST"},
      {"http.request.uri", "/a%20b/c"},
      {"http.request.url", "http://example.org:81/a%20b/c"},
      {"http.query.string", "x=1&y=\xC3\xA4 z&x=2&flag"},
      {"http.query.param.x", "2"},
      {"http.query.param.y", "\xC3\xA4 z"},
      {"http.query.param.flag", ""},
      {"http.param.p", "from form"},
      {"http.param.r", "(none)"},
      {"http.headers.X-H", "v"},
      {"http.cookie.id.value", "7"},
      {"http.cookie.other.value", "8"},
      {"http.remote.host", "127.0.0.1"},
      {"http.remote.addr", "127.0.0.1"},
      {"http.local.name", "example.org"},
      {"http.server.name", "example.org"},
      {"http.server.port", std::to_string(flow.port())},
      {"http.protocol", "HTTP/1.1"},
      {"http.servlet.path", "/a%20b/c"},
      {"http.context.path", ""},
      {"http.character.encoding", "UTF-8"},
      {"http.subject.dn", "(none)"},
      {"mime.type", "application/x-www-form-urlencoded; charset=UTF-8"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(came.at(name), value) << name;
  EXPECT_EQ(came.at("http.context.identifier").size(), 36u);
}

TEST(HandleHttpTest, LargeAnswersAndNone) {
  Answering flow({});
  const std::string big(3'000'000, 'b');
  EXPECT_TRUE(flow.send({.method = "PUT", .target = "/", .body = big}).body == big);
  auto client = flow.client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.send({.method = "GET", .target = "/"}).value().body, "");
}

TEST(HandleHttpTest, WhatIsNotAllowed) {
  struct Case {
    PropertyValues properties;
    std::string method, path;
    int status;
  };
  for (const auto& c : std::to_array<Case>({{{}, "GET", "/x", 200},
                                            {{{"Allow GET", "false"}}, "GET", "/x", 405},
                                            {{}, "HEAD", "/x", 405},
                                            {{{"Allow HEAD", "true"}}, "HEAD", "/x", 200},
                                            {{}, "OPTIONS", "/x", 405},
                                            {{}, "REPORT", "/x", 405},
                                            {{{"Additional HTTP Methods", "patch, report"}}, "REPORT", "/x", 200},
                                            {{{"Allowed Paths", "/x/.*"}}, "GET", "/x/y?z", 200},
                                            {{{"Allowed Paths", "/x/.*"}}, "GET", "/y", 404}})) {
    Answering flow({.request = c.properties});
    EXPECT_EQ(flow.send({.method = c.method, .target = c.path}).status, c.status) << c.method << c.path;
  }
}

TEST(HandleHttpTest, PartsShareOneAnswer) {
  Answering flow({});
  const std::string body = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B\r\n\r\n2\r\n--B--\r\n";
  const auto answer = flow.send({.method = "POST",
                                 .target = "/",
                                 .headers = {{"Content-Type", "multipart/form-data; boundary=B"}},
                                 .body = body});
  EXPECT_EQ(answer.status, 200);
  const auto first = flow.wait_for_one("success"), second = flow.wait_for_one("failure");
  EXPECT_EQ(first.at("http.context.identifier"), second.at("http.context.identifier"));
  EXPECT_EQ(first.at("http.multipart.fragments.total.number"), "2");
  EXPECT_EQ(flow.send({.method = "POST",
                       .target = "/",
                       .headers = {{"Content-Type", "multipart/form-data; boundary=B"}},
                       .body = "broken"})
                .status,
            400);
}

TEST(HandleHttpTest, AnswersThatCannotBeGiven) {
  ProcessorRun run("HandleHttpResponse", {{"HTTP Status Code", "${status}"}, {"HTTP Context Map", "map"}},
                   {.given = {{"1", {{"status", "200"}}},
                              {"2", {{"http.context.identifier", "gone"}, {"status", "200"}}},
                              {"3", {{"http.context.identifier", "gone"}, {"status", "fine"}}}},
                    .services = {service("map", "StandardHttpContextMap")}});
  run.until_idle();
  EXPECT_EQ(run.contents("failure"), (Texts{"1", "2", "3"}));
  EXPECT_EQ(run.out("success").size(), 0u);
  ASSERT_EQ(run.errors().size(), 3u);
  EXPECT_NE(run.errors()[1].find("no request waits"), std::string::npos) << run.errors()[1];
}

TEST(HandleHttpTest, ARequestThatNobodyAnswersExpires) {
  Answering flow({.map = {{"Request Expiration", "50 ms"}}, .answers = false});
  EXPECT_EQ(flow.send({.method = "GET", .target = "/"}).status, 503);
  flow.engine().start("response");
  EXPECT_EQ(flow.wait_for_one("failure").at("http.method"), "GET");
}

TEST(HandleHttpTest, TheMapHasLimits) {
  Answering flow({.map = {{"Maximum Outstanding Requests", "0"}}});
  EXPECT_EQ(flow.send({.method = "GET", .target = "/"}).status, 503);
  EXPECT_EQ(flow.out("success").size() + flow.out("failure").size(), 0u);
}

TEST(HandleHttpTest, AStopAnswersWhatWaits) {
  Answering flow({.answers = false});
  int status = 0;
  std::jthread sender([&] { status = flow.send({.method = "GET", .target = "/"}).status; });
  while (flow.status("between").out.files == 0) std::this_thread::yield();
  flow.engine().stop("request");
  sender.join();
  EXPECT_EQ(status, 503);
}

TEST(HandleHttpTest, Tls) {
  const http::TestCertificate certificate, person("DNS:person");
  const auto ssl = service("s", "org.apache.nifi.ssl.StandardRestrictedSSLContextService",
                           {{"Keystore Filename", certificate.key_store()},
                            {"Keystore Type", "PKCS12"},
                            {"Keystore Password", "changeit"},
                            {"Truststore Filename", person.authority()},
                            {"Truststore Type", "PEM"}});
  Answering flow(
      {.request = {{"SSL Context Service", "s"}, {"Client Authentication", "Need Authentication"}}, .services = {ssl}});
  http::ClientTls::Options trust{.ca_bundle = certificate.authority()};
  trust.key = {.path = person.key_store(), .type = http::KeyStore::Type::Pkcs12, .password = "changeit"};
  http::Client client({.host = "localhost", .port = flow.port(), .tls = http::ClientTls::make(trust).value()});
  EXPECT_EQ(client.send({.method = "GET", .target = "/"}).value().status, 200);
  const auto came = flow.wait_for_one("success");
  EXPECT_EQ(came.at("http.subject.dn"), "CN=DNS:person");
  EXPECT_EQ(came.at("http.issuer.dn"), "CN=Test authority");
  EXPECT_TRUE(came.at("http.request.url").starts_with("https://localhost:"));
}

TEST(HandleHttpTest, MethodsMayBeTakenAwayAndGiven) {
  Answering flow({.request = {{"Allow POST", "false"},
                              {"Allow PUT", "false"},
                              {"Allow DELETE", "false"},
                              {"Allow OPTIONS", "true"},
                              {"Hostname", "127.0.0.1"},
                              {"HTTP Protocols", "H2_HTTP_1_1"},
                              {"Maximum Threads", "2"}}});
  for (const auto& [method, status] : std::map<std::string, int>{
           {"GET", 200}, {"POST", 405}, {"PUT", 405}, {"DELETE", 405}, {"OPTIONS", 200}, {"HEAD", 405}})
    EXPECT_EQ(flow.send({.method = method, .target = "/"}).status, status) << method;
}

TEST(HandleHttpTest, SizesHaveLimits) {
  Answering flow({.request = {{"Request Header Maximum Size", "1 KB"}, {"Multipart Request Max Size", "1 KB"}}});
  EXPECT_EQ(flow.send({.method = "GET", .target = "/", .headers = {{"X", std::string(900, 'x')}}}).status, 200);
  EXPECT_EQ(flow.send({.method = "GET", .target = "/", .headers = {{"X", std::string(2000, 'x')}}}).status, 431);
  const auto parts = [&](std::size_t size) {
    return flow
        .send({.method = "POST",
               .target = "/",
               .headers = {{"Content-Type", "multipart/form-data; boundary=B"}},
               .body = "--B\r\n\r\n" + std::string(size, 'x') + "\r\n--B--\r\n"})
        .status;
  };
  EXPECT_EQ(parts(900), 200);
  EXPECT_EQ(parts(2000), 400);  // as NiFi answers
}

TEST(HandleHttpTest, UrlsMayBeInAnotherCharacterSet) {
  Answering flow({.request = {{"Default URL Character Set", "ISO-8859-1"}}});
  EXPECT_EQ(flow.send({.method = "GET", .target = "/?x=%E4"}).status, 200);
  EXPECT_EQ(flow.wait_for_one("success").at("http.query.param.x"), "\xC3\xA4");
}

TEST(HandleHttpTest, NoMoreAreReceivedThanTheQueueTakes) {
  Answering flow({.request = {{"Container Queue Size", "0"}}});
  EXPECT_EQ(flow.send({.method = "GET", .target = "/"}).status, 503);
}

TEST(HandleHttpTest, ClientsMayShowWhoTheyAre) {
  const http::TestCertificate certificate, person("DNS:person");
  const auto ssl = service("s", "StandardRestrictedSSLContextService",
                           {{"Keystore Filename", certificate.key_store()},
                            {"Keystore Type", "PKCS12"},
                            {"Keystore Password", "changeit"},
                            {"Truststore Filename", person.authority()},
                            {"Truststore Type", "PEM"}});
  Answering flow(
      {.request = {{"SSL Context Service", "s"}, {"Client Authentication", "Want Authentication"}}, .services = {ssl}});
  const http::ClientTls::Options trust{.ca_bundle = certificate.authority()};
  http::Client client({.host = "localhost", .port = flow.port(), .tls = http::ClientTls::make(trust).value()});
  EXPECT_EQ(client.send({.method = "GET", .target = "/"}).value().status, 200);
  EXPECT_EQ(flow.wait_for_one("success").at("http.subject.dn"), "(none)");
}

TEST(HandleHttpTest, LargeBodiesStream) {  // of "HandleHttpRequest" and "HandleHttpResponse"
  Answering flow({});
  const auto megabytes = content_megabytes(48);
  auto left = megabytes;
  const http::BodySource source{megabytes << 20, [&]() -> base::Result<std::string> {
                                  if (left == 0) return std::string();
                                  --left;
                                  return std::string(1 << 20, 'x');
                                }};
  std::uint64_t received = 0;
  const PeakMemory memory;
  const auto answer = flow.client().exchange(
      {.method = "POST", .target = "/"}, &source, [](const http::Response&) { return base::Status{}; },
      [&](int, std::string_view piece) -> base::Status {
        received += piece.size();
        return {};
      });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(received, megabytes << 20);
  EXPECT_LT(memory.grown_kb(), 48 << 10);
}

}  // namespace
}  // namespace flow
