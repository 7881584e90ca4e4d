#include "store/s3/refusal.h"

#include <fmt/format.h>

#include <pugixml.hpp>

namespace store::s3 {
namespace {

base::ErrorKind kind_of(int status, std::string_view code) {
  if (code == "BucketAlreadyOwnedByYou" || code == "BucketAlreadyExists") return base::ErrorKind::AlreadyExists;
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

}  // namespace

Refusal read_refusal(const http::Response& response, std::string_view body) {
  Refusal refusal{.status = response.status,
                  .code = code_of(response.status),
                  .message = std::string(http::reason_of(response.status)),
                  .request_id = std::string(response.headers.get("x-amz-request-id")),
                  .region = std::string(response.headers.get("x-amz-bucket-region")),
                  .headers = response.headers};
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
