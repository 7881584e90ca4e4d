#include "flow/remote_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "base/disk.h"
#include "base/log.h"
#include "flow/engine/content.h"
#include "http/message.h"
#include "store/checksum.h"
#include "store/s3/transfer.h"

namespace flow {
namespace {

namespace s3 = store::s3;

constexpr std::size_t kPutsAtOnce = 8;
constexpr std::uint64_t kPartBytesMin = 5 << 20;

s3::Body body_of(const ContentClaim& content) {
  s3::Body body{.length = content.length};
  body.read = [content](std::uint64_t offset, std::size_t size) -> base::Result<std::string> {
    std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, content.length - offset)), '\0');
    TRY(const auto count, read_content(content, offset, piece));
    piece.resize(count);
    return piece;
  };
  return body;
}

/// Grantees as the headers x-amz-grant-* name them.
std::string grantees(const std::vector<std::string>& users) {
  std::string text;
  for (const auto& user : users)
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ", ",
                        user.find('@') != std::string::npos ? "emailAddress" : "id", user);
  return text;
}

std::string tagging(const NamedTexts& tags) {
  std::string text;
  for (const auto& [name, value] : tags)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", http::percent_encode(name), http::percent_encode(value));
  return text;
}

s3::PutOptions options_of(const ObjectPut& put, s3::Refusal& refusal) {
  s3::PutOptions options{.content_type = put.content_type, .refusal = &refusal};
  const auto set = [&](std::string name, const std::string& value) {
    if (!value.empty()) options.headers.set(std::move(name), value);
  };
  set("Cache-Control", put.cache_control);
  set("Content-Disposition", put.content_disposition);
  if (put.storage_class != "STANDARD") set("x-amz-storage-class", put.storage_class);
  for (const auto& [name, value] : put.metadata) options.headers.set("x-amz-meta-" + name, value);
  set("x-amz-tagging", tagging(put.tags));
  set("x-amz-acl", put.access.canned);
  set("x-amz-grant-full-control", grantees(put.access.full_control));
  set("x-amz-grant-read", grantees(put.access.read));
  set("x-amz-grant-read-acp", grantees(put.access.read_list));
  set("x-amz-grant-write-acp", grantees(put.access.write_list));
  switch (put.encryption) {
    case ObjectEncryption::None: break;
    case ObjectEncryption::Aes256: set("x-amz-server-side-encryption", "AES256"); break;
    case ObjectEncryption::Kms:
      set("x-amz-server-side-encryption", "aws:kms");
      set("x-amz-server-side-encryption-aws-kms-key-id", put.encryption_key);
      break;
  }
  return options;
}

/// What is known of an upload in parts, in a file: another attempt at the same content, also in another process, sends
/// what is missing.
class KeptUpload {
 public:
  explicit KeptUpload(const ObjectPut& put) {
    if (put.in_parts.directory.empty() || put.content.file == nullptr) return;
    // The content's place is its name: another one for the same key must not be continued.
    const auto name = fmt::format("{}\n{}\n{}\n{} {} {}", put.token.source, put.bucket, put.key,
                                  put.content.file->number(), put.content.offset, put.content.length);
    path_ = fmt::format("{}/freshet-upload-{}", put.in_parts.directory, store::to_hex(store::md5(name)));
  }
  std::optional<s3::UploadState> read() {
    if (path_.empty()) return std::nullopt;
    const auto text = disk_.read_all(path_);
    if (!text) return std::nullopt;
    auto state = s3::parse_upload_state(*text);
    return state ? std::optional(std::move(*state)) : std::nullopt;
  }
  base::Status write(const s3::UploadState& state) {
    if (path_.empty()) return {};
    // Without the file the next attempt begins anew; that is no reason to end this one.
    if (const auto written = disk_.replace_all(path_, s3::to_text(state)); !written)
      LOG_WARN("flow.upload_state_not_kept path=\"{}\" error=\"{}\"", path_, written.error().message);
    return {};
  }
  void forget() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }
  bool keeps() const { return !path_.empty(); }

 private:
  base::PosixDisk disk_;
  std::string path_;
};

}  // namespace

base::Failure<ObjectError> remote_error(const s3::Refusal& refusal, const base::Error& error) {
  if (refusal.status == 0) return object_error(error);
  return ObjectError{.kind = refusal.kind, .status = refusal.status, .code = refusal.code, .message = refusal.message};
}

RemoteTarget::RemoteTarget(std::shared_ptr<s3::S3Client> client, std::string url)
    : client_(std::move(client)), url_(std::move(url)) {}

ObjectResult<ObjectPutAnswer> RemoteTarget::put_one(const ObjectPut& put) {
  s3::Refusal refusal;
  KeptUpload kept(put);
  s3::UploadPlan plan{.single_bytes_max = put.in_parts.single_bytes_max,
                      .part_bytes = std::max(put.in_parts.part_bytes, kPartBytesMin),
                      .put = options_of(put, refusal),
                      .on_failure = kept.keeps() ? s3::OnFailure::Keep : s3::OnFailure::Abort};
  ObjectPutAnswer answer{.in_parts = put.content.length > plan.single_bytes_max};
  if (answer.in_parts) {
    plan.resume = kept.read();
    if (plan.resume) answer.upload_id = plan.resume->upload_id;
    plan.persist = [&](const s3::UploadState& state) {
      answer.upload_id = state.upload_id;
      return kept.write(state);
    };
  }
  auto details = s3::upload(*client_, put.bucket, put.key, body_of(put.content), plan);
  if (!details) return remote_error(refusal, details.error());
  kept.forget();
  answer.etag = std::move(details->etag);
  answer.version = std::move(details->version_id);
  answer.expiration = details->headers.get("x-amz-expiration");
  return answer;
}

std::vector<ObjectResult<ObjectPutAnswer>> RemoteTarget::put(std::span<const ObjectPut> puts) {
  std::vector<ObjectResult<ObjectPutAnswer>> answers(puts.size());
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

ObjectStatus RemoteTarget::abort_old_uploads(const std::string& bucket, std::chrono::nanoseconds age) {
  const auto aborted = s3::abort_old_uploads(*client_, bucket, "", base::SystemWallClock().now() - age);
  if (!aborted) return object_error(aborted.error());
  return {};
}

std::string RemoteTarget::url_of(const std::string& bucket, const std::string& key) const {
  if (url_.empty()) return fmt::format("s3://{}/{}", bucket, key);
  return fmt::format("{}/{}/{}", url_, bucket, http::percent_encode(key, "/"));
}

}  // namespace flow
