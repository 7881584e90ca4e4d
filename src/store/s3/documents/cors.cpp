#include "store/s3/documents/cors.h"

#include <algorithm>
#include <array>

#include "store/s3/documents/text.h"
#include "store/s3/documents/wildcard.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::size_t kRulesMax = 100;
constexpr std::size_t kIdCharactersMax = 255;
constexpr std::array<std::string_view, 5> kMethods{"GET", "PUT", "HEAD", "POST", "DELETE"};

S3Failure invalid_request(std::string message) { return refuse(400, "InvalidRequest", std::move(message)); }

std::vector<std::string> texts_of(const XmlElement& rule, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& element : rule.children(name)) texts.push_back(element.text());
  return texts;
}

S3Result<void> check_wildcards(const std::vector<std::string>& patterns, std::string_view name, int allowed) {
  for (const auto& pattern : patterns)
    if (std::ranges::count(pattern, '*') > allowed)
      return invalid_request(std::string(name) + " \"" + pattern + "\" can not have " +
                             (allowed == 0 ? "a wildcard." : "more than one wildcard."));
  return {};
}

S3Result<void> check_rule(const CorsRule& rule) {
  if (code_points(rule.id).value_or(0) > kIdCharactersMax) return malformed_xml("the ID is too long");
  if (rule.allowed_origins.empty() || rule.allowed_methods.empty())
    return malformed_xml("a CORSRule needs an AllowedOrigin and an AllowedMethod");
  for (const auto& method : rule.allowed_methods)
    if (std::ranges::find(kMethods, method) == kMethods.end())
      return invalid_request("Found unsupported HTTP method in CORS config. Unsupported method is " + method);
  TRY_VOID(check_wildcards(rule.allowed_origins, "AllowedOrigin", 1));
  TRY_VOID(check_wildcards(rule.allowed_headers, "AllowedHeader", 1));
  return check_wildcards(rule.expose_headers, "ExposeHeader", 0);
}

S3Result<CorsRule> read_rule(const XmlElement& element) {
  CorsRule rule{.id = element.text_of("ID").value_or(""),
                .allowed_origins = texts_of(element, "AllowedOrigin"),
                .allowed_methods = texts_of(element, "AllowedMethod"),
                .allowed_headers = texts_of(element, "AllowedHeader"),
                .expose_headers = texts_of(element, "ExposeHeader"),
                .max_age_seconds = {}};
  TRY(const auto age, element.integer_of("MaxAgeSeconds"));
  if (age && (*age < 0 || *age > INT32_MAX)) return malformed_xml("MaxAgeSeconds is out of range");
  if (age) rule.max_age_seconds = static_cast<int>(*age);
  TRY_VOID(check_rule(rule));
  return rule;
}

void write_all(XmlWriter& xml, std::string_view name, const std::vector<std::string>& texts) {
  for (const auto& text : texts) xml.text(name, text);
}

/// The items of a header value that is a list.
std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (const auto item = trim(list.substr(0, comma)); !item.empty()) items.push_back(to_lower(item));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return items;
}

std::string joined(const std::vector<std::string>& items) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + item;
  return list;
}

struct CorsQuestion {
  std::string_view origin;
  std::string_view method;
  std::vector<std::string> headers;  // in lower case
};

bool allows_header(const CorsRule& rule, const std::string& header) {
  return std::ranges::any_of(rule.allowed_headers,
                             [&](const std::string& pattern) { return matches_wildcard(to_lower(pattern), header); });
}

bool allows(const CorsRule& rule, const CorsQuestion& question) {
  const auto is_origin = [&](const std::string& pattern) { return matches_wildcard(pattern, question.origin); };
  return std::ranges::find(rule.allowed_methods, question.method) != rule.allowed_methods.end() &&
         std::ranges::any_of(rule.allowed_origins, is_origin) &&
         std::ranges::all_of(question.headers, [&](const std::string& header) { return allows_header(rule, header); });
}

/// The first rule that allows it: their order is their rank.
const CorsRule* find_rule(const CorsConfiguration& configuration, const CorsQuestion& question) {
  const auto found =
      std::ranges::find_if(configuration.rules, [&](const auto& rule) { return allows(rule, question); });
  return found == configuration.rules.end() ? nullptr : &*found;
}

http::Headers headers_of(const CorsRule& rule, const CorsQuestion& question) {
  http::Headers headers;
  const bool for_all = std::ranges::find(rule.allowed_origins, "*") != rule.allowed_origins.end();
  headers.add("Access-Control-Allow-Origin", for_all ? "*" : std::string(question.origin));
  headers.add("Access-Control-Allow-Methods", joined(rule.allowed_methods));
  if (!question.headers.empty()) headers.add("Access-Control-Allow-Headers", joined(question.headers));
  if (!rule.expose_headers.empty()) headers.add("Access-Control-Expose-Headers", joined(rule.expose_headers));
  if (rule.max_age_seconds) headers.add("Access-Control-Max-Age", std::to_string(*rule.max_age_seconds));
  // Browsers take the wildcard for requests without credentials only.
  if (!for_all) headers.add("Access-Control-Allow-Credentials", "true");
  headers.add("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  return headers;
}

}  // namespace

S3Result<CorsConfiguration> parse_cors(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "CORSConfiguration"));
  CorsConfiguration configuration;
  for (const auto& element : document.root().children("CORSRule")) {
    TRY(auto rule, read_rule(element));
    configuration.rules.push_back(std::move(rule));
  }
  if (configuration.rules.empty() || configuration.rules.size() > kRulesMax)
    return malformed_xml("there must be 1 to 100 CORSRules");
  return configuration;
}

std::string print_cors(const CorsConfiguration& configuration) {
  XmlWriter xml("CORSConfiguration");
  for (const auto& rule : configuration.rules) {
    xml.open("CORSRule");
    if (!rule.id.empty()) xml.text("ID", rule.id);
    write_all(xml, "AllowedOrigin", rule.allowed_origins);
    write_all(xml, "AllowedMethod", rule.allowed_methods);
    write_all(xml, "AllowedHeader", rule.allowed_headers);
    write_all(xml, "ExposeHeader", rule.expose_headers);
    if (rule.max_age_seconds) xml.number("MaxAgeSeconds", static_cast<std::uint64_t>(*rule.max_age_seconds));
    xml.close();
  }
  return xml.take();
}

S3Result<http::Headers> answer_preflight(const CorsConfiguration* configuration, const http::Headers& request) {
  const CorsQuestion question{request.get("Origin"), request.get("Access-Control-Request-Method"),
                              split_list(request.get("Access-Control-Request-Headers"))};
  if (question.origin.empty())
    return refuse(400, "BadRequest", "Insufficient information. Origin request header needed.");
  if (question.method.empty())
    return refuse(400, "BadRequest", "Insufficient information. Access-Control-Request-Method header needed.");
  if (configuration == nullptr)
    return refuse(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.");
  const auto* rule = find_rule(*configuration, question);
  if (rule == nullptr)
    return refuse(403, "AccessForbidden",
                  "CORSResponse: This CORS request is not allowed: no rule has this origin, method and headers.");
  return headers_of(*rule, question);
}

http::Headers cors_headers(const CorsConfiguration& configuration, std::string_view method,
                           const http::Headers& request) {
  const CorsQuestion question{
      request.get("Origin"), request.find("Access-Control-Request-Method").value_or(method), {}};
  if (question.origin.empty()) return {};
  const auto* rule = find_rule(configuration, question);
  return rule == nullptr ? http::Headers{} : headers_of(*rule, question);
}

}  // namespace store::s3
