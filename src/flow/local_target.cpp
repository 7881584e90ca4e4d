#include "flow/local_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "store/s3/documents/tagging.h"
#include "store/s3/expiration.h"
#include "store/s3/s3_error.h"

namespace flow {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

std::string without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

store::PutOptions options_of(const ObjectPut& put) {
  store::PutOptions options;
  auto& attributes = options.attributes;
  attributes.content_type = put.content_type;
  if (!put.cache_control.empty()) attributes.headers.emplace_back("cache-control", put.cache_control);
  if (!put.content_disposition.empty()) attributes.headers.emplace_back("content-disposition", put.content_disposition);
  attributes.metadata = put.metadata;
  if (put.storage_class != "STANDARD") attributes.storage_class = put.storage_class;
  options.settings.tags = put.tags;
  switch (put.encryption) {
    case ObjectEncryption::None: break;
    case ObjectEncryption::Aes256: options.encryption.encryption.kind = store::EncryptionKind::Store; break;
    case ObjectEncryption::Kms:
      options.encryption.encryption = {store::EncryptionKind::Named,
                                       put.encryption_key.empty() ? "aws/s3" : put.encryption_key};
      break;
  }
  options.expected_bytes = put.content.length;
  return options;
}

}  // namespace

base::Failure<ObjectError> store_error(const base::Error& error) {
  auto s3 = store::s3::to_s3(error);
  return ObjectError{
      .kind = error.kind, .status = s3.status, .code = std::move(s3.code), .message = std::move(s3.message)};
}

ObjectStatus check_tags(const NamedTexts& tags) {
  store::s3::Tags set;
  for (const auto& [name, value] : tags) set.push_back({name, value});
  const auto checked = store::s3::check_tags(set, store::s3::TagHolder::Object);
  if (checked) return {};
  const auto& error = checked.error();
  return base::Failure<ObjectError>(ObjectError{
      .kind = base::ErrorKind::InvalidValue, .status = error.status, .code = error.code, .message = error.message});
}

base::Status LocalTarget::ensure_bucket(const std::string& bucket) {
  {
    const std::lock_guard lock(buckets_mutex_);
    if (buckets_.contains(bucket)) return {};
  }
  TRY_VOID(objects_.ensure_bucket(bucket));
  const std::lock_guard lock(buckets_mutex_);
  buckets_.insert(bucket);
  return {};
}

ObjectResult<ObjectPutAnswer> LocalTarget::put_one(const ObjectPut& put) {
  TRY_VOID(check_tags(put.tags));
  if (const auto made = ensure_bucket(put.bucket); !made) return store_error(made.error());
  auto writer = objects_.begin_put(put.bucket, put.key, options_of(put));
  if (!writer) return store_error(writer.error());
  std::string buffer(std::min<std::uint64_t>(put.content.length, kBufferBytes), '\0');
  for (std::uint64_t offset = 0; offset < put.content.length;) {
    const auto read = read_content(put.content, offset, buffer);
    if (!read) return object_error(read.error());
    if (const auto kept = (*writer)->append(std::string_view(buffer).substr(0, *read)); !kept)
      return store_error(kept.error());
    offset += *read;
  }
  const auto details = (*writer)->commit({.token = store::WriteToken{put.token.source, put.token.id}});
  if (!details) return store_error(details.error());
  ObjectPutAnswer answer{.etag = details->info.etag};
  const auto bucket = objects_.find_bucket(put.bucket);
  if (!bucket) return answer;
  if (bucket->versioning != store::Versioning::Never) answer.version = version_id(details->info);
  answer.expiration = store::s3::expiration_of(*bucket, *details).value_or("");
  return answer;
}

std::vector<ObjectResult<ObjectPutAnswer>> LocalTarget::put(std::span<const ObjectPut> puts) {
  std::vector<ObjectResult<ObjectPutAnswer>> answers(puts.size());
  const auto threads = std::min<std::size_t>(static_cast<std::size_t>(std::max(parallel_, 1)), puts.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next.fetch_add(1); i < puts.size(); i = next.fetch_add(1)) answers[i] = put_one(puts[i]);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  others.clear();
  return answers;
}

std::string LocalTarget::url_of(const std::string& bucket, const std::string& key) const {
  return fmt::format("s3://{}/{}", bucket, key);
}

base::Result<std::shared_ptr<ObjectTarget>> DefaultTargets::find(const TargetRequest& request) {
  if (remote_) {
    TRY(auto target, remote_(request));
    if (target) return target;
  }
  const auto endpoint = without_slash(request.endpoint);
  const bool local = endpoint.empty() || std::ranges::any_of(local_endpoints_, [&](const auto& known) {
                       return without_slash(known) == endpoint;
                     });
  if (local) return local_;
  return base::fail(
      base::ErrorKind::Unsupported,
      fmt::format("no S3 service is configured for the endpoint {}; map it, or leave 'Endpoint Override URL' unset "
                  "for the local store",
                  request.endpoint));
}

}  // namespace flow
