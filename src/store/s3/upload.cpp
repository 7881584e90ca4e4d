#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "store/s3/time_text.h"
#include "store/s3/transfer.h"

namespace store::s3 {
namespace {

constexpr std::uint64_t kPartsMax = 10'000;
constexpr std::uint64_t kMebibyte = 1 << 20;

std::uint64_t part_bytes_for(std::uint64_t length, const UploadPlan& plan) {
  const auto needed = (length + kPartsMax - 1) / kPartsMax;
  if (needed <= plan.part_bytes) return plan.part_bytes;
  return (needed + kMebibyte - 1) / kMebibyte * kMebibyte;
}

struct NumberedPart {
  int number;
  Body body;
};
/// The next part that is to be sent; none at the end. Called by one thread at a time.
using NextPart = std::function<base::Result<std::optional<NumberedPart>>()>;

/// Sends parts by several threads until there are none left or one failed.
class PartSender {
 public:
  PartSender(S3Client& client, UploadState& state, const UploadPlan& plan, NextPart next)
      : client_(client), state_(state), plan_(plan), next_(std::move(next)) {}

  /// The first failure, if any.
  std::optional<Refusal> run() {
    {
      std::vector<std::jthread> threads;
      for (int i = 1; i < plan_.concurrency; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    std::ranges::sort(state_.parts, {}, &RemotePart::number);
    return std::move(failure_);
  }

 private:
  void work() {
    while (auto part = take()) {
      auto sent = client_.put_part(state_.bucket, state_.key, state_.upload_id, part->number, part->body);
      const std::lock_guard lock(mutex_);
      if (!sent) return fail(std::move(sent.error()));
      state_.parts.push_back(std::move(*sent));
      if (!plan_.persist) continue;
      if (const auto kept = plan_.persist(state_); !kept) return fail(no_answer(kept.error()));
    }
  }

  std::optional<NumberedPart> take() {
    const std::lock_guard lock(mutex_);
    if (failure_) return std::nullopt;
    auto part = next_();
    if (part) return std::move(*part);
    fail(no_answer(part.error()));
    return std::nullopt;
  }

  void fail(Refusal refusal) {
    if (!failure_) failure_ = std::move(refusal);
  }

  S3Client& client_;
  UploadState& state_;
  const UploadPlan& plan_;
  NextPart next_;
  std::mutex mutex_;  // of all below, the state and `next_`
  std::optional<Refusal> failure_;
};

base::Failure<base::Error> failed(Refusal refusal, const UploadState& state, const UploadPlan& plan) {
  auto error = to_error(refusal, "PUT", "/" + state.bucket + "/" + state.key);
  if (plan.put.refusal != nullptr) *plan.put.refusal = std::move(refusal);
  return base::fail(std::move(error));
}

/// Sends all parts and completes. The refusal tells the caller whether to begin anew.
RemoteResult<RemoteDetails> send_and_complete(S3Client& client, UploadState& state, const UploadPlan& plan,
                                              NextPart next) {
  if (auto failure = PartSender(client, state, plan, std::move(next)).run()) return RemoteFailure(std::move(*failure));
  return client.complete_upload(state.bucket, state.key, state.upload_id, state.parts, plan.put);
}

void abandon(S3Client& client, const UploadState& state, const UploadPlan& plan) {
  if (plan.on_failure == OnFailure::Keep || state.upload_id.empty()) return;
  if (const auto aborted = client.abort_upload(state.bucket, state.key, state.upload_id); !aborted)
    LOG_WARN("s3.upload_not_aborted bucket={} upload={} error=\"{}\"", state.bucket, state.upload_id,
             aborted.error().message);
}

/// The parts of a body that the state does not have yet.
NextPart missing_parts(const Body& body, const UploadState& state) {
  std::vector<int> missing;
  const auto count = (body.length + state.part_bytes - 1) / state.part_bytes;
  for (int number = 1; static_cast<std::uint64_t>(number) <= count; ++number)
    if (std::ranges::find(state.parts, number, &RemotePart::number) == state.parts.end()) missing.push_back(number);
  return [&body, missing = std::move(missing), size = state.part_bytes,
          at = std::size_t{0}]() mutable -> base::Result<std::optional<NumberedPart>> {
    if (at == missing.size()) return std::optional<NumberedPart>();
    const int number = missing[at++];
    const auto offset = static_cast<std::uint64_t>(number - 1) * size;
    return std::optional(NumberedPart{number, part_of(body, offset, std::min(size, body.length - offset))});
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
  if (body.length <= plan.single_bytes_max && !plan.resume) return client.put(bucket, key, std::move(body), plan.put);
  UploadState fresh{
      .bucket = bucket, .key = key, .part_bytes = part_bytes_for(body.length, plan), .length = body.length};
  auto state = plan.resume.value_or(fresh);
  if (state.length != body.length || state.bucket != bucket || state.key != key || state.part_bytes == 0) state = fresh;
  for (bool again = false;; again = true) {
    if (state.upload_id.empty()) {
      auto id = client.create_upload(bucket, key, plan.put);
      if (!id) return failed(std::move(id.error()), state, plan);
      state.upload_id = std::move(*id);
    }
    auto done = send_and_complete(client, state, plan, missing_parts(body, state));
    if (done) return std::move(*done);
    const bool gone = done.error().code == "NoSuchUpload";
    const bool lost = gone || done.error().code == "ConditionalRequestConflict";
    if (!gone) abandon(client, state, plan);
    if (!lost || again) return failed(std::move(done.error()), state, plan);
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
  auto id = client.create_upload(bucket, key, plan.put);
  if (!id) return failed(std::move(id.error()), state, plan);
  state.upload_id = std::move(*id);
  auto next_part = [&, number = 0]() mutable -> base::Result<std::optional<NumberedPart>> {
    auto bytes = number == 0 ? std::move(first) : std::string();
    if (number > 0) {
      TRY(bytes, reader.read());
    }
    if (bytes.empty()) return std::optional<NumberedPart>();
    if (static_cast<std::uint64_t>(++number) > kPartsMax)
      return base::fail(base::ErrorKind::InvalidValue, "the stream is longer than 10000 parts: " + key);
    return std::optional(NumberedPart{number, body_of(std::move(bytes))});
  };
  auto done = send_and_complete(client, state, plan, std::move(next_part));
  if (done) return std::move(*done);
  abandon(client, state, plan);
  return failed(std::move(done.error()), state, plan);
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
