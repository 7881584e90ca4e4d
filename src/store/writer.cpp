#include <algorithm>

#include "store/checksum.h"
#include "store/state.h"

namespace store {
namespace {

constexpr std::string_view kParquetMagic = "PAR1";
constexpr std::size_t kWriteBytes = 256 << 10;

/// Collects a small object in memory; a large one, or a Parquet file, goes to a file of its own as it comes.
class StoreWriter final : public ObjectWriter {
 public:
  StoreWriter(StoreState& state, std::optional<ChecksumAlgorithm> algorithm, CommitContent commit, StageContent stage)
      : state_(state),
        commit_(std::move(commit)),
        stage_(std::move(stage)),
        md5_(make_md5()),
        algorithm_(algorithm),
        checksum_(algorithm ? make_checksum(*algorithm) : nullptr) {}

  ~StoreWriter() override {
    file_.reset();
    if (created_ && !kept_) state_.files.remove(id_);
  }

  std::uint64_t size() const override { return size_; }

  base::Status append(std::string_view bytes) override {
    md5_->update(bytes);
    if (checksum_ != nullptr) checksum_->update(bytes);
    size_ += bytes.size();
    buffer_ += bytes;
    if (file_ == nullptr && !needs_file()) return {};
    return buffer_.size() >= kWriteBytes ? flush() : base::Status{};
  }

  base::Result<ObjectDetails> commit(CommitOptions options) override {
    TRY(auto content, finish(options));
    ObjectDetails answer;
    TRY_VOID(run(content, [&](Transaction& transaction) -> base::Status {
      TRY(answer, commit_(transaction, content, options));
      return {};
    }));
    return answer;
  }

  base::Result<StagedId> stage() override {
    if (stage_ == nullptr) return base::fail(base::ErrorKind::Unsupported, "a part of an upload cannot be staged");
    TRY(auto content, finish({}));
    StagedId id = 0;
    TRY_VOID(run(content, [&](Transaction& transaction) -> base::Status {
      TRY(id, stage_(transaction, content));
      return {};
    }));
    return id;
  }

 private:
  bool needs_file() const {
    return size_ >= state_.options.large_object_bytes || std::string_view(buffer_).starts_with(kParquetMagic);
  }

  base::Status flush() {
    if (file_ == nullptr) {
      id_ = state_.files.next_id(true);
      TRY(file_, state_.files.create(id_));
      created_ = true;
    }
    TRY_VOID(file_->append(buffer_));
    buffer_.clear();
    return {};
  }

  base::Result<WrittenContent> finish(const CommitOptions& options) {
    if (finished_) return base::fail(base::ErrorKind::InvalidValue, "the object was already committed");
    finished_ = true;
    WrittenContent content{.size = size_, .md5 = md5_->finish()};
    if (!options.expected_md5.empty() && options.expected_md5 != content.md5)
      return base::fail(base::ErrorKind::InvalidValue, "digest does not match: MD5");
    if (checksum_ != nullptr)
      content.checksum = Checksum{*algorithm_, ChecksumType::FullObject, to_base64(checksum_->finish())};
    if (!options.expected_checksum.empty() &&
        (!content.checksum || options.expected_checksum != content.checksum->value))
      return base::fail(base::ErrorKind::InvalidValue, "digest does not match: checksum");
    if (file_ == nullptr && !needs_file()) return content;
    TRY_VOID(flush());
    TRY_VOID(file_->sync());
    content.extents.push_back({id_, 0, size_});
    return content;
  }

  base::Status run(WrittenContent& content, const std::function<base::Status(Transaction&)>& apply) {
    Operation operation{.small_bytes = created_ ? std::string_view{} : std::string_view(buffer_),
                        .syncs_large_directory = created_};
    operation.apply = [&](Transaction& transaction) -> base::Status {
      if (operation.extent) content.extents = {*operation.extent};
      kept_ = false;
      TRY_VOID(apply(transaction));
      // From here on the index may name the file, even when writing the batch fails.
      for (const auto& extent : content.extents) {
        TRY(const auto file, transaction.get(index_key::file(extent.file)));
        kept_ = file.has_value();
      }
      return {};
    };
    return state_.committer->run(operation);
  }

  StoreState& state_;
  CommitContent commit_;
  StageContent stage_;
  std::unique_ptr<Digest> md5_;
  std::optional<ChecksumAlgorithm> algorithm_;
  std::unique_ptr<Digest> checksum_;
  std::string buffer_;
  std::uint64_t size_ = 0;
  FileId id_;
  std::unique_ptr<base::File> file_;
  bool created_ = false;
  bool kept_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ObjectWriter> make_writer(StoreState& state, std::optional<ChecksumAlgorithm> checksum,
                                          CommitContent commit, StageContent stage) {
  return std::make_unique<StoreWriter>(state, checksum, std::move(commit), std::move(stage));
}

}  // namespace store
