#include "store/s3/documents/cors.h"

#include <gtest/gtest.h>

namespace store::s3 {
namespace {

CorsRule rule(std::vector<std::string> origins, std::vector<std::string> methods,
              std::vector<std::string> headers = {}) {
  return {.id = {},
          .allowed_origins = std::move(origins),
          .allowed_methods = std::move(methods),
          .allowed_headers = std::move(headers),
          .expose_headers = {},
          .max_age_seconds = {}};
}

std::string in_rule(std::string_view inside) {
  return "<CORSConfiguration><CORSRule>" + std::string(inside) + "</CORSRule></CORSConfiguration>";
}

const CorsConfiguration kConfiguration{{rule({"*suffix"}, {"GET"}), rule({"start*end"}, {"GET"}),
                                        rule({"prefix*"}, {"GET"}, {"x-amz-*", "content-type"}),
                                        rule({"*.put"}, {"PUT", "POST"})}};

TEST(CorsTest, ParsesWhatItPrints) {
  auto full = rule({"http://*.example", "https://a.example"}, {"GET", "DELETE"}, {"*"});
  full.id = "a<b>";
  full.expose_headers = {"ETag", "x-amz-meta-a"};
  full.max_age_seconds = 0;
  for (const CorsConfiguration& configuration : {kConfiguration, CorsConfiguration{{full}}})
    EXPECT_EQ(parse_cors(print_cors(configuration)).value(), configuration);
}

TEST(CorsTest, Refusals) {
  const std::string origin = "<AllowedOrigin>*</AllowedOrigin>", method = "<AllowedMethod>GET</AllowedMethod>";
  struct Case {
    std::string xml;
    std::string_view code;
  };
  std::string many = "<CORSConfiguration>";
  for (int i = 0; i < 101; ++i) many += "<CORSRule>" + origin + method + "</CORSRule>";
  for (const Case& c : std::vector<Case>{
           {"<CORSConfiguration/>", "MalformedXML"},
           {many + "</CORSConfiguration>", "MalformedXML"},
           {in_rule(origin), "MalformedXML"},
           {in_rule(method), "MalformedXML"},
           {in_rule(origin + method + "<MaxAgeSeconds>x</MaxAgeSeconds>"), "MalformedXML"},
           {in_rule(origin + method + "<MaxAgeSeconds>-1</MaxAgeSeconds>"), "MalformedXML"},
           {in_rule(origin + method + "<ID>" + std::string(256, 'i') + "</ID>"), "MalformedXML"},
           {in_rule(origin + "<AllowedMethod>PATCH</AllowedMethod>"), "InvalidRequest"},
           {in_rule(method + "<AllowedOrigin>*a*</AllowedOrigin>"), "InvalidRequest"},
           {in_rule(origin + method + "<AllowedHeader>**</AllowedHeader>"), "InvalidRequest"},
           {in_rule(origin + method + "<ExposeHeader>x-*</ExposeHeader>"), "InvalidRequest"},
       }) {
    const auto parsed = parse_cors(c.xml);
    ASSERT_FALSE(parsed) << c.xml;
    EXPECT_EQ(parsed.error().code, c.code) << c.xml;
  }
}

TEST(CorsTest, Preflights) {
  struct Case {
    std::string origin, method, headers;
    int status;
    std::string_view allowed_origin, allowed_methods;
  };
  for (const Case& c : std::vector<Case>{
           {"foo.suffix", "GET", "", 200, "foo.suffix", "GET"},
           {"foo.bar", "GET", "", 403, "", ""},
           {"foo.suffix.get", "GET", "", 403, "", ""},
           {"startend", "GET", "", 200, "startend", "GET"},
           {"0start12end", "GET", "", 403, "", ""},
           {"prefix", "GET", "X-AMZ-Date, Content-Type", 200, "prefix", "GET"},
           {"prefix", "GET", "X-AMZ-Date, Accept", 403, "", ""},
           {"foo.put", "GET", "", 403, "", ""},
           {"foo.put", "PUT", "", 200, "foo.put", "PUT, POST"},
           {"", "PUT", "", 400, "", ""},
           {"foo.put", "", "", 400, "", ""},
       }) {
    http::Headers request;
    if (!c.origin.empty()) request.add("Origin", c.origin);
    if (!c.method.empty()) request.add("Access-Control-Request-Method", c.method);
    if (!c.headers.empty()) request.add("Access-Control-Request-Headers", c.headers);
    const auto answer = answer_preflight(&kConfiguration, request);
    EXPECT_EQ(answer ? 200 : answer.error().status, c.status) << c.origin << " " << c.method;
    if (!answer) continue;
    EXPECT_EQ(answer->get("access-control-allow-origin"), c.allowed_origin);
    EXPECT_EQ(answer->get("access-control-allow-methods"), c.allowed_methods);
    EXPECT_EQ(answer->find("access-control-allow-headers").has_value(), !c.headers.empty());
    EXPECT_EQ(answer->get("vary"), "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  }
  EXPECT_EQ(answer_preflight(nullptr, {}).error().status, 400);
  const http::Headers request{{"Origin", "a"}, {"Access-Control-Request-Method", "GET"}};
  EXPECT_EQ(answer_preflight(nullptr, request).error().code, "AccessForbidden");
}

TEST(CorsTest, OtherRequests) {
  const auto origin_for = [](std::string_view method, const http::Headers& request) {
    return std::string(cors_headers(kConfiguration, method, request).get("access-control-allow-origin"));
  };
  EXPECT_EQ(origin_for("GET", {}), "");
  EXPECT_EQ(origin_for("GET", {{"Origin", "foo.suffix"}}), "foo.suffix");
  EXPECT_EQ(origin_for("PUT", {{"Origin", "foo.suffix"}}), "");
  EXPECT_EQ(origin_for("PUT", {{"Origin", "foo.suffix"}, {"Access-Control-Request-Method", "GET"}}), "foo.suffix");
  EXPECT_EQ(origin_for("PUT", {{"Origin", "foo.put"}}), "foo.put");
  auto everyone = rule({"*"}, {"GET"});
  everyone.expose_headers = {"ETag"};
  everyone.max_age_seconds = 60;
  const auto headers = cors_headers({{everyone}}, "GET", {{"Origin", "x"}});
  EXPECT_EQ(headers.get("access-control-allow-origin"), "*");
  EXPECT_EQ(headers.get("access-control-expose-headers"), "ETag");
  EXPECT_EQ(headers.get("access-control-max-age"), "60");
  EXPECT_FALSE(headers.find("access-control-allow-credentials"));
}

}  // namespace
}  // namespace store::s3
