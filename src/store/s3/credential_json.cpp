#include <boost/json.hpp>

#include "store/s3/credential_chain.h"
#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"

namespace store::s3 {

base::Result<Credentials> parse_credentials_json(std::string_view text) {
  const auto bad = [](std::string_view why) {
    return base::fail(base::ErrorKind::InvalidValue, "the credentials cannot be read: " + std::string(why));
  };
  boost::system::error_code error;
  const auto parsed = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error || !parsed.is_object()) return bad("not a JSON object");
  const auto& object = parsed.get_object();
  const auto member = [&](std::string_view name) -> std::string {
    const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
    if (value == nullptr || !value->is_string()) return {};
    return std::string(value->get_string().data(), value->get_string().size());
  };
  Credentials found{.key = {member("AccessKeyId"), member("SecretAccessKey")}};
  if (found.key.id.empty() || found.key.secret.empty()) return bad("no AccessKeyId or SecretAccessKey");
  found.session_token = member("SessionToken");
  if (found.session_token.empty()) found.session_token = member("Token");
  if (const auto expiration = member("Expiration"); !expiration.empty()) {
    found.expires = parse_iso_time(expiration);
    if (!found.expires) return bad("Expiration is no time");
  }
  return found;
}

}  // namespace store::s3
