#include "store/s3/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <pugixml.hpp>

#include "store/s3/retry.h"

namespace store::s3 {
namespace {

struct CodeKind {
  std::string_view code;
  base::ErrorKind kind;
};
// What the status does not tell. The services that speak JSON answer 400 to nearly everything.
constexpr std::array kKinds{
    CodeKind{"BucketAlreadyOwnedByYou", base::ErrorKind::AlreadyExists},
    CodeKind{"BucketAlreadyExists", base::ErrorKind::AlreadyExists},
    CodeKind{"QueueDoesNotExist", base::ErrorKind::NotFound},
    CodeKind{"AWS.SimpleQueueService.NonExistentQueue", base::ErrorKind::NotFound},
    CodeKind{"AccessDeniedException", base::ErrorKind::Denied},
    CodeKind{"ExpiredTokenException", base::ErrorKind::Denied},
    CodeKind{"IncompleteSignature", base::ErrorKind::Denied},
    CodeKind{"InvalidClientTokenId", base::ErrorKind::Denied},
    CodeKind{"InvalidSecurity", base::ErrorKind::Denied},
    CodeKind{"InvalidSignatureException", base::ErrorKind::Denied},
    CodeKind{"KmsAccessDenied", base::ErrorKind::Denied},
    CodeKind{"MissingAuthenticationTokenException", base::ErrorKind::Denied},
    CodeKind{"UnrecognizedClientException", base::ErrorKind::Denied},
};

constexpr int kSaysNothing = 400;

base::ErrorKind kind_of(int status, std::string_view code) {
  const auto known = std::ranges::find(kKinds, code, &CodeKind::code);
  if (known != kKinds.end()) return known->kind;
  if (trouble_of(kSaysNothing, code) == Trouble::Throttled) return base::ErrorKind::Unavailable;
  switch (status) {
    case 404: return base::ErrorKind::NotFound;
    case 401:
    case 403: return base::ErrorKind::Denied;
    case 409:
    case 412: return base::ErrorKind::Conflict;
    case 501: return base::ErrorKind::Unsupported;
    case 408:
    case 429:
    case 503: return base::ErrorKind::Unavailable;
    default: return status < 500 ? base::ErrorKind::InvalidValue : base::ErrorKind::Internal;
  }
}

/// "Not Found" -> "NotFound", as other clients call what comes without a body.
std::string code_of(int status) {
  std::string code;
  for (const char c : http::reason_of(status))
    if (c != ' ') code += c;
  return code;
}

std::string string_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str()) : std::string();
}

/// {"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"..."}
void read_json(std::string_view body, Refusal& refusal) {
  boost::system::error_code error;
  const auto value = boost::json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return;
  const auto& object = value.get_object();
  // A name space may stand before the name, and a page about it behind.
  auto type = string_of(object, "__type");
  type = type.substr(0, type.find(':'));
  if (!type.empty()) refusal.code = type.substr(type.rfind('#') + 1);
  for (const std::string_view name : {"message", "Message"})
    if (auto message = string_of(object, name); !message.empty()) refusal.message = std::move(message);
}

}  // namespace

Refusal read_refusal(const http::Response& response, std::string_view body) {
  Refusal refusal{.status = response.status,
                  .code = code_of(response.status),
                  .message = std::string(http::reason_of(response.status)),
                  .request_id = std::string(response.headers.get("x-amz-request-id")),
                  .region = std::string(response.headers.get("x-amz-bucket-region")),
                  .headers = response.headers};
  read_json(body, refusal);
  pugi::xml_document document;
  if (document.load_buffer(body.data(), body.size())) {
    auto error = document.child("Error");
    if (!error) error = document.child("ErrorResponse").child("Error");
    if (error.child("Code")) refusal.code = error.child_value("Code");
    if (error.child("Message")) refusal.message = error.child_value("Message");
    if (refusal.region.empty()) refusal.region = error.child_value("Region");
    refusal.endpoint = error.child_value("Endpoint");
  }
  refusal.kind = kind_of(refusal.status, refusal.code);
  return refusal;
}

Refusal no_answer(const base::Error& error) {
  return {.kind = error.kind, .message = error.message, .is_final = error.kind != base::ErrorKind::Unavailable};
}

base::Error to_error(const Refusal& refusal, std::string_view method, std::string_view what) {
  if (refusal.status == 0) return {.kind = refusal.kind, .message = refusal.message};
  return {.kind = refusal.kind, .message = fmt::format("{}: {} ({} {})", refusal.code, refusal.message, method, what)};
}

}  // namespace store::s3
