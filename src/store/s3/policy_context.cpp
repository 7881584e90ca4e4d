#include "store/s3/policy_context.h"

#include <array>

#include "store/s3/documents/tagging.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

using Values = std::optional<std::vector<std::string>>;

Values one(std::optional<std::string> value) {
  if (!value) return std::nullopt;
  return std::vector{std::move(*value)};
}

Values tag_of(const NameValues& tags, std::string_view name) {
  for (const auto& [known, value] : tags)
    if (known == name) return std::vector{value};
  return std::nullopt;
}

/// The tags that the request brings, in its header or its document.
NameValues request_tags(const Call& call) {
  NameValues pairs;
  const auto take = [&](const S3Result<Tags>& tags) {
    if (tags)
      for (const auto& [name, value] : *tags) pairs.emplace_back(name, value);
  };
  if (const auto header = call.header("x-amz-tagging")) take(parse_tagging_header(*header));
  if (call.has("tagging") && !call.body.empty()) take(parse_tagging(call.body, TagHolder::Object));
  return pairs;
}

Values of_caller(const Call& call, std::string_view key) {
  const auto& user = call.caller();
  if (!user) return std::nullopt;
  if (key == "aws:username") return one(user->name.empty() ? user->id : user->name);
  if (key == "aws:userid") return one(user->id);
  return std::nullopt;
}

Values of_request(const Call& call, std::string_view key) {
  struct Named {
    std::string_view key, name;
  };
  static constexpr std::array kParameters{Named{"s3:prefix", "prefix"}, Named{"s3:delimiter", "delimiter"},
                                          Named{"s3:max-keys", "max-keys"}, Named{"s3:versionid", "versionId"}};
  static constexpr std::array kHeaders{Named{"aws:useragent", "user-agent"},
                                       Named{"aws:referer", "referer"},
                                       Named{"s3:if-match", "if-match"},
                                       Named{"s3:if-none-match", "if-none-match"},
                                       Named{"s3:object-lock-mode", "x-amz-object-lock-mode"},
                                       Named{"s3:object-lock-legal-hold", "x-amz-object-lock-legal-hold"}};
  for (const auto& known : kParameters)
    if (key == known.key) return one(call.parameter(known.name));
  for (const auto& known : kHeaders)
    if (key == known.key) return one(call.header(known.name));
  if (key.starts_with("s3:x-amz-")) return one(call.header(key.substr(3)));
  if (key == "aws:sourceip") return one(call.remote_address);
  if (key == "aws:securetransport") return one(call.is_encrypted ? "true" : "false");
  if (key == "aws:currenttime") return one(iso_time(call.received));
  if (key == "aws:epochtime") return one(std::to_string(call.received.ns / 1'000'000'000));
  if (key == "s3:authtype") return one(call.authentication.presigned ? "REST-QUERY-STRING" : "REST-HEADER");
  if (key == "s3:signatureversion" && call.caller()) return one("AWS4-HMAC-SHA256");
  return std::nullopt;
}

}  // namespace

ConditionContext policy_context(ServiceContext& context, const Call& call, const std::string& bucket,
                                const std::string& key, const std::string& version) {
  return [&context, &call, &bucket, &key, &version](std::string_view name) -> Values {
    constexpr std::string_view kExisting = "s3:existingobjecttag/", kRequested = "s3:requestobjecttag/";
    if (name.starts_with(kExisting)) {
      const auto object = context.store.head(bucket, key, version);
      return object ? tag_of(object->tags, name.substr(kExisting.size())) : std::nullopt;
    }
    if (name.starts_with(kRequested)) return tag_of(request_tags(call), name.substr(kRequested.size()));
    if (name == "s3:requestobjecttagkeys") {
      std::vector<std::string> names;
      for (const auto& [tag, value] : request_tags(call)) names.push_back(tag);
      return names.empty() ? std::nullopt : Values(std::move(names));
    }
    if (auto values = of_caller(call, name)) return values;
    return of_request(call, name);
  };
}

}  // namespace store::s3
