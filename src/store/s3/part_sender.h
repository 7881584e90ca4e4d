#pragma once

// How uploads and copies in parts are carried out, for the files of transfer.h.

#include <functional>
#include <optional>

#include "store/s3/transfer.h"

namespace store::s3 {

inline constexpr std::uint64_t kPartsMax = 10'000;

/// A part, and how it comes to the server.
struct PartTask {
  int number = 1;
  std::function<RemoteResult<RemotePart>(const UploadState&)> send;
};
/// The next part; none at the end. Called by one thread at a time.
using NextPart = std::function<base::Result<std::optional<PartTask>>()>;

/// The plan's size of parts, or the next mebibyte that holds `length` in 10,000 of them.
std::uint64_t part_bytes_for(std::uint64_t length, std::uint64_t wanted);
/// Begins the upload that the state shall be of, and tells the plan's persist().
RemoteResult<std::string> begin_upload(S3Client& client, UploadState& state, const UploadPlan& plan);
/// Sends parts in several threads until there are none left, and completes. The first failure ends it.
RemoteResult<RemoteDetails> send_and_complete(S3Client& client, UploadState& state, const UploadPlan& plan,
                                              NextPart next);
/// Aborts, as well as it can.
void abandon(S3Client& client, const UploadState& state);
base::Failure<base::Error> transfer_failed(Refusal refusal, const UploadState& state, const PutOptions& options);

}  // namespace store::s3
