#include "store/s3/write_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/checksum.h"
#include "store/encryption.h"
#include "store/s3/access.h"
#include "store/s3/documents/encryption.h"
#include "store/s3/documents/object_lock.h"
#include "store/s3/documents/ownership_controls.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/documents/text.h"
#include "store/s3/expiration.h"
#include "store/s3/grants.h"

namespace store::s3 {
namespace {

using namespace std::string_view_literals;

constexpr std::array kStorageClasses{
    "STANDARD"sv,     "REDUCED_REDUNDANCY"sv, "STANDARD_IA"sv, "ONEZONE_IA"sv, "INTELLIGENT_TIERING"sv, "GLACIER"sv,
    "DEEP_ARCHIVE"sv, "GLACIER_IR"sv,         "OUTPOSTS"sv,    "SNOW"sv,       "EXPRESS_ONEZONE"sv};
constexpr std::size_t kMetadataBytesMax = 2048;
constexpr std::string_view kDefaultKeyName = "aws/s3";

/// aws-chunked is of the transfer, not of the object.
std::string without_aws_chunked(std::string_view encoding) {
  std::string kept;
  while (!encoding.empty()) {
    const auto comma = encoding.find(',');
    auto item = encoding.substr(0, comma);
    encoding = comma == std::string_view::npos ? std::string_view{} : encoding.substr(comma + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.empty() || item == "aws-chunked") continue;
    kept += (kept.empty() ? "" : ", ") + std::string(item);
  }
  return kept;
}

S3Result<ObjectAttributes> read_attributes(const Call& call) {
  ObjectAttributes attributes;
  attributes.content_type = call.header("content-type").value_or("");
  for (const char* name :
       {"cache-control", "content-disposition", "content-language", "expires", "x-amz-website-redirect-location"})
    if (auto value = call.header(name)) attributes.headers.emplace_back(name, *value);
  if (const auto encoding = call.header("content-encoding"))
    if (auto kept = without_aws_chunked(*encoding); !kept.empty())
      attributes.headers.emplace_back("content-encoding", kept);
  constexpr std::string_view kMeta = "x-amz-meta-";
  std::size_t metadata_bytes = 0;
  const auto take = [&](std::string_view name, const std::string& value) {
    auto small = to_lower(name);
    if (!small.starts_with(kMeta)) return;
    metadata_bytes += small.size() - kMeta.size() + value.size();
    attributes.metadata.emplace_back(small.substr(kMeta.size()), value);
  };
  for (const auto& [name, value] : call.request->headers.lines()) take(name, value);
  if (call.authentication.presigned)
    for (const auto& [name, value] : call.query) take(name, value);
  if (metadata_bytes > kMetadataBytesMax)
    return refuse(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.");
  if (const auto storage_class = call.header("x-amz-storage-class")) {
    if (std::ranges::find(kStorageClasses, *storage_class) == kStorageClasses.end())
      return refuse(400, "InvalidStorageClass", "The storage class you specified is not valid: " + *storage_class);
    if (*storage_class != "STANDARD") attributes.storage_class = *storage_class;
  }
  return attributes;
}

/// The checksum that the client sends, in a header or announced for the trailer; at most one.
S3Result<bool> read_checksum(const Call& call, bool strict_presigned, WriteRequest& write) {
  constexpr std::string_view kPrefix = "x-amz-checksum-";
  int count = 0;
  const auto take = [&](std::string_view header, const std::string& value, bool in_query) -> S3Result<bool> {
    const auto name = to_lower(header);
    if (!name.starts_with(kPrefix) || name == "x-amz-checksum-algorithm" || name == "x-amz-checksum-type" ||
        name == "x-amz-checksum-mode")
      return true;
    const auto algorithm = checksum_algorithm_of(std::string_view(name).substr(kPrefix.size()));
    if (!algorithm) return refuse(400, "InvalidRequest", "The checksum algorithm is not supported: " + name);
    // One SDK signs the checksum of an empty body into the URL of a body that it does not know yet.
    if (in_query && !strict_presigned && value == to_base64(checksum(*algorithm, ""))) return true;
    ++count;
    write.checksum = algorithm;
    write.commit.expected_checksum = value;
    return true;
  };
  for (const auto& [name, value] : call.request->headers.lines())
    if (auto taken = take(name, value, false); !taken) return taken;
  if (call.authentication.presigned)
    for (const auto& [name, value] : call.query)
      if (auto taken = take(name, value, true); !taken) return taken;
  if (const auto announced = call.header("x-amz-trailer"); announced && count == 0)
    if (auto taken = take(*announced, "", false); !taken) return taken;
  if (count > 1) return refuse(400, "InvalidRequest", "Expecting a single x-amz-checksum- header");
  const auto hinted = call.header("x-amz-sdk-checksum-algorithm");
  if (hinted && count == 0 && !call.authentication.presigned)
    return refuse(400, "InvalidRequest",
                  "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                  "headers were found.");
  return true;
}

S3Result<EncryptionRequest> read_encryption(const ServiceContext& context, const Call& call, const BucketInfo& bucket) {
  EncryptionRequest request;
  auto key = customer_key(context, call);
  if (!key) return S3Failure(key.error());
  const auto named = call.header("x-amz-server-side-encryption");
  const auto key_name = call.header("x-amz-server-side-encryption-aws-kms-key-id");
  if (!key->empty()) {
    if (named || key_name)
      return refuse(400, "InvalidArgument",
                    "Server Side Encryption with Customer provided key is incompatible with the encryption method "
                    "specified");
    return EncryptionRequest{{.kind = EncryptionKind::Customer}, std::move(*key)};
  }
  if (!named && key_name)
    return refuse(400, "InvalidArgument", "A KMS key needs the header x-amz-server-side-encryption: aws:kms.");
  std::optional<SseAlgorithm> algorithm;
  auto name = key_name;
  if (named) {
    algorithm = sse_algorithm_of(*named);
    if (!algorithm)
      return refuse(400, "InvalidArgument", "The encryption method specified is not supported: " + *named);
    if (algorithm == SseAlgorithm::Aes256 && key_name)
      return refuse(400, "InvalidArgument", "A KMS key cannot be used with AES256.");
  } else if (const auto* document = bucket.document("encryption")) {
    const auto defaults = parse_encryption(*document);
    if (!defaults) return S3Failure(defaults.error());
    algorithm = defaults->algorithm;
    name = defaults->kms_key_id;
  }
  if (algorithm == SseAlgorithm::Aes256) request.encryption.kind = EncryptionKind::Store;
  if (algorithm == SseAlgorithm::AwsKms)
    request.encryption = {EncryptionKind::Named, name.value_or(std::string(kDefaultKeyName))};
  return request;
}

S3Result<ObjectLock> read_lock(const ServiceContext& context, const Call& call, const BucketInfo& bucket) {
  ObjectLock lock;
  const auto mode = call.header("x-amz-object-lock-mode"), until = call.header("x-amz-object-lock-retain-until-date"),
             hold = call.header("x-amz-object-lock-legal-hold");
  if ((mode || until || hold) && !bucket.object_lock)
    return refuse(400, "InvalidRequest", "Bucket is missing Object Lock Configuration");
  if (!bucket.object_lock) return lock;
  const auto now = context.clock.now();
  auto retention = parse_retention_headers(mode, until, now);
  if (!retention) return S3Failure(retention.error());
  lock.retention = std::move(*retention);
  if (hold) {
    const auto parsed = parse_legal_hold_header(*hold);
    if (!parsed) return S3Failure(parsed.error());
    lock.legal_hold = *parsed == LegalHold::On;
  }
  if (const auto* document = bucket.document("object-lock"); document != nullptr && !lock.retention) {
    const auto configuration = parse_object_lock(*document);
    if (configuration && configuration->default_retention)
      lock.retention = retention_of_new(*configuration->default_retention, now);
  }
  return lock;
}

S3Result<ObjectSettings> read_settings(const ServiceContext& context, const Call& call, const BucketInfo& bucket) {
  ObjectSettings settings;
  settings.owner = call.caller() ? call.caller_id() : std::string{};
  if (!uses_access_lists(context, bucket)) settings.owner = bucket.owner;
  if (settings.owner == kAdministrator) settings.owner.clear();
  const auto* ownership = bucket.document("ownershipControls");
  if (ownership != nullptr && call.header("x-amz-acl") == "bucket-owner-full-control") {
    const auto parsed = parse_ownership_controls(*ownership);
    if (parsed && *parsed == ObjectOwnership::BucketOwnerPreferred) settings.owner = bucket.owner;
  }
  auto access = read_access_headers(context, call, bucket, settings.owner);
  if (!access) return S3Failure(access.error());
  settings.access = std::move(*access);
  if (const auto header = call.header("x-amz-tagging")) {
    const auto tags = parse_tagging_header(*header);
    if (!tags) return S3Failure(tags.error());
    for (const auto& [name, value] : *tags) settings.tags.emplace_back(name, value);
  }
  auto lock = read_lock(context, call, bucket);
  if (!lock) return S3Failure(lock.error());
  settings.lock = *lock;
  return settings;
}

}  // namespace

S3Result<bool> read_digests(const Call& call, WriteRequest& write, bool strict_presigned) {
  if (auto read = read_checksum(call, strict_presigned, write); !read) return read;
  if (const auto digest = call.header("content-md5")) {
    const auto raw = from_base64(*digest);
    if (!raw || raw->size() != 16) return refuse(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    write.commit.expected_md5 = *raw;
  }
  return true;
}

S3Result<WriteRequest> read_write_request(const ServiceContext& context, const Call& call, const BucketInfo& bucket) {
  if (call.header("x-amz-write-offset-bytes"))
    return refuse(501, "NotImplemented", "A header you provided is not implemented: x-amz-write-offset-bytes");
  WriteRequest write;
  auto attributes = read_attributes(call);
  if (!attributes) return S3Failure(attributes.error());
  write.attributes = std::move(*attributes);
  if (auto read = read_digests(call, write, context.options.strict_presigned_checksums); !read)
    return S3Failure(read.error());
  auto settings = read_settings(context, call, bucket);
  if (!settings) return S3Failure(settings.error());
  write.settings = std::move(*settings);
  auto encryption = read_encryption(context, call, bucket);
  if (!encryption) return S3Failure(encryption.error());
  write.encryption = std::move(*encryption);
  write.commit.origin = origin_of(call);
  write.commit.conditions.if_match = unquoted(call.header("if-match").value_or(""));
  write.commit.conditions.if_none_match = unquoted(call.header("if-none-match").value_or(""));
  return write;
}

http::Headers written_headers(const BucketInfo& bucket, const ObjectDetails& details) {
  http::Headers headers{{"ETag", quoted(details.info.etag)}};
  add_checksum(headers, details.checksum);
  if (bucket.versioning == Versioning::Enabled) headers.add("x-amz-version-id", version_id(details.info));
  if (auto expiration = expiration_of(bucket, details)) headers.add("x-amz-expiration", std::move(*expiration));
  return headers;
}

S3Result<std::string> customer_key(const ServiceContext& context, const Call& call, std::string_view prefix) {
  const auto name = [&](std::string_view end) {
    return fmt::format("{}server-side-encryption-customer-{}", prefix, end);
  };
  const auto algorithm = call.header(name("algorithm")), text = call.header(name("key")),
             digest = call.header(name("key-md5"));
  if (!algorithm && !text && !digest) return std::string{};
  if (!algorithm || *algorithm != "AES256")
    return refuse(400, "InvalidArgument",
                  "Requests specifying Server Side Encryption with Customer provided keys must "
                  "provide a valid encryption algorithm.");
  if (!text)
    return refuse(400, "InvalidArgument",
                  "Requests specifying Server Side Encryption with Customer provided "
                  "keys must provide an appropriate secret key.");
  if (!call.is_encrypted && !context.options.customer_keys_in_the_clear)
    return refuse(400, "InvalidRequest",
                  "Requests specifying Server Side Encryption with Customer provided keys must "
                  "be made over a secure connection.");
  auto key = from_base64(*text);
  if (!key || key->size() != kKeyBytes)
    return refuse(400, "InvalidArgument", "The secret key was invalid for the specified algorithm.");
  if (!digest || from_base64(*digest) != md5(*key))
    return refuse(400, "InvalidArgument",
                  "The calculated MD5 hash of the key did not match the hash that was provided.");
  return std::move(*key);
}

void add_encryption(http::Headers& headers, const Encryption& encryption, const Call& call) {
  constexpr auto kHeader = "x-amz-server-side-encryption";
  switch (encryption.kind) {
    case EncryptionKind::None: return;
    case EncryptionKind::Store: headers.add(kHeader, "AES256"); return;
    case EncryptionKind::Named:
      headers.add(kHeader, "aws:kms");
      headers.add("x-amz-server-side-encryption-aws-kms-key-id", encryption.key_name);
      return;
    case EncryptionKind::Customer:
      headers.add("x-amz-server-side-encryption-customer-algorithm", "AES256");
      if (const auto digest = call.header("x-amz-server-side-encryption-customer-key-md5"))
        headers.add("x-amz-server-side-encryption-customer-key-MD5", *digest);
  }
}

}  // namespace store::s3
