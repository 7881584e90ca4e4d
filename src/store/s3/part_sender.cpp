#include "store/s3/part_sender.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/log.h"

namespace store::s3 {
namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;

class PartSender {
 public:
  PartSender(UploadState& state, const UploadPlan& plan, NextPart next)
      : state_(state), plan_(plan), next_(std::move(next)) {}

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
    while (const auto part = take()) {
      auto sent = part->send(state_);
      const std::lock_guard lock(mutex_);
      if (!sent) return fail(std::move(sent.error()));
      state_.parts.push_back(std::move(*sent));
      if (!plan_.persist) continue;
      if (const auto kept = plan_.persist(state_); !kept) return fail(no_answer(kept.error()));
    }
  }

  std::optional<PartTask> take() {
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

  UploadState& state_;
  const UploadPlan& plan_;
  NextPart next_;
  std::mutex mutex_;  // of the failure, the state's parts and `next_`
  std::optional<Refusal> failure_;
};

}  // namespace

std::uint64_t part_bytes_for(std::uint64_t length, std::uint64_t wanted) {
  const auto needed = (length + kPartsMax - 1) / kPartsMax;
  if (needed <= wanted) return wanted;
  return (needed + kMebibyte - 1) / kMebibyte * kMebibyte;
}

RemoteResult<std::string> begin_upload(S3Client& client, UploadState& state, const UploadPlan& plan) {
  TRY(state.upload_id, client.create_upload(state.bucket, state.key, plan.put));
  if (plan.persist)
    if (const auto kept = plan.persist(state); !kept) return RemoteFailure(no_answer(kept.error()));
  return state.upload_id;
}

RemoteResult<RemoteDetails> send_and_complete(S3Client& client, UploadState& state, const UploadPlan& plan,
                                              NextPart next) {
  if (auto failure = PartSender(state, plan, std::move(next)).run()) return RemoteFailure(std::move(*failure));
  return client.complete_upload(state.bucket, state.key, state.upload_id, state.parts, plan.put);
}

void abandon(S3Client& client, const UploadState& state) {
  if (state.upload_id.empty()) return;
  if (const auto aborted = client.abort_upload(state.bucket, state.key, state.upload_id); !aborted)
    LOG_WARN("s3.upload_not_aborted bucket={} upload={} error=\"{}\"", state.bucket, state.upload_id,
             aborted.error().message);
}

base::Failure<base::Error> transfer_failed(Refusal refusal, const UploadState& state, const PutOptions& options) {
  auto error = to_error(refusal, "PUT", "/" + state.bucket + "/" + state.key);
  if (options.refusal != nullptr) *options.refusal = std::move(refusal);
  return base::fail(std::move(error));
}

}  // namespace store::s3
