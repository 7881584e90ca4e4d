#include "store/s3/call.h"

#include <fmt/format.h>

#include <charconv>

#include "store/checksum.h"

namespace store::s3 {

std::optional<std::string> Call::parameter(std::string_view name) const {
  for (const auto& [known, value] : query)
    if (known == name) return value;
  return std::nullopt;
}

std::optional<std::string> Call::header(std::string_view name) const {
  if (const auto value = request->headers.find(name)) return std::string(*value);
  if (!authentication.presigned || !name.starts_with("x-amz-")) return std::nullopt;
  for (const auto& [known, value] : query)
    if (http::equal_without_case(known, name)) return value;
  return std::nullopt;
}

EventOrigin origin_of(const Call& call) { return {call.caller_id(), call.remote_address, call.request_id}; }

Reply xml_reply(std::string xml, int status) {
  return {.status = status, .headers = {{"Content-Type", "application/xml"}}, .body = std::move(xml)};
}

std::string quoted(std::string_view etag) { return "\"" + std::string(etag) + "\""; }

std::string unquoted(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.starts_with('"')) etag.remove_prefix(1);
  if (etag.ends_with('"')) etag.remove_suffix(1);
  return std::string(etag);
}

S3Result<int> integer_parameter(const Call& call, std::string_view name, int missing) {
  const auto text = call.parameter(name);
  if (!text || text->empty()) return missing;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < 0)
    return refuse(400, "InvalidArgument", fmt::format("Provided {} not an integer or within integer range", name));
  return value;
}

ReplyResult done(const base::Status& status, int code) {
  if (!status) return S3Failure(to_s3(status.error()));
  return Reply{.status = code};
}

std::string upper_name_of(ChecksumAlgorithm algorithm) {
  std::string name(store::name_of(algorithm));
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return name;
}

std::string_view name_of(ChecksumType type) { return type == ChecksumType::Composite ? "COMPOSITE" : "FULL_OBJECT"; }

void add_checksum(http::Headers& headers, const std::optional<Checksum>& checksum) {
  if (!checksum) return;
  headers.add(fmt::format("x-amz-checksum-{}", store::name_of(checksum->algorithm)), checksum->value);
  headers.add("x-amz-checksum-type", std::string(name_of(checksum->type)));
}

OwnerName owner_of(const ServiceContext& context, const std::string& id, const BucketInfo& bucket) {
  const auto& known = !id.empty() ? id : bucket.owner;
  std::string owner = known.empty() ? std::string(kAdministrator) : known;
  const auto user = context.keys.user_of_id(owner);
  return {std::move(owner), user ? user->name : std::string{}};
}

}  // namespace store::s3
