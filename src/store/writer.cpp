#include <fmt/format.h>

#include <algorithm>

#include "store/checksum.h"
#include "store/digest_set.h"
#include "store/encryption.h"
#include "store/state.h"

namespace store {
namespace {

constexpr std::string_view kParquetMagic = "PAR1";
constexpr std::size_t kWriteBytes = 256 << 10;
constexpr std::uint64_t kStartSyncBytes = 4 << 20;

/// Collects a small object in memory; a large one, or a Parquet file, goes to a file of its own as it comes.
class StoreWriter final : public ObjectWriter {
 public:
  StoreWriter(StoreState& state, WriterOptions options)
      : state_(state), options_(std::move(options)), digests_(algorithms_of(options_)), claim_(state.space) {
    if (options_.wrapping_key.empty()) return;
    auto key = random_key();
    wrapped_key_ = seal(options_.wrapping_key, key);
    encrypter_.emplace(std::move(key));
  }

  ~StoreWriter() override {
    if (behind_.valid()) behind_.wait();
    file_.reset();
    if (created_ && !kept_) state_.files.remove(id_);
  }

  base::Status claim() {
    TRY_VOID(state_.committer->accepts());
    return claim_.make(options_.expected_bytes);
  }

  std::uint64_t size() const override { return size_; }

  base::Status append(std::string_view bytes) override {
    digests_.update(bytes);
    size_ += bytes.size();
    if (encrypter_) {
      buffer_ += encrypter_->append(bytes);
    } else {
      buffer_ += bytes;
    }
    return flush_if_full();
  }

  base::Status append_moved(std::string bytes) override {
    if (encrypter_ || !buffer_.empty()) return append(std::string_view(bytes));
    digests_.update(bytes);
    size_ += bytes.size();
    buffer_ = std::move(bytes);
    return flush_if_full();
  }

  base::Result<ObjectDetails> commit(CommitOptions options) override {
    TRY(auto content, finish(options));
    ObjectDetails answer;
    TRY_VOID(run(content, [&](Transaction& transaction) -> base::Status {
      TRY(answer, options_.commit(transaction, content, options));
      return {};
    }));
    return answer;
  }

  base::Result<StagedId> stage() override {
    if (options_.stage == nullptr)
      return base::fail(base::ErrorKind::Unsupported, "a part of an upload cannot be staged");
    TRY(auto content, finish({}));
    StagedId id = 0;
    TRY_VOID(run(content, [&](Transaction& transaction) -> base::Status {
      TRY(id, options_.stage(transaction, content));
      return {};
    }));
    return id;
  }

 private:
  static std::vector<ChecksumAlgorithm> algorithms_of(const WriterOptions& options) {
    std::vector<ChecksumAlgorithm> algorithms{ChecksumAlgorithm::Md5};
    if (options.computes_sha256) algorithms.push_back(ChecksumAlgorithm::Sha256);
    if (options.checksum) algorithms.push_back(*options.checksum);
    return algorithms;
  }

  static base::Status check_digests(const CommitOptions& options, const WrittenContent& written,
                                    const std::map<ChecksumAlgorithm, std::string>& digests) {
    const auto mismatch = [](std::string_view what) {
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("digest does not match: {}", what));
    };
    if (!options.expected_md5.empty() && options.expected_md5 != written.md5) return mismatch("MD5");
    if (!options.expected_checksum.empty() &&
        (!written.checksum || options.expected_checksum != written.checksum->value))
      return mismatch("checksum");
    if (options.expected_sha256.empty()) return {};
    const auto sha256 = digests.find(ChecksumAlgorithm::Sha256);
    const auto computed = sha256 == digests.end() ? std::string{} : to_hex(sha256->second);
    if (computed == options.expected_sha256) return {};
    return base::fail(base::ErrorKind::InvalidValue, "the payload's SHA-256 does not match: it is " + computed);
  }

  bool needs_file() const {
    return size_ >= state_.options.large_object_bytes || std::string_view(buffer_).starts_with(kParquetMagic);
  }

  base::Status flush_if_full() {
    const bool full = buffer_.size() >= kWriteBytes && (goes_to_file_ || needs_file());
    return full ? flush() : base::Status{};
  }

  /// Begins to write the buffer behind what was written before.
  base::Status flush() {
    TRY_VOID(claim_.spend(buffer_.size()));
    TRY_VOID(written());
    goes_to_file_ = true;
    writing_.swap(buffer_);
    buffer_.clear();
    behind_ = state_.write_behind.start(WriteBehind::Write([this] { return write(); }));
    return {};
  }

  /// Returns when all that was flushed is in the file. An object with a hole stays broken.
  base::Status written() {
    if (behind_.valid()) {
      if (auto outcome = behind_.get(); !outcome) broken_ = write_error(outcome.error());
    }
    if (broken_) return base::fail(*broken_);
    return {};
  }

  base::Status write() {
    if (file_ == nullptr) {
      id_ = state_.files.next_id(true);
      TRY(file_, state_.files.create(id_));
      created_ = true;
    }
    TRY_VOID(file_->append(writing_));
    stored_ += writing_.size();
    if (stored_ - syncing_ >= kStartSyncBytes) {
      file_->start_sync(syncing_, stored_ - syncing_);
      syncing_ = stored_;
    }
    return {};
  }

  base::Result<WrittenContent> finish(const CommitOptions& options) {
    if (finished_) return base::fail(base::ErrorKind::InvalidValue, "the object was already committed");
    finished_ = true;
    const auto digests = digests_.finish();
    WrittenContent content{.md5 = digests.at(ChecksumAlgorithm::Md5), .content = {.size = size_, .key = wrapped_key_}};
    if (options_.checksum)
      content.checksum =
          Checksum{*options_.checksum, ChecksumType::FullObject, to_base64(digests.at(*options_.checksum))};
    TRY_VOID(check_digests(options, content, digests));
    if (encrypter_) buffer_ += encrypter_->finish();
    if (!goes_to_file_ && !needs_file()) return content;
    TRY_VOID(flush());
    TRY_VOID(written());
    if (auto synced = file_->sync(); !synced) return base::fail(write_error(synced.error()));
    content.content.extents.push_back({id_, 0, stored_});
    return content;
  }

  base::Status run(WrittenContent& content, const std::function<base::Status(Transaction&)>& apply) {
    Operation operation{.small_bytes = created_ ? std::string_view{} : std::string_view(buffer_),
                        .syncs_large_directory = created_};
    operation.apply = [&](Transaction& transaction) -> base::Status {
      if (operation.extent) content.content.extents = {*operation.extent};
      kept_ = false;
      TRY_VOID(apply(transaction));
      // From here on the index may name the file, even when writing the batch fails.
      for (const auto& extent : content.content.extents) {
        TRY(const auto file, transaction.get(index_key::file(extent.file)));
        kept_ = file.has_value();
      }
      return {};
    };
    return state_.committer->run(operation);
  }

  StoreState& state_;
  const WriterOptions options_;
  DigestSet digests_;
  Space::Claim claim_;
  std::optional<FrameEncrypter> encrypter_;
  std::string wrapped_key_;
  std::string buffer_;  // as it goes to the disk
  bool goes_to_file_ = false;
  std::optional<base::Error> broken_;
  std::uint64_t size_ = 0;  // as the client sees it
  // Of write() while it runs:
  std::future<base::Status> behind_;
  std::string writing_;
  std::uint64_t stored_ = 0;   // in the file
  std::uint64_t syncing_ = 0;  // of them, on their way to the disk
  FileId id_;
  std::unique_ptr<base::File> file_;
  bool created_ = false;

  bool kept_ = false;
  bool finished_ = false;
};

}  // namespace

base::Result<std::unique_ptr<ObjectWriter>> make_writer(StoreState& state, WriterOptions options) {
  auto writer = std::make_unique<StoreWriter>(state, std::move(options));
  TRY_VOID(writer->claim());
  return std::unique_ptr<ObjectWriter>(std::move(writer));
}

}  // namespace store
