#include <fmt/format.h>

#include <algorithm>

#include "store/encryption.h"
#include "store/stored_reader.h"
#include "store/versions.h"

namespace store {
namespace {

/// A version in what is committed now.
base::Result<FoundVersion> look_up(const StoreState& state, const std::string& bucket, const std::string& key,
                                   const std::string& version) {
  const IndexChanges none;
  std::uint64_t sequence = 0;
  const Transaction look(*state.index, none, sequence, {}, {});
  TRY(auto found, find_version(look, bucket, key, version));
  if (!found) {
    TRY_VOID(require_bucket(look, bucket));
    return base::fail(version.empty() ? no_such_key(bucket, key) : no_such_version(key, version));
  }
  if (found->record.is_delete_marker)
    return base::fail(base::ErrorKind::Conflict, "the version is a delete marker: " + version);
  return std::move(*found);
}

base::Result<std::string> reading_key(const StoreState& state, const Encryption& encryption,
                                      const std::string& customer_key) {
  if (encryption.kind != EncryptionKind::Customer && !customer_key.empty())
    return base::fail(base::ErrorKind::Denied, "the object is not encrypted with a customer's key: send none");
  return wrapping_key_of(state, {encryption, customer_key});
}

}  // namespace

base::Status StoredReader::read_extents(const Content& content, std::uint64_t offset, std::span<char> into) const {
  std::size_t done = 0;
  std::uint64_t start = 0;  // of the extent, in the content
  for (const auto& extent : content.extents) {
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
  if (done == into.size()) return {};
  return base::fail(base::ErrorKind::Internal, "the extents of an object are shorter than the object");
}

base::Status StoredReader::read_encrypted(const Content& content, std::uint64_t offset, std::span<char> into) const {
  TRY(const auto key, unseal(wrapping_key_, content.key));
  constexpr auto kSealedBytes = kFrameBytes + kFrameTagBytes;
  const auto stored = encrypted_size(content.size);
  for (std::size_t done = 0; done < into.size();) {
    const auto frame = (offset + done) / kFrameBytes;
    std::string sealed(std::min<std::uint64_t>(kSealedBytes, stored - frame * kSealedBytes), '\0');
    TRY_VOID(read_extents(content, frame * kSealedBytes, sealed));
    TRY(const auto plain, open_frame(key, frame, sealed));
    const auto skip = (offset + done) % kFrameBytes;
    const auto wanted = std::min(into.size() - done, plain.size() - skip);
    std::copy_n(plain.data() + skip, wanted, into.data() + done);
    done += wanted;
  }
  return {};
}

base::Status StoredReader::read_content(const Content& content, std::uint64_t offset, std::span<char> into) const {
  return content.key.empty() ? read_extents(content, offset, into) : read_encrypted(content, offset, into);
}

base::Result<std::size_t> StoredReader::read_at(std::uint64_t offset, std::span<char> into) const {
  std::size_t done = 0;
  std::uint64_t start = 0;  // of the content, in the object
  for (const auto& content : record_.contents) {
    if (done == into.size()) break;
    const auto position = offset + done;
    if (position < start + content.size) {
      const auto skip = position - start;
      const auto wanted = std::min<std::uint64_t>(into.size() - done, content.size - skip);
      TRY_VOID(read_content(content, skip, into.subspan(done, wanted)));
      done += wanted;
    }
    start += content.size;
  }
  return done;
}

std::string StoredReader::whole_file() const {
  if (record_.contents.size() != 1) return {};
  const auto& content = record_.contents.front();
  if (content.extents.size() != 1 || !content.key.empty()) return {};
  const auto& extent = content.extents.front();
  if (!extent.file.is_large() || extent.offset != 0) return {};
  // A part that was copied out of a large object may be a stretch of its file only.
  const auto file = state_.files.reading(extent.file);
  if (!file) return {};
  const auto size = (*file)->size();
  return size && *size == extent.length ? state_.files.path_of(extent.file) : std::string{};
}

std::vector<FileStretch> StoredReader::stretches(std::uint64_t offset, std::uint64_t length) const {
  std::vector<FileStretch> found;
  for (const auto& content : record_.contents) {
    if (!content.key.empty()) return {};
    for (const auto& extent : content.extents) {
      const auto skip = std::min(offset, extent.length);
      const auto taken = std::min(extent.length - skip, length);
      offset -= skip;
      length -= taken;
      if (taken == 0) continue;
      auto file = state_.files.reading(extent.file);
      if (!file || (*file)->descriptor() < 0) return {};
      found.push_back({std::move(*file), extent.offset + skip, taken});
    }
  }
  return found;
}

base::Result<std::string> ObjectReader::read_all() const {
  std::string bytes(details().info.size, '\0');
  TRY(const auto read, read_at(0, bytes));
  bytes.resize(read);
  return bytes;
}

base::Result<ObjectRecord> read_version(const StoreState& state, const std::string& bucket, const std::string& key,
                                        const std::string& version) {
  TRY(auto found, look_up(state, bucket, key, version));
  return std::move(found.record);
}

namespace {

/// Where the record of a version lies. Of the current one that is known without a look.
base::Result<std::string> place_of(const StoreState& state, const CopySource& source) {
  if (source.read.version.empty()) return index_key::object(source.bucket, source.key);
  TRY(auto found, look_up(state, source.bucket, source.key, source.read.version));
  return std::move(found.place);
}

/// A version that a scrub found damaged is not read: its bytes are wrong, or not there.
base::Status check_undamaged(const StoreState& state, const ObjectInfo& info) {
  if (state.damaged.count() == 0) return {};
  if (!state.damaged.contains(index_key::damaged(info.bucket, info.key, info.sequence))) return {};
  return base::fail(base::ErrorKind::Internal, fmt::format("the object is damaged: {}/{}", info.bucket, info.key));
}

}  // namespace

std::unique_ptr<FilePin> pin_files(StoreState& state, const std::vector<Content>& contents) {
  std::vector<FileId> ids;
  for (const auto& extent : extents_of(contents)) ids.push_back(extent.file);
  return std::make_unique<FilePin>(state.files, std::move(ids));
}

base::Result<std::unique_ptr<StoredReader>> open_stored(StoreState& state, const CopySource& source) {
  for (;;) {
    const auto removals = state.files.removals();
    TRY(const auto place, place_of(state, source));
    TRY(const auto value, state.index->get(place));
    if (!value) {
      TRY_VOID(
          look_up(state, source.bucket, source.key, source.read.version));  // says what is missing, or found it now
      continue;
    }
    TRY(auto record, decode_object(*value));
    if (record.is_delete_marker)
      return base::fail(base::ErrorKind::Conflict, "the version is a delete marker: " + source.read.version);
    TRY_VOID(check_undamaged(state, record.details.info));
    auto pin = pin_files(state, record.contents);
    // The version may have gone, or moved, between the look and the pin, and its files with it: then look again.
    if (state.files.removals() != removals) {
      TRY(const auto again, state.index->get(place));
      if (again != value) continue;
    }
    TRY(auto wrapping, reading_key(state, record.details.encryption, source.read.customer_key));
    // A wrong key is known before the first byte goes out.
    for (const auto& content : record.contents)
      if (!content.key.empty()) TRY_VOID(unseal(wrapping, content.key));
    return std::make_unique<StoredReader>(state, std::move(record), std::move(wrapping), std::move(pin));
  }
}

base::Status still_there(const Transaction& transaction, const StoredReader& reader) {
  const auto& info = reader.details().info;
  TRY(const auto found, find_version(transaction, info.bucket, info.key, version_id(info)));
  if (found && found->record.details.info.sequence == info.sequence) return {};
  return base::fail(no_such_key(info.bucket, info.key));
}

base::Result<std::unique_ptr<ObjectReader>> ObjectStore::open_reader(const std::string& bucket, const std::string& key,
                                                                     ReadOptions options) const {
  TRY(auto reader, open_stored(*state_, {bucket, key, std::move(options)}));
  return std::unique_ptr<ObjectReader>(std::move(reader));
}

base::Result<std::string> ObjectStore::get(const std::string& bucket, const std::string& key) const {
  TRY(const auto reader, open_reader(bucket, key));
  return reader->read_all();
}

}  // namespace store
