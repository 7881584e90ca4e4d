#include "store/s3/documents/post_policy.h"

#include <algorithm>
#include <boost/json.hpp>

#include "store/checksum.h"
#include "store/s3/documents/json_reader.h"
#include "store/s3/documents/text.h"
#include "store/s3/iso_time.h"

namespace store::s3 {
namespace {

namespace json = boost::json;

constexpr std::string_view kCode = "InvalidPolicyDocument";

S3Failure invalid(const std::string& what) { return refuse(400, std::string(kCode), "Invalid Policy: " + what); }
S3Failure denied(const std::string& what) {
  return refuse(403, "AccessDenied", "Invalid according to Policy: " + what);
}

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

std::optional<std::string> scalar(const json::value& value) {
  if (value.is_string()) return std::string(view(value.get_string()));
  if (value.is_int64() || value.is_uint64()) return json::serialize(value);
  return std::nullopt;
}

/// {"acl": "private"}
S3Result<void> read_object(const json::object& object, PostPolicy& policy) {
  if (object.empty()) return invalid("a condition is empty");
  for (const auto& member : object) {
    auto value = scalar(member.value());
    if (!value) return invalid("a condition has a value that is no string");
    policy.conditions.push_back({PostCondition::Kind::Equals, to_lower(view(member.key())), std::move(*value)});
  }
  return {};
}

S3Result<std::uint64_t> read_length(const json::value& value) {
  const auto text = scalar(value);
  const auto length = text ? to_integer(*text) : std::nullopt;
  if (!length || *length < 0) return invalid("content-length-range has a bound that is no length");
  return static_cast<std::uint64_t>(*length);
}

/// ["starts-with", "$key", "user/"], ["content-length-range", 0, 1024]
S3Result<void> read_list(const json::array& list, PostPolicy& policy) {
  if (list.size() != 3 || !list[0].is_string()) return invalid("a condition is no list of three");
  const auto name = to_lower(view(list[0].get_string()));
  if (name == "content-length-range") {
    TRY(const auto least, read_length(list[1]));
    TRY(const auto most, read_length(list[2]));
    policy.length_min = std::max(policy.length_min, least);
    policy.length_max = std::min(policy.length_max, most);
    return {};
  }
  if (name != "eq" && name != "starts-with") return invalid("unknown condition " + name);
  const auto field = scalar(list[1]);
  auto value = scalar(list[2]);
  if (!field || !value || !field->starts_with('$')) return invalid("the condition " + name + " needs $field and value");
  policy.conditions.push_back({name == "eq" ? PostCondition::Kind::Equals : PostCondition::Kind::StartsWith,
                               to_lower(std::string_view(*field).substr(1)), std::move(*value)});
  return {};
}

/// Clients may break base64 into lines.
std::optional<std::string> decode(std::string_view base64) {
  std::string text(base64);
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == ' '; });
  return from_base64(text);
}

/// Whether the field may be there without a condition. A checksum only says what the file is.
bool needs_no_condition(std::string_view field) {
  return field == "x-amz-signature" || field == "signature" || field == "awsaccesskeyid" || field == "policy" ||
         field == "file" || field == "bucket" || field.starts_with("x-ignore-") || field.starts_with("x-amz-checksum-");
}

bool has_condition(const PostPolicy& policy, std::string_view field) {
  return std::ranges::find(policy.conditions, field, &PostCondition::field) != policy.conditions.end();
}

bool is_met(const PostCondition& condition, std::string_view value) {
  switch (condition.kind) {
    case PostCondition::Kind::Equals: return value == condition.value;
    case PostCondition::Kind::StartsWith: return value.starts_with(condition.value);
  }
  return false;
}

/// What the form has for a field: every value of those that are there more than once, an empty one for none.
std::vector<std::string> values_of(const PostForm& form, std::string_view field, std::string_view bucket) {
  // The bucket is the one of the request, whatever a field of this name says.
  if (field == "bucket") return {std::string(bucket)};
  std::vector<std::string> values;
  for (const auto& known : form.fields())
    if (to_lower(known.name) == field) values.push_back(known.value);
  if (values.empty()) values.emplace_back();
  return values;
}

}  // namespace

S3Result<PostPolicy> parse_post_policy(std::string_view base64) {
  const auto text = decode(base64);
  if (!text) return invalid("it is not valid base64");
  TRY(const auto document, parse_json(*text, kCode));
  const auto* root = document.if_object();
  const auto* expiration = root != nullptr ? root->if_contains("expiration") : nullptr;
  const auto* conditions = root != nullptr ? root->if_contains("conditions") : nullptr;
  if (expiration == nullptr || !expiration->is_string()) return invalid("it has no expiration");
  if (conditions == nullptr || !conditions->is_array()) return invalid("it has no list of conditions");
  const auto text_of_time = view(expiration->get_string());
  const auto time = parse_iso_time(text_of_time);
  if (!time || text_of_time.find('T') == std::string_view::npos) return invalid("its expiration is no time");
  PostPolicy policy{.expiration = *time};
  for (const auto& condition : conditions->get_array()) {
    if (const auto* object = condition.if_object()) {
      TRY_VOID(read_object(*object, policy));
    } else if (const auto* list = condition.if_array()) {
      TRY_VOID(read_list(*list, policy));
    } else {
      return invalid("a condition is neither an object nor a list");
    }
  }
  return policy;
}

S3Result<void> check_post_policy(const PostPolicy& policy, const PostForm& form, std::string_view bucket,
                                 base::Instant now) {
  if (policy.expiration <= now) return denied("Policy expired.");
  for (const auto& condition : policy.conditions)
    for (const auto& value : values_of(form, condition.field, bucket))
      if (!is_met(condition, value)) return denied("Policy Condition failed: " + condition.field);
  if (!has_condition(policy, "bucket")) return denied("Extra input fields: bucket");
  for (const auto& field : form.fields()) {
    const auto name = to_lower(field.name);
    if (!needs_no_condition(name) && !has_condition(policy, name)) return denied("Extra input fields: " + name);
  }
  return {};
}

S3Result<void> check_post_length_so_far(const PostPolicy& policy, std::uint64_t length) {
  if (length > policy.length_max)
    return refuse(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  return {};
}

S3Result<void> check_post_length(const PostPolicy& policy, std::uint64_t length) {
  TRY_VOID(check_post_length_so_far(policy, length));
  if (length < policy.length_min)
    return refuse(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
  return {};
}

}  // namespace store::s3
