#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/s3/client.h"

namespace store::s3 {

/// How far an upload in parts came: enough to go on with it in another process.
struct UploadState {
  std::string bucket;
  std::string key;
  std::string upload_id;
  std::uint64_t part_bytes = 0;
  std::uint64_t length = 0;
  std::vector<RemotePart> parts;  // that the server has, by number

  /// The bytes from the first on that need not be sent again.
  std::uint64_t position() const;
};
/// Lines of text, for a file beside what is uploaded.
std::string to_text(const UploadState& state);
/// Errors: InvalidValue.
base::Result<UploadState> parse_upload_state(std::string_view text);

enum class OnFailure { Abort, Keep };

struct UploadPlan {
  std::uint64_t single_bytes_max = 16 << 20;  // longer bodies go up in parts
  std::uint64_t part_bytes = 16 << 20;        // more where 10,000 of them would not hold the body
  int concurrency = 4;                        // parts at once; each is in memory when the body is a stream
  PutOptions put;
  OnFailure on_failure = OnFailure::Abort;  // Keep: for a later attempt from the state told last
  std::optional<UploadState> resume{};      // of the same body
  /// Told when the upload was begun and after each part, one call at a time. What it returns as failed ends the upload.
  std::function<base::Status(const UploadState&)> persist{};
};

/// Sends a body in one request or in parts, several at once. An upload that the server has forgotten, or whose
/// completion met another writer, is begun once more. Errors: those of S3Client::put; of the body.
base::Result<RemoteDetails> upload(S3Client& client, const std::string& bucket, const std::string& key, Body body,
                                   const UploadPlan& plan);
/// The same for a body of unknown length; the empty piece ends it. It cannot be resumed.
/// Errors: also InvalidValue when it is longer than 10,000 parts.
base::Result<RemoteDetails> upload_stream(S3Client& client, const std::string& bucket, const std::string& key,
                                          std::function<base::Result<std::string>()> next, const UploadPlan& plan);

struct CopyPlan {
  std::uint64_t single_bytes_max = std::uint64_t{5} << 30;
  std::uint64_t part_bytes = 512 << 20;
  int concurrency = 4;
  PutOptions put;
};
/// Copies within the endpoint, a long object in parts, all of the same version of it.
base::Result<RemoteDetails> copy_object(S3Client& client, const std::string& from_bucket, const std::string& from_key,
                                        const std::string& bucket, const std::string& key, const CopyPlan& plan);

/// Removes uploads below the prefix that were begun before `before`. Returns how many.
base::Result<std::size_t> abort_old_uploads(S3Client& client, const std::string& bucket, const std::string& prefix,
                                            base::Instant before);

struct DownloadPlan {
  std::uint64_t part_bytes = 16 << 20;
  int concurrency = 4;
  std::string if_match;
};
/// Takes bytes of any place; called by several threads at once.
using RangeSink = std::function<base::Status(std::uint64_t offset, std::string_view bytes)>;

/// Reads an object in ranges, several at once, all of the same version of it. Each range takes up a broken stream where
/// it broke, and the checksum of the whole is put together from theirs where there is a CRC of it.
/// Errors: those of S3Client::get.
base::Result<RemoteDetails> download(S3Client& client, const std::string& bucket, const std::string& key,
                                     const RangeSink& sink, const DownloadPlan& plan);

}  // namespace store::s3
