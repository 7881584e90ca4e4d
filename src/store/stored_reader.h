#pragma once

#include <memory>
#include <string>

#include "store/state.h"

namespace store {

/// One version as it lies on the disk: its files stay while this lives. Not for other rooms.
class StoredReader final : public ObjectReader {
 public:
  /// `wrapping_key`: opens the keys of encrypted contents; empty when there are none.
  StoredReader(StoreState& state, ObjectRecord record, std::string wrapping_key, std::unique_ptr<FilePin> pin)
      : state_(state), record_(std::move(record)), wrapping_key_(std::move(wrapping_key)), pin_(std::move(pin)) {}

  const ObjectRecord& record() const { return record_; }
  const std::string& wrapping_key() const { return wrapping_key_; }
  const ObjectDetails& details() const override { return record_.details; }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override;
  std::string whole_file() const override;
  std::vector<FileStretch> stretches(std::uint64_t offset, std::uint64_t length) const override;

 private:
  base::Status read_content(const Content& content, std::uint64_t offset, std::span<char> into) const;
  base::Status read_encrypted(const Content& content, std::uint64_t offset, std::span<char> into) const;
  base::Status read_extents(const Content& content, std::uint64_t offset, std::span<char> into) const;

  StoreState& state_;
  const ObjectRecord record_;
  const std::string wrapping_key_;
  const std::unique_ptr<FilePin> pin_;
};

/// Pins all files that the contents lie in.
std::unique_ptr<FilePin> pin_files(StoreState& state, const std::vector<Content>& contents);
base::Result<std::unique_ptr<StoredReader>> open_stored(StoreState& state, const CopySource& source);
/// For a commit that takes up the files of an open version: gone meanwhile, its files may be doomed. Errors: NotFound.
base::Status still_there(const Transaction& transaction, const StoredReader& reader);

}  // namespace store
