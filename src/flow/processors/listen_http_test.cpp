#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "flow/content/codec.h"
#include "flow/content/flow_file_package.h"
#include "flow/content/text_ends.h"
#include "flow/memory_test.h"
#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"
#include "http/client.h"
#include "http/gzip.h"
#include "http/test_certificate.h"

namespace flow {
namespace {

constexpr const char* kPath = "/contentListener";

/// A ListenHTTP that listens.
class Listening {
 public:
  explicit Listening(PropertyValues properties = {}, ProcessorRun::Options options = {})
      : run_("ListenHTTP", with_port(std::move(properties)), std::move(options)) {
    EXPECT_EQ(run_.problems(), Texts{});
    run_.until_idle();
    EXPECT_EQ(run_.errors(), Texts{});
  }
  ProcessorRun& run() { return run_; }
  std::uint16_t port(std::size_t which = 0) const { return run_.status().ports.at(which); }
  http::Client client(std::size_t which = 0) const { return http::Client({.host = "127.0.0.1", .port = port(which)}); }
  http::Response send(const http::Request& request, std::size_t which = 0) const {
    auto response = client(which).send(request);
    EXPECT_TRUE(response) << (response ? "" : response.error().message);
    return response.value_or(http::Response{.status = 0, .body = {}});
  }
  http::Response post(std::string body, http::Headers headers = {}, const std::string& path = kPath) const {
    return send({.method = "POST", .target = path, .headers = std::move(headers), .body = std::move(body)});
  }

 private:
  static PropertyValues with_port(PropertyValues properties) {
    properties.try_emplace("Listening Port", "0");
    return properties;
  }
  ProcessorRun run_;
};

TEST(ListenHttpTest, APostIsStoredBeforeItIsAnswered) {
  Listening listening({{"HTTP Headers to receive as Attributes (Regex)", "X-.*"}});
  const auto answer =
      listening.post("content", {{"X-One", "1"}, {"Other", "2"}, {"filename", "f.txt"}, {"Content-Type", "text/x"}},
                     std::string(kPath) + "?q=1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.headers.get("content-type"), "text/plain");
  EXPECT_EQ(listening.run().repository().durable(), listening.run().repository().position());
  const auto came = listening.run().only("success");
  EXPECT_EQ(came.content, "content");
  const std::pair<std::string, std::string> expected[] = {{"filename", "f.txt"},
                                                          {"mime.type", "text/x"},
                                                          {"path", "./"},
                                                          {"X-One", "1"},
                                                          {"Other", "(none)"},
                                                          {"restlistener.remote.source.host", "127.0.0.1"},
                                                          {"restlistener.request.uri", kPath},
                                                          {"restlistener.remote.user.dn", "none"},
                                                          {"restlistener.remote.issuer.dn", "none"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(came.at(name), value) << name;
  EXPECT_EQ(came.at("uuid").size(), 36u);
}

TEST(ListenHttpTest, EachMethodAndPathHasItsAnswer) {
  struct Case {
    std::string base, method, path;
    int status;
    std::size_t files;
  };
  for (const auto& c : std::to_array<Case>({
           {"contentListener", "POST", "/contentListener", 200, 1},
           {"contentListener", "POST", "/contentListener/more", 404, 0},
           {"contentListener", "POST", "/", 404, 0},
           {"contentListener", "GET", "/contentListener", 405, 0},
           {"contentListener", "PUT", "/contentListener", 405, 0},
           {"contentListener", "DELETE", "/contentListener", 405, 0},
           {"contentListener", "HEAD", "/contentListener", 200, 0},
           {"contentListener", "GET", "/contentListener/healthcheck", 200, 0},
           {"contentListener", "POST", "/contentListener/healthcheck", 405, 0},
           {"a/${literal('b')}", "POST", "/a/b", 200, 1},
       })) {
    Listening listening({{"Base Path", c.base}});
    const auto answer = listening.send({.method = c.method, .target = c.path, .body = "x"});
    EXPECT_EQ(answer.status, c.status) << c.method << " " << c.path;
    EXPECT_EQ(listening.run().out("success").size(), c.files);
    if (c.method == "HEAD") EXPECT_EQ(answer.headers.get("accept-encoding"), "gzip");
    if (c.method == "GET" && c.status == 200) EXPECT_EQ(answer.body, "OK");
  }
  Listening created({{"Return Code", "201"}});
  EXPECT_EQ(created.post("x").status, 201);
}

TEST(ListenHttpTest, ThePortOfTheHealthCheckAnswersNothingElse) {
  Listening listening({{"health-check-port", "0"}});
  const auto health = std::string(kPath) + "/healthcheck";
  EXPECT_EQ(listening.send({.method = "GET", .target = health}, 1).body, "OK");
  EXPECT_EQ(listening.send({.method = "POST", .target = kPath, .body = "x"}, 1).status, 404);
  EXPECT_EQ(listening.run().out("success").size(), 0u);
  EXPECT_EQ(ProcessorRun("ListenHTTP", {{"Listening Port", "81"}, {"health-check-port", "81"}}).problems().size(), 1u);
}

TEST(ListenHttpTest, BodiesOfAllSizes) {
  Listening listening;
  auto client = listening.client();
  for (const std::size_t size : {0u, 1u, 200u, 65'536u, 65'537u, 3'000'000u}) {
    const std::string body(size, 'b');
    EXPECT_EQ(client.send({.method = "POST", .target = kPath, .body = body}).value().status, 200);
    EXPECT_TRUE(listening.run().contents("success").back() == body) << size;
    bool ended = false;
    const http::BodySource source{
        std::nullopt, [&]() -> base::Result<std::string> { return std::exchange(ended, true) ? std::string() : body; }};
    EXPECT_EQ(client.send({.method = "POST", .target = kPath}, source).value().status, 200);
    EXPECT_TRUE(listening.run().contents("success").back() == body) << size;
  }
  EXPECT_EQ(listening.post(http::gzip("zipped"), {{"Content-Encoding", "gzip"}}).status, 200);
  EXPECT_EQ(listening.run().contents("success").back(), "zipped");
  EXPECT_EQ(listening.post("no gzip", {{"Content-Encoding", "gzip"}}).status, 400);
  EXPECT_EQ(listening.run().out("success").size(), 13u);
}

TEST(ListenHttpTest, PackagesAreUnpacked) {
  class Text final : public ByteSink {
   public:
    base::Status append(std::string_view bytes) override {
      text += bytes;
      return {};
    }
    std::string text;
  } packed;
  for (const std::string content : {"one", "", "three"}) {
    TextSource source(content);
    ASSERT_TRUE(write_package_v3({{"filename", "f" + content}, {"kind", "k"}, {"uuid", "their own"}}, content.size(),
                                 source, packed));
  }
  Listening listening;
  EXPECT_EQ(listening.post(packed.text, {{"Content-Type", "application/flowfile-v3"}, {"filename", "other"}}).status,
            200);
  EXPECT_EQ(listening.run().contents("success"), (Texts{"one", "", "three"}));
  for (const auto& came : listening.run().out("success")) {
    EXPECT_EQ(came.at("filename"), "f" + came.content);
    EXPECT_EQ(came.at("kind"), "k");
    EXPECT_NE(came.at("uuid"), "their own");
    EXPECT_EQ(came.at("restlistener.request.uri"), kPath);
  }
  EXPECT_EQ(listening.post("NiFiFF3 and no more", {{"Content-Type", "application/flowfile-v3"}}).status, 400);
  EXPECT_EQ(listening.run().out("success").size(), 3u);
}

TEST(ListenHttpTest, PartsBecomeFlowFiles) {
  const std::string body =
      "preamble\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x;\\\"y\"\r\nContent-Type: "
      "text/csv\r\n\r\n1\r\n--2\r\n"
      "--B\r\n\r\n\r\n--B--\r\n";
  const http::Headers type{{"Content-Type", "multipart/form-data; boundary=\"B\""}};
  Listening listening({{"multipart-request-max-size", "1 KB"}});
  EXPECT_EQ(listening.post(body, type).status, 200);
  const auto came = listening.run().out("success");
  ASSERT_EQ(came.size(), 3u);
  EXPECT_EQ(listening.run().contents("success"), (Texts{"value", "1\r\n--2", ""}));
  const std::pair<std::string, std::string> expected[] = {{"http.multipart.name", "f"},
                                                          {"http.multipart.filename", "x;\"y"},
                                                          {"http.multipart.content.type", "text/csv"},
                                                          {"http.multipart.size", "6"},
                                                          {"http.headers.multipart.Content-Type", "text/csv"},
                                                          {"http.multipart.fragments.sequence.number", "2"},
                                                          {"http.multipart.fragments.total.number", "3"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(came[1].at(name), value) << name;
  EXPECT_EQ(came[0].at("http.multipart.filename"), "(none)");
  for (const auto& broken : {body.substr(0, body.size() - 10), std::string("nothing"), std::string(2000, 'x')})
    EXPECT_EQ(listening.post(broken, type).status, 400);
  EXPECT_EQ(listening.post(body, {{"Content-Type", "multipart/form-data"}}).status, 400);
  EXPECT_EQ(listening.run().out("success").size(), 3u);
}

TEST(ListenHttpTest, RecordsAreReadAndWritten) {
  Listening listening(records(), {.services = {service("in", "JsonTreeReader"), service("out", "CSVRecordSetWriter")}});
  EXPECT_EQ(listening.post("{\"a\": 1, \"b\": \"x\"}").status, 200);
  EXPECT_EQ(listening.run().only("success").content, "a,b\n1,x\n");
  EXPECT_EQ(listening.run().only("success").at("record.count"), "1");
  EXPECT_EQ(listening.post("{broken").status, 400);
  EXPECT_EQ(listening.run().out("success").size(), 1u);
  EXPECT_EQ(ProcessorRun("ListenHTTP", {{"Listening Port", "0"}, {"Record Reader", "in"}},
                         {.services = {service("in", "JsonTreeReader")}})
                .problems()
                .size(),
            1u);
}

TEST(ListenHttpTest, AFullConnectionRefuses) {
  Listening listening({}, {.queue_files = 2});
  EXPECT_EQ(listening.post("1").status, 200);
  EXPECT_EQ(listening.post("2").status, 200);
  EXPECT_EQ(listening.post("3").status, 503);
  EXPECT_EQ(listening.run().contents("success"), (Texts{"1", "2"}));
}

TEST(ListenHttpTest, ManyAtOnce) {
  Listening listening;
  constexpr int kClients = 8, kRequests = 50;
  std::atomic<int> stored = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kClients; ++i)
      threads.emplace_back([&, i] {
        auto client = listening.client();
        for (int j = 0; j < kRequests; ++j) {
          const auto text = std::to_string(i) + "-" + std::to_string(j);
          const auto answer = client.send({.method = "POST", .target = kPath, .body = text});
          if (answer && answer->status == 200) ++stored;
        }
      });
  }
  EXPECT_EQ(stored, kClients * kRequests);
  listening.run().restart();  // as after a crash: what was answered is there
  const auto contents = listening.run().contents("success");
  EXPECT_EQ(std::set(contents.begin(), contents.end()).size(), std::size_t{kClients * kRequests});
}

TEST(ListenHttpTest, StopAndStart) {
  Listening listening;
  EXPECT_EQ(listening.post("1").status, 200);
  const auto port = listening.port();
  listening.run().stop();
  EXPECT_TRUE(listening.run().status().ports.empty());
  http::Client client({.host = "127.0.0.1", .port = port});
  EXPECT_FALSE(client.send({.method = "POST", .target = kPath, .body = "2"}));
  listening.run().start();
  listening.run().until_idle();
  EXPECT_EQ(listening.post("3").status, 200);
  EXPECT_EQ(listening.run().contents("success"), (Texts{"1", "3"}));
}

TEST(ListenHttpTest, AStopWaitsForWhatIsOnItsWay) {
  Listening listening;
  std::atomic<bool> begun = false, go_on = false;
  int pieces = 0;
  const http::BodySource source{2'000'000, [&]() -> base::Result<std::string> {
                                  if (pieces == 1) {
                                    begun = true;
                                    go_on.wait(false);
                                  }
                                  return pieces++ < 2 ? std::string(1'000'000, 'p') : std::string();
                                }};
  int status = 0;
  std::jthread sender([&] {
    auto client = listening.client();
    const auto answer = client.send({.method = "POST", .target = kPath}, source);
    status = answer ? answer->status : -1;
  });
  while (!begun) std::this_thread::yield();
  auto other = listening.client();
  EXPECT_EQ(other.send({.method = "GET", .target = std::string(kPath) + "/healthcheck"}).value().status, 200);
  std::jthread stopper([&] { listening.run().stop(); });
  int refused = 200;
  while (refused == 200) {
    const auto answer = other.send({.method = "GET", .target = std::string(kPath) + "/healthcheck"});
    refused = answer ? answer->status : -1;
  }
  EXPECT_EQ(refused, 503);
  go_on = true;
  go_on.notify_all();
  sender.join();
  stopper.join();
  EXPECT_EQ(status, 200);
  EXPECT_EQ(listening.run().only("success").content.size(), 2'000'000u);
}

TEST(ListenHttpTest, WhoGoesAwayLeavesNothing) {
  Listening listening;
  {
    int pieces = 0;
    auto client = listening.client();
    const http::BodySource source{2'000'000, [&]() -> base::Result<std::string> {
                                    if (pieces++ == 1) return base::fail(base::ErrorKind::Internal, "enough");
                                    return std::string(1'000'000, 'p');
                                  }};
    EXPECT_FALSE(client.send({.method = "POST", .target = kPath}, source));
  }
  EXPECT_EQ(listening.post("whole").status, 200);
  EXPECT_EQ(listening.run().contents("success"), (Texts{"whole"}));
}

TEST(ListenHttpTest, APortThatIsTakenIsAnError) {
  Listening first;
  ProcessorRun second("ListenHTTP", {{"Listening Port", std::to_string(first.port())}});
  second.until_idle();
  ASSERT_EQ(second.errors().size(), 1u);
  EXPECT_NE(second.errors()[0].find("cannot listen on 127.0.0.1:"), std::string::npos) << second.errors()[0];
}

TEST(ListenHttpTest, TlsAndWhoMaySend) {
  const http::TestCertificate certificate, person("DNS:person");
  struct Case {
    std::string authentication, subjects, issuers;
    bool shows;
    int status;  // 0: no connection
  };
  for (const auto& c : std::to_array<Case>({{"AUTO", ".*", ".*", true, 200},
                                            {"AUTO", ".*", ".*", false, 0},
                                            {"WANT", ".*", ".*", false, 200},
                                            {"NONE", ".*", ".*", true, 200},
                                            {"REQUIRED", "CN=DNS:person", "CN=Test authority", true, 200},
                                            {"REQUIRED", "CN=other", ".*", true, 403},
                                            {"REQUIRED", ".*", "CN=other", true, 403}})) {
    const auto ssl = service("s", "org.apache.nifi.ssl.StandardRestrictedSSLContextService",
                             {{"Keystore Filename", certificate.key_store()},
                              {"Keystore Type", "PKCS12"},
                              {"Keystore Password", "changeit"},
                              {"Truststore Filename", person.authority()},
                              {"Truststore Type", "PEM"}});
    Listening listening({{"SSL Context Service", "s"},
                         {"client-authentication", c.authentication},
                         {"Authorized DN Pattern", c.subjects},
                         {"authorized-issuer-dn-pattern", c.issuers}},
                        {.services = {ssl}});
    http::ClientTls::Options trust{.ca_bundle = certificate.authority()};
    if (c.shows) trust.key = {.path = person.key_store(), .type = http::KeyStore::Type::Pkcs12, .password = "changeit"};
    http::Client client({.host = "localhost", .port = listening.port(), .tls = http::ClientTls::make(trust).value()});
    const auto answer = client.send({.method = "POST", .target = kPath, .body = "x"});
    EXPECT_EQ(answer ? answer->status : 0, c.status) << c.authentication;
    if (c.status != 200) continue;
    const bool known = c.shows && c.authentication != "NONE";
    EXPECT_EQ(listening.run().only("success").at("restlistener.remote.user.dn"), known ? "CN=DNS:person" : "none");
    EXPECT_EQ(listening.run().only("success").at("restlistener.remote.issuer.dn"),
              known ? "CN=Test authority" : "none");
  }
}

TEST(ListenHttpTest, LargeBodiesStream) {
  Listening listening;
  const PeakMemory memory;
  const auto megabytes = content_megabytes(96);
  auto left = megabytes;
  const http::BodySource source{megabytes << 20, [&]() -> base::Result<std::string> {
                                  if (left == 0) return std::string();
                                  --left;
                                  return std::string(1 << 20, 'x');
                                }};
  auto client = listening.client();
  EXPECT_EQ(client.send({.method = "POST", .target = kPath}, source).value().status, 200);
  EXPECT_LT(memory.grown_kb(), 48 << 10);
  EXPECT_EQ(listening.run().only("success").content.size(), megabytes << 20);
}

TEST(ListenHttpTest, HeadsHaveALimit) {
  Listening listening(
      {{"Request Header Maximum Size", "1 KB"}, {"HTTP Protocols", "H2_HTTP_1_1"}, {"Maximum Thread Pool Size", "8"}});
  EXPECT_EQ(listening.post("x", {{"X", std::string(900, 'x')}}).status, 200);
  EXPECT_EQ(listening.post("x", {{"X", std::string(2000, 'x')}}).status, 431);
  EXPECT_EQ(listening.post("").status, 200);
  EXPECT_EQ(listening.run().contents("success"), (Texts{"x", ""}));
}

}  // namespace
}  // namespace flow
