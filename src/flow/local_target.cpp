#include "flow/local_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace flow {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

std::string without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

}  // namespace

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

base::Result<ObjectPutAnswer> LocalTarget::put_one(const ObjectPut& put) {
  TRY_VOID(ensure_bucket(put.bucket));
  store::PutOptions options;
  options.attributes.content_type = put.content_type;
  if (!put.cache_control.empty()) options.attributes.headers.emplace_back("cache-control", put.cache_control);
  if (!put.content_disposition.empty())
    options.attributes.headers.emplace_back("content-disposition", put.content_disposition);
  options.attributes.metadata = put.metadata;
  TRY(auto writer, objects_.begin_put(put.bucket, put.key, std::move(options)));
  std::string buffer(std::min<std::uint64_t>(put.content.length, kBufferBytes), '\0');
  for (std::uint64_t offset = 0; offset < put.content.length;) {
    TRY(const auto read, read_content(put.content, offset, buffer));
    TRY_VOID(writer->append(std::string_view(buffer).substr(0, read)));
    offset += read;
  }
  TRY(const auto details, writer->commit({.token = store::WriteToken{put.token.source, put.token.id}}));
  return ObjectPutAnswer{.etag = details.info.etag, .version = {}, .in_parts = false};
}

std::vector<base::Result<ObjectPutAnswer>> LocalTarget::put(std::span<const ObjectPut> puts) {
  std::vector<base::Result<ObjectPutAnswer>> answers(puts.size(), base::Result<ObjectPutAnswer>(ObjectPutAnswer{}));
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
