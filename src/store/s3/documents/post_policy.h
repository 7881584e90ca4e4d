#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/s3/documents/form_parser.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

/// The fields of an upload's form, in front of its file.
class PostForm {
 public:
  explicit PostForm(std::vector<FormField> fields = {}) : fields_(std::move(fields)) {}

  void add(FormField field) { fields_.push_back(std::move(field)); }
  const std::vector<FormField>& fields() const { return fields_; }
  /// The first field of that name; names compare without case.
  std::optional<std::string> value_of(std::string_view name) const;
  /// Puts the file's name, without folders, where fields have ${filename}.
  void insert_file_name(std::string_view file_name);

 private:
  std::vector<FormField> fields_;
};

/// What one field has to be.
struct PostCondition {
  enum class Kind { Equals, StartsWith };
  Kind kind = Kind::Equals;
  std::string field;  // in lower case, without its $
  std::string value;

  bool operator==(const PostCondition&) const = default;
};

struct PostPolicy {
  base::Instant expiration;
  std::vector<PostCondition> conditions;
  std::uint64_t length_min = 0;  // of the file
  std::uint64_t length_max = UINT64_MAX;

  bool operator==(const PostPolicy&) const = default;
};

/// The policy of an upload: JSON in base64.
/// Errors: 400 InvalidPolicyDocument: no base64, no JSON, no or another expiration or conditions (these two names have
/// a case), a condition of another form.
/// Source: Amazon S3 API Reference, "POST Policy".
S3Result<PostPolicy> parse_post_policy(std::string_view base64);

/// Whether the form is what the policy was signed for. Every field needs a condition, and so does the bucket, but for
/// the signature, the policy, the file, checksums of the file, and x-ignore-…. ${filename} must be replaced by then.
/// Errors: 403 AccessDenied, for an expired policy too.
S3Result<void> check_post_policy(const PostPolicy& policy, const PostForm& form, std::string_view bucket,
                                 base::Instant now);

/// Errors: 400 EntityTooSmall, EntityTooLarge. The second can be asked while the file arrives.
S3Result<void> check_post_length(const PostPolicy& policy, std::uint64_t length);
S3Result<void> check_post_length_so_far(const PostPolicy& policy, std::uint64_t length);

enum class PostSignatureVersion { V2, V4 };

/// How a form is signed; the text that is signed is the field "policy" as it stands.
struct PostSignature {
  PostSignatureVersion version = PostSignatureVersion::V4;
  std::string policy;
  std::string signature;       // hexadecimal of V4, base64 of V2
  std::string credential;      // of V4: key id and scope; of V2: the key id
  std::string date;            // of V4
  std::string security_token;  // may be empty

  bool operator==(const PostSignature&) const = default;
};

/// None when the form has neither a policy nor a signature: it is anonymous.
/// Errors: 400 InvalidArgument when a field of the signature or the policy is missing; 400 InvalidRequest for another
/// algorithm.
/// Source: Amazon S3 API Reference, "Authenticating requests in browser-based uploads using POST (AWS Signature Version
/// 4)".
S3Result<std::optional<PostSignature>> read_post_signature(const PostForm& form);

/// The key of the new object. Errors: 400 InvalidArgument when there is none.
S3Result<std::string> post_key(const PostForm& form);

/// 200, 201 or 204, of which 204 is for all else that success_action_status may say.
int post_success_status(const PostForm& form);
/// Where success_action_redirect (or the older redirect) sends the browser, told of the object; none without one, or
/// where it is no http URL. `etag` has no quotes.
std::optional<std::string> post_redirect(const PostForm& form, std::string_view bucket, std::string_view key,
                                         std::string_view etag);
/// The body of a 201. `etag` has no quotes.
std::string print_post_response(std::string_view location, std::string_view bucket, std::string_view key,
                                std::string_view etag);

}  // namespace store::s3
