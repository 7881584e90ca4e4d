#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

/// What pages of other origins may do with a bucket.
struct CorsRule {
  std::string id;                            // may be empty
  std::vector<std::string> allowed_origins;  // each with at most one *
  std::vector<std::string> allowed_methods;
  std::vector<std::string> allowed_headers;  // each with at most one *, compared without case
  std::vector<std::string> expose_headers;
  std::optional<int> max_age_seconds;

  bool operator==(const CorsRule&) const = default;
};

struct CorsConfiguration {
  std::vector<CorsRule> rules;

  bool operator==(const CorsConfiguration&) const = default;
};

/// A CORSConfiguration of 1 to 100 rules.
/// Errors: 400 MalformedXML; 400 InvalidRequest for another method, and for a second * or one in ExposeHeader.
/// Source: Amazon S3 User Guide, "Elements of a CORS configuration".
S3Result<CorsConfiguration> parse_cors(std::string_view xml);
std::string print_cors(const CorsConfiguration& configuration);

/// The answer to an OPTIONS request, whose headers these are: the headers of a 200. `configuration` is null where the
/// bucket has none.
/// Errors: 400 BadRequest without an origin or a method; 403 AccessForbidden where no rule allows the request.
/// Source: Amazon S3 API Reference, "OPTIONS object"; the Fetch standard.
S3Result<http::Headers> answer_preflight(const CorsConfiguration* configuration, const http::Headers& request);

/// What an answer to any other request has to say to a page of another origin; nothing where no rule matches, or the
/// request has no Origin. A client may name the method that it asks about in Access-Control-Request-Method.
http::Headers cors_headers(const CorsConfiguration& configuration, std::string_view method,
                           const http::Headers& request);

}  // namespace store::s3
