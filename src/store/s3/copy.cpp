#include <algorithm>
#include <array>

#include "store/s3/part_sender.h"

namespace store::s3 {
namespace {

/// What a copy in parts must say itself, as it is a new object to the server.
PutOptions options_like(const RemoteDetails& source, PutOptions options) {
  constexpr std::array kKept{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"};
  if (options.content_type.empty()) options.content_type = source.content_type;
  for (const char* name : kKept)
    if (const auto value = source.headers.find(name); value && !options.headers.find(name))
      options.headers.add(name, std::string(*value));
  for (const auto& [name, value] : source.metadata)
    if (!options.headers.find("x-amz-meta-" + name)) options.headers.add("x-amz-meta-" + name, value);
  return options;
}

}  // namespace

base::Result<RemoteDetails> copy_object(S3Client& client, const std::string& from_bucket, const std::string& from_key,
                                        const std::string& bucket, const std::string& key, const CopyPlan& plan) {
  TRY(const auto source, client.head(from_bucket, from_key, plan.put.refusal));
  if (source.size <= plan.single_bytes_max) return client.copy(from_bucket, from_key, bucket, key, plan.put);
  const UploadPlan sending{.concurrency = plan.concurrency, .put = options_like(source, plan.put)};
  UploadState state{
      .bucket = bucket, .key = key, .part_bytes = part_bytes_for(source.size, plan.part_bytes), .length = source.size};
  if (auto begun = begin_upload(client, state, sending); !begun)
    return transfer_failed(std::move(begun.error()), state, plan.put);
  auto next = [&, number = 0]() mutable -> base::Result<std::optional<PartTask>> {
    const auto offset = static_cast<std::uint64_t>(number) * state.part_bytes;
    if (offset >= source.size) return std::optional<PartTask>();
    const CopySource part{.bucket = from_bucket,
                          .key = from_key,
                          .etag = source.etag,
                          .offset = offset,
                          .length = std::min(state.part_bytes, source.size - offset)};
    ++number;
    return std::optional(PartTask{number, [&client, part, number](const UploadState& target) {
                                    return client.copy_part(part, target.bucket, target.key, target.upload_id, number);
                                  }});
  };
  auto done = send_and_complete(client, state, sending, std::move(next));
  if (done) return std::move(*done);
  abandon(client, state);
  return transfer_failed(std::move(done.error()), state, plan.put);
}

}  // namespace store::s3
