#include <algorithm>

#include "store/state.h"

namespace store {
namespace {

class StoreReader final : public ObjectReader {
 public:
  StoreReader(StoreState& state, ObjectRecord record, std::unique_ptr<FilePin> pin)
      : state_(state), record_(std::move(record)), pin_(std::move(pin)) {}

  const ObjectDetails& details() const override { return record_.details; }

  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    std::size_t done = 0;
    std::uint64_t start = 0;  // of the extent, in the object
    for (const auto& extent : record_.extents) {
      const auto position = offset + done;
      if (done == into.size()) break;
      if (position < start + extent.length) {
        const auto skip = position - start;
        const auto wanted = std::min<std::uint64_t>(into.size() - done, extent.length - skip);
        TRY(const auto file, state_.files.reading(extent.file));
        TRY(const auto read, file->read_at(extent.offset + skip, into.subspan(done, wanted)));
        if (read != wanted) return base::fail(base::ErrorKind::Internal, "a data file is shorter than the index says");
        done += read;
      }
      start += extent.length;
    }
    return done;
  }

  std::string whole_file() const override {
    if (record_.extents.size() != 1) return {};
    const auto& extent = record_.extents.front();
    return extent.file.is_large() ? state_.files.path_of(extent.file) : std::string{};
  }

 private:
  StoreState& state_;
  const ObjectRecord record_;
  const std::unique_ptr<FilePin> pin_;
};

}  // namespace

base::Result<std::string> ObjectReader::read_all() const {
  std::string bytes(details().info.size, '\0');
  TRY(const auto read, read_at(0, bytes));
  bytes.resize(read);
  return bytes;
}

base::Result<std::unique_ptr<ObjectReader>> ObjectStore::open_reader(const std::string& bucket,
                                                                     const std::string& key) const {
  const auto name = index_key::object(bucket, key);
  TRY(auto found, state_->index->get(name));
  while (found) {
    TRY(auto record, decode_object(*found));
    std::vector<FileId> ids;
    for (const auto& extent : record.extents) ids.push_back(extent.file);
    auto pin = std::make_unique<FilePin>(state_->files, std::move(ids));
    // The object may have gone between the look and the pin, and its files with it: then look again.
    TRY(auto again, state_->index->get(name));
    if (again == found) return std::make_unique<StoreReader>(*state_, std::move(record), std::move(pin));
    found = std::move(again);
  }
  TRY_VOID(find_bucket(bucket));
  return base::fail(no_such_key(bucket, key));
}

base::Result<std::string> ObjectStore::get(const std::string& bucket, const std::string& key) const {
  TRY(const auto reader, open_reader(bucket, key));
  return reader->read_all();
}

}  // namespace store
