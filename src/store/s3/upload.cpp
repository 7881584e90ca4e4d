#include <algorithm>

#include "store/s3/iso_time.h"
#include "store/s3/part_sender.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

PartTask task_of(S3Client& client, int number, Body body) {
  return {number, [&client, number, body = std::move(body)](const UploadState& state) {
            return client.put_part(state.bucket, state.key, state.upload_id, number, body);
          }};
}

/// The parts of a body that the state does not have yet.
NextPart missing_parts(S3Client& client, const Body& body, const UploadState& state) {
  std::vector<int> missing;
  const auto count = (body.length + state.part_bytes - 1) / state.part_bytes;
  for (int number = 1; static_cast<std::uint64_t>(number) <= count; ++number)
    if (std::ranges::find(state.parts, number, &RemotePart::number) == state.parts.end()) missing.push_back(number);
  return [&client, &body, missing = std::move(missing), size = state.part_bytes,
          at = std::size_t{0}]() mutable -> base::Result<std::optional<PartTask>> {
    if (at == missing.size()) return std::optional<PartTask>();
    const int number = missing[at++];
    const auto offset = static_cast<std::uint64_t>(number - 1) * size;
    return std::optional(task_of(client, number, part_of(body, offset, std::min(size, body.length - offset))));
  };
}

/// Joins the pieces of a stream to parts.
class PartReader {
 public:
  PartReader(std::function<base::Result<std::string>()> next, std::uint64_t part_bytes)
      : next_(std::move(next)), part_bytes_(static_cast<std::size_t>(part_bytes)) {}

  /// Shorter than the others only at the end.
  base::Result<std::string> read() {
    std::string part = std::exchange(rest_, {});
    while (part.size() < part_bytes_ && !ended_) {
      TRY(auto piece, next_());
      ended_ = piece.empty();
      part += piece;
    }
    if (part.size() > part_bytes_) {
      rest_ = part.substr(part_bytes_);
      part.resize(part_bytes_);
    }
    return part;
  }
  /// Whether nothing follows: reads on to find out.
  base::Result<bool> at_end() {
    if (rest_.empty() && !ended_) {
      TRY(rest_, next_());
      ended_ = rest_.empty();
    }
    return rest_.empty();
  }

 private:
  std::function<base::Result<std::string>()> next_;
  const std::size_t part_bytes_;
  std::string rest_;
  bool ended_ = false;
};

}  // namespace

base::Result<RemoteDetails> upload(S3Client& client, const std::string& bucket, const std::string& key, Body body,
                                   const UploadPlan& plan) {
  const auto& resume = plan.resume;
  const bool resumes = resume && resume->bucket == bucket && resume->key == key && resume->length == body.length &&
                       resume->part_bytes > 0 && !resume->upload_id.empty();
  if (body.length <= plan.single_bytes_max && !resumes) return client.put(bucket, key, std::move(body), plan.put);
  const UploadState fresh{
      .bucket = bucket, .key = key, .part_bytes = part_bytes_for(body.length, plan.part_bytes), .length = body.length};
  auto state = resumes ? *resume : fresh;
  for (bool again = false;; again = true) {
    if (state.upload_id.empty())
      if (auto begun = begin_upload(client, state, plan); !begun)
        return transfer_failed(std::move(begun.error()), state, plan.put);
    auto done = send_and_complete(client, state, plan, missing_parts(client, body, state));
    if (done) return std::move(*done);
    const bool gone = done.error().code == "NoSuchUpload";
    const bool anew = !again && (gone || done.error().code == "ConditionalRequestConflict");
    if (!gone && (anew || plan.on_failure == OnFailure::Abort)) abandon(client, state);
    if (!anew) return transfer_failed(std::move(done.error()), state, plan.put);
    state = fresh;
  }
}

base::Result<RemoteDetails> upload_stream(S3Client& client, const std::string& bucket, const std::string& key,
                                          std::function<base::Result<std::string>()> next, const UploadPlan& plan) {
  PartReader reader(std::move(next), plan.part_bytes);
  TRY(auto first, reader.read());
  TRY(const bool single, reader.at_end());
  if (single) return client.put(bucket, key, body_of(std::move(first)), plan.put);
  UploadState state{.bucket = bucket, .key = key, .part_bytes = plan.part_bytes};
  if (auto begun = begin_upload(client, state, plan); !begun)
    return transfer_failed(std::move(begun.error()), state, plan.put);
  auto next_part = [&, number = 0]() mutable -> base::Result<std::optional<PartTask>> {
    auto bytes = number == 0 ? std::move(first) : std::string();
    if (number > 0) {
      TRY(bytes, reader.read());
    }
    if (bytes.empty()) return std::optional<PartTask>();
    if (static_cast<std::uint64_t>(++number) > kPartsMax)
      return base::fail(base::ErrorKind::InvalidValue, "the stream is longer than 10000 parts: " + key);
    return std::optional(task_of(client, number, body_of(std::move(bytes))));
  };
  auto done = send_and_complete(client, state, plan, std::move(next_part));
  if (done) return std::move(*done);
  abandon(client, state);
  return transfer_failed(std::move(done.error()), state, plan.put);
}

base::Result<std::size_t> abort_old_uploads(S3Client& client, const std::string& bucket, const std::string& prefix,
                                            base::Instant before) {
  TRY(const auto uploads, client.list_uploads(bucket, prefix));
  std::size_t aborted = 0;
  for (const auto& upload : uploads) {
    const auto begun = parse_iso_time(upload.initiated);
    if (!begun || *begun >= before) continue;
    TRY_VOID(client.abort_upload(bucket, upload.key, upload.id));
    ++aborted;
  }
  return aborted;
}

}  // namespace store::s3
