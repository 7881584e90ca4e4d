#include "http/message.h"
#include "store/s3/documents/post_policy.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

/// What the fields of an upload's form say.
namespace store::s3 {
namespace {

constexpr std::string_view kFileNameVariable = "${filename}";

/// Some browsers send the path of the file on their machine.
std::string_view without_folders(std::string_view file_name) {
  const auto slash = file_name.find_last_of("/\\");
  return slash == std::string_view::npos ? file_name : file_name.substr(slash + 1);
}

S3Failure missing_field(std::string_view name) {
  return invalid_argument("Bucket POST must contain a field named '" + std::string(name) +
                          "'.  If it is specified, please check the order of the fields.");
}

}  // namespace

std::optional<std::string> PostForm::value_of(std::string_view name) const {
  for (const auto& field : fields_)
    if (http::equal_without_case(field.name, name)) return field.value;
  return std::nullopt;
}

void PostForm::insert_file_name(std::string_view file_name) {
  const auto name = without_folders(file_name);
  for (auto& field : fields_) {
    // Behind what was inserted, which may look like the variable itself.
    for (auto at = field.value.find(kFileNameVariable); at != std::string::npos;
         at = field.value.find(kFileNameVariable, at + name.size()))
      field.value.replace(at, kFileNameVariable.size(), name);
  }
}

S3Result<std::optional<PostSignature>> read_post_signature(const PostForm& form) {
  const auto policy = form.value_of("policy");
  const auto algorithm = form.value_of("x-amz-algorithm");
  const auto v4 = form.value_of("x-amz-signature"), v2 = form.value_of("signature");
  if (!policy && !v4 && !v2 && !algorithm) return std::optional<PostSignature>{};
  if (!policy) return missing_field("policy");
  PostSignature signature{.policy = *policy, .security_token = form.value_of("x-amz-security-token").value_or("")};
  const auto key_id = form.value_of("AWSAccessKeyId");
  if (!v4 && !algorithm && (v2 || key_id)) {
    if (!v2) return missing_field("Signature");
    if (!key_id) return missing_field("AWSAccessKeyId");
    signature.version = PostSignatureVersion::V2;
    signature.signature = *v2;
    signature.credential = *key_id;
    return std::optional(std::move(signature));
  }
  const auto credential = form.value_of("x-amz-credential"), date = form.value_of("x-amz-date");
  if (!v4) return missing_field("X-Amz-Signature");
  if (!algorithm) return missing_field("X-Amz-Algorithm");
  if (!credential) return missing_field("X-Amz-Credential");
  if (!date) return missing_field("X-Amz-Date");
  if (*algorithm != "AWS4-HMAC-SHA256")
    return refuse(400, "InvalidRequest", "The authorization mechanism you have provided is not supported.");
  signature.signature = *v4;
  signature.credential = *credential;
  signature.date = *date;
  return std::optional(std::move(signature));
}

S3Result<std::string> post_key(const PostForm& form) {
  auto key = form.value_of("key");
  if (!key) return missing_field("key");
  if (key->empty()) return invalid_argument("User key must have a length greater than 0.");
  return std::move(*key);
}

int post_success_status(const PostForm& form) {
  const auto status = form.value_of("success_action_status");
  if (status == "200") return 200;
  if (status == "201") return 201;
  return 204;
}

std::optional<std::string> post_redirect(const PostForm& form, std::string_view bucket, std::string_view key,
                                         std::string_view etag) {
  auto url = form.value_of("success_action_redirect");
  if (!url) url = form.value_of("redirect");
  if (!url || !(url->starts_with("http://") || url->starts_with("https://"))) return std::nullopt;
  // It becomes a header.
  if (url->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) return std::nullopt;
  *url += url->find('?') == std::string::npos ? '?' : '&';
  *url += "bucket=" + http::percent_encode(bucket) + "&key=" + http::percent_encode(key, "/") + "&etag=%22" +
          http::percent_encode(etag) + "%22";
  return url;
}

std::string print_post_response(std::string_view location, std::string_view bucket, std::string_view key,
                                std::string_view etag) {
  XmlWriter xml("PostResponse", "");
  xml.text("Location", location).text("Bucket", bucket).text("Key", key);
  xml.text("ETag", "\"" + std::string(etag) + "\"");
  return xml.take();
}

}  // namespace store::s3
