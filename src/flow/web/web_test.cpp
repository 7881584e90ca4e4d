#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "flow/processors/processor_test.h"
#include "flow/web/caller.h"
#include "flow/web/http_date.h"
#include "flow/web/request_body.h"
#include "flow/web/test_server.h"
#include "flow/web/url.h"

namespace flow::web {
namespace {

TEST(WebUrlTest, ReadsWhatUsersWrite) {
  struct Case {
    std::string_view text, expected;
  };
  for (const auto& c : std::to_array<Case>({
           {"http://host", "http://host/"},
           {" HTTP://Host:80/A ", "http://host/A"},
           {"https://h:443?q=1#part", "https://h/?q=1"},
           {"https://h:8443/a b?c=\"d\"", "https://h:8443/a%20b?c=%22d%22"},
           {"http://user:secret@h/x%20y", "http://h/x%20y"},
           {"http://[::1]:81/", "http://[::1]:81/"},
           {"http://h/\xC3\xA4", "http://h/%C3%A4"},
           {"ftp://h/", "error"},
           {"h/x", "error"},
           {"http://", "error"},
       })) {
    const auto url = parse_url(c.text);
    EXPECT_EQ(url ? text_of(*url) : "error", c.expected) << c.text;
  }
}

TEST(WebUrlTest, FollowsLocations) {
  struct Case {
    std::string_view location, expected;
  };
  const auto base = parse_url("http://h:81/a/b/c?d").value();
  for (const auto& c : std::to_array<Case>({
           {"https://other/x", "https://other/x"},
           {"//other/x", "http://other/x"},
           {"/x/./y/../z?q=/../", "http://h:81/x/z?q=/../"},
           {"x", "http://h:81/a/b/x"},
           {"../x", "http://h:81/a/x"},
           {"../../../x", "http://h:81/x"},
           {"..", "http://h:81/a/"},
           {"?q", "http://h:81/a/b/c?q"},
           {"#here", "http://h:81/a/b/c?d"},
           {"mailto:somebody", "error"},
       })) {
    const auto url = resolve(base, c.location);
    EXPECT_EQ(url ? text_of(*url) : "error", c.expected) << c.location;
  }
}

TEST(WebDigestTest, AnswersAsTheStandardDoes) {
  // RFC 7616, section 3.9.1.
  const http::Headers headers{
      {"WWW-Authenticate", "Basic realm=\"x, y\", Digest realm=\"z\", qop=\"auth-int\", nonce=\"n\""},
      {"www-authenticate",
       "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
       "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
       "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""},
      {"WWW-Authenticate",
       "Digest realm=\"http-auth@example.org\", qop=\"auth\", algorithm=MD5, "
       "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\""}};
  const DigestRequest request{
      .method = "GET", .target = "/dir/index.html", .client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
  const Credentials mufasa{"Mufasa", "Circle of Life"};
  auto challenge = find_digest_challenge(headers).value();
  EXPECT_EQ(challenge.algorithm, "SHA-256");
  const auto sha = answer_digest(challenge, mufasa, request).value();
  EXPECT_NE(sha.find("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""),
            std::string::npos)
      << sha;
  EXPECT_NE(sha.find("opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""), std::string::npos) << sha;
  challenge.algorithm = "MD5";
  const auto md5 = answer_digest(challenge, mufasa, request).value();
  EXPECT_NE(md5.find("response=\"8ca523f5e9506fed4657c9700eebdbec\""), std::string::npos) << md5;
  EXPECT_NE(md5.find("nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\""), std::string::npos) << md5;

  // RFC 2069, section 2.4, as corrected by its errata.
  const auto old = find_digest_challenge({{"WWW-Authenticate",
                                           "Digest realm=\"testrealm@host.com\", "
                                           "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""}})
                       .value();
  const auto answer =
      answer_digest(old, {"Mufasa", "CircleOfLife"}, {.method = "GET", .target = "/dir/index.html", .client_nonce = {}})
          .value();
  EXPECT_NE(answer.find("response=\"1949323746fe6a43ef61f9606e7febea\""), std::string::npos) << answer;
  EXPECT_EQ(answer.find("qop"), std::string::npos) << answer;
  EXPECT_FALSE(find_digest_challenge({{"WWW-Authenticate", "Basic realm=\"x\""}}));
  EXPECT_EQ(basic({"Aladdin", "open sesame"}), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(WebCookiesTest, GoWhereTheyBelong) {
  struct Case {
    std::string from, line, to, sent;
  };
  const base::Instant now{1'800'000'000'000'000'000};
  for (const auto& c : std::to_array<Case>({
           {"http://h/a/b", "n=v", "http://h/a/c", "n=v"},
           {"http://h/a/b", "n=v", "http://h/ab", ""},
           {"http://h/a/b", "n=v; Path=/", "http://h/ab", "n=v"},
           {"http://h/", "n=v", "http://other/", ""},
           {"http://a.example.org/", "n=v; Domain=.example.org", "http://b.example.org/", "n=v"},
           {"http://a.example.org/", "n=v; Domain=example.com", "http://example.com/", ""},
           {"https://h/", "n=v; Secure; HttpOnly", "http://h/", ""},
           {"https://h/", "n=v; secure", "https://h/", "n=v"},
           {"http://h/", "n=v; Max-Age=10", "http://h/", "n=v"},
           {"http://h/", "n=v; Max-Age=0", "http://h/", ""},
           {"http://h/", "n=v; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "http://h/", ""},
           {"http://h/", "n=v; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=10", "http://h/", "n=v"},
           {"http://h/", "n=\"a=b\"; Expires=Wed, 21-Oct-2037 07:28:00 GMT", "http://h/", "n=\"a=b\""},
           {"http://h/", "nothing", "http://h/", ""},
       })) {
    Cookies cookies;
    cookies.keep(parse_url(c.from).value(), {{"Set-Cookie", c.line}}, now);
    EXPECT_EQ(cookies.find(parse_url(c.to).value(), now), c.sent) << c.line;
  }
  Cookies cookies;
  const auto url = parse_url("http://h/a/").value();
  cookies.keep(url, {{"Set-Cookie", "a=1; Path=/"}, {"set-cookie", "b=2"}, {"Set-Cookie", "a=3; Path=/"}}, now);
  EXPECT_EQ(cookies.find(url, now), "b=2; a=3");  // the longest path first
  cookies.keep(url, {{"Set-Cookie", "a=; Path=/; Max-Age=0"}}, now);
  EXPECT_EQ(cookies.find(url, now), "b=2");
}

TEST(WebCacheTest, KeepsWhatMayBeKept) {
  struct Case {
    int status;
    http::Headers answer, request;
    bool storable;
  };
  for (const auto& c : std::to_array<Case>({
           {200, {{"ETag", "\"1\""}}, {}, true},
           {200, {{"Last-Modified", "x"}}, {}, true},
           {200, {{"Cache-Control", "private, max-age=10"}}, {}, true},
           {200, {}, {}, false},
           {404, {{"ETag", "\"1\""}}, {}, false},
           {200, {{"ETag", "\"1\""}, {"Cache-Control", "no-store"}}, {}, false},
           {200, {{"ETag", "\"1\""}}, {{"Cache-Control", "no-store"}}, false},
           {200, {{"ETag", "\"1\""}, {"Vary", "*"}}, {}, false},
       }))
    EXPECT_EQ(AnswerCache::is_storable({.status = c.status, .headers = c.answer, .body = {}}, c.request), c.storable);
  AnswerCache cache(100);
  const base::Instant now{1'000'000'000'000};
  const auto keep = [&](const std::string& url, std::size_t bytes, const http::Headers& request) {
    cache.keep(url, request, {.headers = {{"Vary", "Accept"}}, .body = std::string(bytes, 'b')}, now);
  };
  keep("u", 10, {{"Accept", "x"}});
  EXPECT_NE(cache.find("u", {{"accept", "x"}}), nullptr);
  EXPECT_EQ(cache.find("u", {{"accept", "y"}}), nullptr);
  keep("v", 70, {});
  EXPECT_EQ(cache.find("u", {{"accept", "x"}}), nullptr);  // there was no room for both
  keep("w", 200, {});
  EXPECT_EQ(cache.find("w", {}), nullptr);
  EXPECT_NE(cache.find("v", {}), nullptr);
}

TEST(WebDateTest, IsThatOfHttp) { EXPECT_EQ(http_date({784'111'777'000'000'000}), "Sun, 06 Nov 1994 08:49:37 GMT"); }

TEST(WebRequestBodyTest, QuotesTheNamesOfForms) {
  EXPECT_EQ(form_part_head("B", {.name = "a\"b", .filename = "f\r\n", .content_type = "t/x"}),
            "--B\r\nContent-Disposition: form-data; name=\"a%22b\"; filename=\"f%0D%0A\"\r\nContent-Type: t/x\r\n\r\n");
  EXPECT_EQ(form_part_head("B", {.name = "n"}), "--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n");
}

class CallerTest : public testing::Test {
 protected:
  struct Got {
    int status = 0;
    std::string body;
    std::string url;
  };
  Got get(Caller& caller, const std::string& url) {
    Got got;
    http::Trouble trouble{};
    const auto outcome = caller.call(
        {.method = "GET", .url = url, .headers = {}},
        [&](const Answer& answer) -> base::Status {
          got.status = answer.status;
          got.url = answer.url;
          return {};
        },
        [&](std::string_view bytes) -> base::Status {
          got.body += bytes;
          return {};
        },
        {}, trouble);
    if (!outcome) got.body = outcome.error().message;
    return got;
  }
  SetWallClock clock_;
};

TEST_F(CallerTest, AsksAgainOnlyWhetherAnAnswerHolds) {
  TestServer server([](const TestServer::Seen& request) {
    if (request.headers.get("if-none-match") == "\"1\"") return http::Response{.status = 304, .body = {}};
    return http::Response{.headers = {{"ETag", "\"1\""}, {"Cache-Control", "max-age=60"}}, .body = "kept"};
  });
  Caller caller({.tls = nullptr, .cache_bytes = 1000}, clock_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(caller, server.url("/x")).body, "kept");
  EXPECT_EQ(server.seen().size(), 1u);
  clock_.advance(std::chrono::seconds{61});
  const auto again = get(caller, server.url("/x"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, "kept");
  ASSERT_EQ(server.seen().size(), 2u);
  EXPECT_EQ(server.seen()[1].headers.get("if-none-match"), "\"1\"");
}

TEST_F(CallerTest, KeepsConnections) {
  SilentServer server;
  // Answers what comes on the first connection; whoever opens another waits in vain.
  std::jthread answering([&] {
    const int connection = server.accept();
    std::string request;
    for (char byte; ::recv(connection, &byte, 1, 0) == 1;) {
      request += byte;
      if (!request.ends_with("\r\n\r\n")) continue;
      request.clear();
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      EXPECT_EQ(::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(kAnswer.size()));
    }
    ::close(connection);
  });
  {
    Caller caller({.tls = nullptr}, clock_);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(get(caller, server.url()).body, "ok");
  }
  answering.join();
  answering = std::jthread([&] { ::close(server.accept()); });
  Caller forgets({.tls = nullptr, .read_timeout = std::chrono::milliseconds{50}, .idle_max = 0}, clock_);
  EXPECT_NE(get(forgets, server.url()).body, "ok");
}

TEST_F(CallerTest, GivesUpWhenRedirectsDoNotEnd) {
  TestServer server([](const TestServer::Seen&) {
    return http::Response{.status = 302, .headers = {{"Location", "/again"}}, .body = "elsewhere"};
  });
  Caller caller({.tls = nullptr}, clock_);
  EXPECT_EQ(get(caller, server.url("/")).body, "Too many follow-up requests: 21");
  EXPECT_EQ(server.seen().size(), 21u);
  Caller stays({.tls = nullptr, .follows_redirects = false}, clock_);
  const auto got = get(stays, server.url("/"));
  EXPECT_EQ(got.status, 302);
  EXPECT_EQ(got.body, "elsewhere");
}

}  // namespace
}  // namespace flow::web
