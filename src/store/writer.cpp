#include <fmt/format.h>

#include <algorithm>

#include "store/checksum.h"
#include "store/digest_set.h"
#include "store/encryption.h"
#include "store/large_file.h"
#include "store/state.h"

namespace store {
namespace {

constexpr std::string_view kParquetMagic = "PAR1";
constexpr std::size_t kWriteBytes = 256 << 10;

bool is_crc(ChecksumAlgorithm algorithm) { return allows(algorithm, ChecksumType::FullObject); }

/// Collects a small object in memory; a large one, or a Parquet file, goes to a file of its own as it comes.
class StoreWriter final : public ObjectWriter {
 public:
  StoreWriter(StoreState& state, WriterOptions options)
      : state_(state),
        options_(std::move(options)),
        digests_(algorithms_of(options_, false)),
        sums_(algorithms_of(options_, true)),
        claim_(state.space) {
    if (options_.wrapping_key.empty()) return;
    auto key = random_key();
    wrapped_key_ = seal(options_.wrapping_key, key);
    encrypter_.emplace(std::move(key));
  }

  ~StoreWriter() override {
    if (!large_) return;
    large_.reset();
    if (!kept_) state_.files.remove(id_);
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
      sums_.update(bytes);
      buffer_.append(encrypter_->append(bytes));
    } else {
      buffer_.append(bytes);
    }
    return flush_if_full();
  }

  base::Status append_moved(base::Bytes bytes) override {
    if (encrypter_ || !buffer_.empty()) return append(bytes.view());
    digests_.update(bytes.view());
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
  /// The CRCs, or the others: MD5 keeps its thread busy, so a CRC is computed where the bytes are written.
  static std::vector<ChecksumAlgorithm> algorithms_of(const WriterOptions& options, bool crcs) {
    std::vector<ChecksumAlgorithm> algorithms;
    if (options.checksum && is_crc(*options.checksum) == crcs) algorithms.push_back(*options.checksum);
    if (crcs) return algorithms;
    algorithms.push_back(ChecksumAlgorithm::Md5);
    if (options.computes_sha256) algorithms.push_back(ChecksumAlgorithm::Sha256);
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
    return size_ >= state_.options.large_object_bytes || buffer_.view().starts_with(kParquetMagic);
  }

  base::Status flush_if_full() {
    const bool full = buffer_.size() >= kWriteBytes && (large_ || needs_file());
    return full ? flush() : base::Status{};
  }

  base::Status flush() {
    TRY_VOID(claim_.spend(buffer_.size()));
    if (!large_) {
      id_ = state_.files.next_id(true);
      TRY(auto file, state_.files.create(id_));
      large_.emplace(std::move(file), options_.expected_bytes, state_.write_behind,
                     [this](std::string_view bytes) { sum(bytes); });
    }
    if (auto appended = large_->append(std::exchange(buffer_, {})); !appended)
      return base::fail(write_error(appended.error()));
    return {};
  }

  /// Of bytes on their way to the disk, which are the client's unless they are sealed.
  void sum(std::string_view bytes) {
    if (!encrypter_) sums_.update(bytes);
  }

  base::Result<WrittenContent> finish(const CommitOptions& options) {
    if (finished_) return base::fail(base::ErrorKind::InvalidValue, "the object was already committed");
    finished_ = true;
    if (encrypter_) buffer_.append(encrypter_->finish());
    if (large_ || needs_file()) {
      TRY_VOID(flush());
      if (auto ended = large_->end(); !ended) return base::fail(write_error(ended.error()));
    } else {
      sum(buffer_.view());
    }
    auto digests = digests_.finish();
    digests.merge(sums_.finish());
    WrittenContent content{.md5 = digests.at(ChecksumAlgorithm::Md5), .content = {.size = size_, .key = wrapped_key_}};
    if (options_.checksum)
      content.checksum =
          Checksum{*options_.checksum, ChecksumType::FullObject, to_base64(digests.at(*options_.checksum))};
    TRY_VOID(check_digests(options, content, digests));
    if (!large_) return content;
    if (auto synced = large_->sync(); !synced) return base::fail(write_error(synced.error()));
    content.content.extents.push_back({id_, 0, large_->size()});
    return content;
  }

  base::Status run(WrittenContent& content, const std::function<base::Status(Transaction&)>& apply) {
    Operation operation{.small_bytes = large_ ? std::string_view{} : buffer_.view(),
                        .syncs_large_directory = large_.has_value()};
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
  DigestSet sums_;  // of bytes on their way to the disk, on the thread that writes them
  Space::Claim claim_;
  std::optional<FrameEncrypter> encrypter_;
  std::string wrapped_key_;
  base::Bytes buffer_;      // as it goes to the disk
  std::uint64_t size_ = 0;  // as the client sees it
  FileId id_;
  std::optional<LargeFile> large_;
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
