#include "flow/remote_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "flow/engine/content.h"
#include "http/message.h"
#include "store/s3/transfer.h"

namespace flow {
namespace {

constexpr std::size_t kPutsAtOnce = 8;

store::s3::Body body_of(const ContentClaim& content) {
  store::s3::Body body{.length = content.length};
  body.read = [content](std::uint64_t offset, std::size_t size) -> base::Result<std::string> {
    std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, content.length - offset)), '\0');
    TRY(const auto count, read_content(content, offset, piece));
    piece.resize(count);
    return piece;
  };
  return body;
}

}  // namespace

RemoteTarget::RemoteTarget(std::shared_ptr<store::s3::S3Client> client, std::string url)
    : client_(std::move(client)), url_(std::move(url)) {}

base::Result<ObjectPutAnswer> RemoteTarget::put_one(const ObjectPut& put) {
  store::s3::UploadPlan plan;
  plan.put.content_type = put.content_type;
  if (!put.cache_control.empty()) plan.put.headers.set("Cache-Control", put.cache_control);
  if (!put.content_disposition.empty()) plan.put.headers.set("Content-Disposition", put.content_disposition);
  if (!put.storage_class.empty() && put.storage_class != "STANDARD")
    plan.put.headers.set("x-amz-storage-class", put.storage_class);
  for (const auto& [name, value] : put.metadata) plan.put.headers.set("x-amz-meta-" + name, value);
  TRY(const auto details, store::s3::upload(*client_, put.bucket, put.key, body_of(put.content), plan));
  return ObjectPutAnswer{
      .etag = details.etag, .version = details.version_id, .in_parts = put.content.length > plan.single_bytes_max};
}

std::vector<base::Result<ObjectPutAnswer>> RemoteTarget::put(std::span<const ObjectPut> puts) {
  std::vector<base::Result<ObjectPutAnswer>> answers(puts.size(), base::Result<ObjectPutAnswer>(ObjectPutAnswer{}));
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next.fetch_add(1); i < puts.size(); i = next.fetch_add(1)) answers[i] = put_one(puts[i]);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(kPutsAtOnce, puts.size()); ++i) others.emplace_back(work);
  work();
  others.clear();
  return answers;
}

std::string RemoteTarget::url_of(const std::string& bucket, const std::string& key) const {
  if (url_.empty()) return fmt::format("s3://{}/{}", bucket, key);
  return fmt::format("{}/{}/{}", url_, bucket, http::percent_encode(key, "/"));
}

}  // namespace flow
