#include "store/object_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/checksum.h"
#include "store/encryption.h"
#include "store/state.h"
#include "store/stored_reader.h"
#include "store/versions.h"

namespace store {
namespace {

constexpr std::string_view kFormat = "freshet objects 3\n";
// Their records are read as they are, and rewritten when they change.
constexpr std::array<std::string_view, 2> kOldFormats{"freshet objects 1\n", "freshet objects 2\n"};

base::Status check_format(StoreState& state) {
  const auto path = state.options.directory + "/FORMAT";
  TRY(const bool there, state.disk.exists(path));
  if (!there && state.options.read_only)
    return base::fail(base::ErrorKind::NotFound, "there is no object store: " + state.options.directory);
  if (!there) return state.disk.replace_all(path, kFormat);
  TRY(const auto format, state.disk.read_all(path));
  if (format == kFormat) return {};
  if (std::ranges::find(kOldFormats, format) != kOldFormats.end())
    return state.options.read_only ? base::Status{} : state.disk.replace_all(path, kFormat);
  return base::fail(base::ErrorKind::Unsupported,
                    fmt::format("the object store was written by another version of this program: format \"{}\" in {}",
                                std::string_view(format).substr(0, format.find('\n')), path));
}

base::Result<std::map<FileId, FileRecord>> read_files(const Index& index) {
  std::map<FileId, FileRecord> files;
  const auto cursor = index.cursor();
  for (cursor->seek(index_key::kFiles); cursor->valid() && cursor->key().starts_with(index_key::kFiles);
       cursor->next()) {
    TRY(files[FileId{decode_number(cursor->key().substr(1))}], decode_file(cursor->value()));
  }
  TRY_VOID(cursor->status());
  return files;
}

/// Files that lost their last object just before the process ended, or a segment that was full when it did.
base::Status forget_dead_files(Index& index, std::map<FileId, FileRecord>& files, std::optional<FileId> active) {
  IndexChanges changes;
  for (const auto& [id, record] : files)
    if (record.live == 0 && id != active) changes[index_key::file(id)] = std::nullopt;
  if (changes.empty()) return {};
  TRY_VOID(index.write(changes));
  std::erase_if(files, [&](const auto& file) { return changes.contains(index_key::file(file.first)); });
  return {};
}

base::Status open_index(StoreState& state) {
  SegmentRepair repair(state.disk, state.files);
  TRY(state.index, Index::open({.directory = state.options.directory + "/index",
                                .notes = {.replay = [&](std::string_view note) { return repair.take(note); },
                                          .replayed = [&] { return repair.sync(); },
                                          .before_drop = [unsynced = &state.unsynced] { return unsynced->sync(); }},
                                .buffer_bytes = state.options.index_buffer_bytes},
                               state.disk));
  return {};
}

void make_committer(StoreState& state) {
  state.committer = std::make_unique<Committer>(*state.index, state.files, state.unsynced,
                                                Committer::Room{state.space, state.ballast}, state.clock,
                                                Committer::Options{.segment_bytes = state.options.segment_bytes,
                                                                   .logged_bytes_max = state.options.logged_bytes_max});
}

base::Status read_damaged(StoreState& state) {
  const auto cursor = state.index->cursor();
  for (cursor->seek(index_key::kDamaged); cursor->valid() && cursor->key().starts_with(index_key::kDamaged);
       cursor->next()) {
    TRY(auto damage, decode_damage(cursor->value()));
    state.damaged.add(std::string(cursor->key()), std::move(damage));
  }
  return cursor->status();
}

base::Status recover(StoreState& state) {
  TRY_VOID(state.ballast.find());
  TRY_VOID(read_damaged(state));
  TRY(auto files, read_files(*state.index));
  std::optional<FileId> active;
  for (const auto& [id, record] : files)
    if (!id.is_large()) active = id;
  TRY_VOID(forget_dead_files(*state.index, files, active));
  TRY_VOID(state.files.remove_unknown(files));
  TRY(const auto sequence, state.index->get(index_key::kSequence));
  return state.committer->start(sequence ? decode_number(*sequence) : 0, active, active ? files[*active].end : 0);
}

base::Status open_to_read(StoreState& state) {
  TRY_VOID(check_format(state));
  SegmentRepair repair(state.disk, state.files);
  TRY(state.index, Index::open_read_only(state.options.directory + "/index", state.disk,
                                         [&](std::string_view note) { return repair.check(note); }));
  make_committer(state);
  state.committer->refuse_all({base::ErrorKind::Unavailable, 0, {}, "the object store is open for reading only", {}});
  return read_damaged(state);
}

base::Status check_key_pair(std::string_view bucket, std::string_view key) {
  TRY_VOID(check_bucket_name(bucket));
  return check_key(key);
}

}  // namespace

base::Result<std::map<FileId, FileRecord>> usage_by_file(const StoreState& state) { return read_files(*state.index); }

base::Error no_such_key(const std::string& bucket, const std::string& key) {
  return {base::ErrorKind::NotFound, 0, {}, fmt::format("no such object: {}/{}", bucket, key), {}};
}
base::Error no_such_bucket(const std::string& bucket) {
  return {base::ErrorKind::NotFound, 0, {}, "no such bucket: " + bucket, {}};
}

const std::string* BucketInfo::document(std::string_view document_name) const {
  for (const auto& [known, text] : documents)
    if (known == document_name) return &text;
  return nullptr;
}

void BucketInfo::set_document(std::string_view document_name, std::string text) {
  std::erase_if(documents, [&](const auto& document) { return document.first == document_name; });
  if (!text.empty()) documents.emplace_back(document_name, std::move(text));
}

base::Status check_bucket_name(std::string_view bucket) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto bad = [&] {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("invalid bucket name: {}", bucket));
  };
  if (bucket.size() < 3 || bucket.size() > 63) return bad();
  if (!alphanumeric(bucket.front()) || !alphanumeric(bucket.back())) return bad();
  for (std::size_t i = 0; i < bucket.size(); ++i) {
    if (!alphanumeric(bucket[i]) && bucket[i] != '.' && bucket[i] != '-') return bad();
    const auto pair = bucket.substr(i, 2);
    if (pair == ".." || pair == ".-" || pair == "-.") return bad();
  }
  const auto dots = std::ranges::count(bucket, '.');
  if (dots == 3 && std::ranges::all_of(bucket, [](char c) { return c == '.' || (c >= '0' && c <= '9'); })) return bad();
  for (const std::string_view prefix : {"xn--", "sthree-"})
    if (bucket.starts_with(prefix)) return bad();
  for (const std::string_view suffix : {"-s3alias", "--ol-s3", "--x-s3"})
    if (bucket.ends_with(suffix)) return bad();
  return {};
}

base::Status check_key(std::string_view key) {
  const auto bad = [](std::string_view why) {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("invalid object key: {}", why));
  };
  if (key.empty()) return bad("it is empty");
  if (key.size() > 1024) return bad("it has more than 1024 bytes");
  for (std::size_t i = 0; i < key.size();) {
    const auto lead = static_cast<std::uint8_t>(key[i]);
    if (lead == 0) return bad("it holds a NUL");
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > key.size()) return bad("it is not UTF-8");
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<std::uint8_t>(key[i + k]) & 0xC0) != 0x80) return bad("it is not UTF-8");
    i += length;
  }
  return {};
}

ObjectStore::ObjectStore(std::unique_ptr<StoreState> state) : state_(std::move(state)) {}
ObjectStore::~ObjectStore() = default;

base::Status ObjectStore::flush() { return state_->index->flush(); }

base::Result<std::unique_ptr<ObjectStore>> ObjectStore::open(Options options, base::Disk& disk,
                                                             const base::Clock& clock) {
  auto state = std::make_unique<StoreState>(std::move(options), disk, clock);
  if (state->options.read_only) {
    TRY_VOID(open_to_read(*state));
    return std::unique_ptr<ObjectStore>(new ObjectStore(std::move(state)));
  }
  TRY_VOID(disk.make_directory(state->options.directory));
  TRY_VOID(check_format(*state));
  TRY_VOID(state->files.make_directories());
  TRY_VOID(open_index(*state));
  make_committer(*state);
  TRY_VOID(recover(*state));
  return std::unique_ptr<ObjectStore>(new ObjectStore(std::move(state)));
}

base::Status ObjectStore::create_bucket(BucketInfo bucket) {
  TRY_VOID(check_bucket_name(bucket.name));
  return state_->run([&](Transaction& transaction) -> base::Status {
    const auto name = index_key::bucket(bucket.name);
    TRY(const auto found, transaction.get(name));
    if (found) return base::fail(base::ErrorKind::AlreadyExists, "the bucket exists: " + bucket.name);
    bucket.created = transaction.now();
    transaction.put(name, encode(bucket));
    return {};
  });
}

namespace {

base::Status change_bucket(Transaction& transaction, const std::string& bucket,
                           const std::function<base::Status(BucketInfo&)>& change) {
  TRY(auto info, require_bucket(transaction, bucket));
  TRY_VOID(change(info));
  transaction.put(index_key::bucket(bucket), encode(info));
  return {};
}

}  // namespace

base::Status ObjectStore::update_bucket(const std::string& bucket,
                                        const std::function<base::Status(BucketInfo&)>& change) {
  return state_->run([&](Transaction& transaction) { return change_bucket(transaction, bucket, change); });
}

base::Status ObjectStore::configure_bucket(const std::string& bucket, const EventOrigin& origin,
                                           const std::function<base::Status(BucketInfo&)>& change) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(change_bucket(transaction, bucket, change));
    append_event(transaction, {.sequence = transaction.next_sequence(),
                               .kind = EventKind::Configured,
                               .bucket = bucket,
                               .time = transaction.now(),
                               .origin = origin});
    return {};
  });
}

base::Status ObjectStore::ensure_bucket(const std::string& bucket) {
  if (find_bucket(bucket)) return {};
  auto created = create_bucket(bucket);
  if (!created && created.error().kind == base::ErrorKind::AlreadyExists) return {};
  return created;
}

base::Result<BucketInfo> ObjectStore::find_bucket(const std::string& bucket) const {
  TRY(const auto found, state_->index->get(index_key::bucket(bucket)));
  if (!found) return base::fail(no_such_bucket(bucket));
  return decode_bucket(bucket, *found);
}

base::Result<std::vector<BucketInfo>> ObjectStore::list_buckets() const {
  std::vector<BucketInfo> buckets;
  const auto cursor = state_->index->cursor();
  for (cursor->seek(index_key::kBuckets); cursor->valid() && cursor->key().starts_with(index_key::kBuckets);
       cursor->next()) {
    TRY(auto bucket, decode_bucket(std::string(cursor->key().substr(1)), cursor->value()));
    buckets.push_back(std::move(bucket));
  }
  TRY_VOID(cursor->status());
  return buckets;
}

base::Result<std::string> wrapping_key_of(const StoreState& state, const EncryptionRequest& request) {
  if (request.encryption.kind == EncryptionKind::None) return std::string{};
  return wrapping_key(request, state.options.key_ring);
}

namespace {

/// What an object will be, but for its content and its place among the versions.
ObjectRecord record_of(std::string bucket, std::string key, ObjectAttributes attributes, ObjectSettings settings,
                       Encryption encryption) {
  ObjectRecord record;
  auto& details = record.details;
  details.info = {.bucket = std::move(bucket), .key = std::move(key), .owner = std::move(settings.owner)};
  details.attributes = std::move(attributes);
  details.access = std::move(settings.access);
  details.tags = std::move(settings.tags);
  details.lock = settings.lock;
  details.encryption = std::move(encryption);
  return record;
}

void fill(ObjectRecord& record, const WrittenContent& written) {
  record.details.info.size = written.content.size;
  record.details.info.etag = to_hex(written.md5);
  record.details.checksum = written.checksum;
  record.contents = {written.content};
}

base::Result<std::unique_ptr<ObjectWriter>> begin_write(StoreState& state, ObjectRecord record, WriterOptions options,
                                                        EventKind kind) {
  options.commit = [record, kind](Transaction& transaction, const WrittenContent& written,
                                  const CommitOptions& commit) -> base::Result<ObjectDetails> {
    auto object = record;
    fill(object, written);
    TRY_VOID(make_visible(transaction, object, kind, commit));
    return std::move(object.details);
  };
  options.stage = [record = std::move(record)](Transaction& transaction,
                                               const WrittenContent& written) -> base::Result<StagedId> {
    auto object = record;
    fill(object, written);
    TRY_VOID(require_bucket(transaction, object.details.info.bucket));
    TRY_VOID(transaction.add_references(extents_of(object.contents)));
    const StagedId id = transaction.next_sequence();
    transaction.put(index_key::staged(id), encode(object));
    return id;
  };
  return make_writer(state, std::move(options));
}

}  // namespace

base::Result<std::unique_ptr<ObjectWriter>> ObjectStore::begin_put(std::string bucket, std::string key,
                                                                   PutOptions options) {
  TRY_VOID(check_key_pair(bucket, key));
  TRY_VOID(find_bucket(bucket));
  TRY(auto wrapping, wrapping_key_of(*state_, options.encryption));
  auto record = record_of(std::move(bucket), std::move(key), std::move(options.attributes), std::move(options.settings),
                          std::move(options.encryption.encryption));
  return begin_write(*state_, std::move(record),
                     {.checksum = options.checksum,
                      .computes_sha256 = options.computes_sha256,
                      .wrapping_key = std::move(wrapping),
                      .expected_bytes = options.expected_bytes},
                     options.event);
}

base::Result<ObjectDetails> ObjectStore::put(std::string bucket, std::string key, std::string_view bytes,
                                             PutOptions options, CommitOptions commit) {
  TRY(const auto writer, begin_put(std::move(bucket), std::move(key), std::move(options)));
  TRY_VOID(writer->append(bytes));
  return writer->commit(std::move(commit));
}

namespace {

/// The copy as it will be, but for its content.
ObjectRecord copy_of(const ObjectDetails& source, std::string bucket, std::string key, CopyOptions& options) {
  options.settings.tags = options.replace_tags.value_or(source.tags);
  auto attributes = options.replace_attributes.value_or(source.attributes);
  if (options.replace_attributes) attributes.storage_class = options.replace_attributes->storage_class;
  return record_of(std::move(bucket), std::move(key), std::move(attributes), std::move(options.settings),
                   options.encryption.encryption);
}

constexpr std::size_t kCopyBytes = 1 << 20;

}  // namespace

base::Status copy_bytes(const ObjectReader& from, ByteRange range, ObjectWriter& to) {
  std::string buffer;
  for (std::uint64_t done = 0; done < range.length; done += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(kCopyBytes, range.length - done));
    TRY(const auto read, from.read_at(range.offset + done, buffer));
    if (read != buffer.size())
      return base::fail(base::ErrorKind::Internal, "an object is shorter than its record says");
    TRY_VOID(to.append(buffer));
  }
  return {};
}

base::Result<ObjectDetails> ObjectStore::copy(const CopySource& source, std::string to_bucket, std::string to_key,
                                              CopyOptions options) {
  TRY_VOID(check_key_pair(to_bucket, to_key));
  TRY(const auto reader, open_stored(*state_, source));
  const auto& details = reader->details();
  auto record = copy_of(details, std::move(to_bucket), std::move(to_key), options);
  const auto algorithm = options.checksum               ? options.checksum
                         : details.checksum.has_value() ? std::optional(details.checksum->algorithm)
                                                        : std::nullopt;
  const bool same_checksum =
      !options.checksum || (details.checksum && details.checksum->algorithm == *options.checksum);
  const bool plain =
      options.encryption.encryption.kind == EncryptionKind::None && details.encryption.kind == EncryptionKind::None;
  if (!plain || !same_checksum) {
    TRY(auto wrapping, wrapping_key_of(*state_, options.encryption));
    TRY(const auto writer,
        begin_write(*state_, std::move(record),
                    {.checksum = algorithm, .wrapping_key = std::move(wrapping), .expected_bytes = details.info.size},
                    EventKind::Copy));
    TRY_VOID(copy_bytes(*reader, {0, details.info.size}, *writer));
    return writer->commit(std::move(options.commit));
  }
  // The reader's pin keeps the shared files until the commit counts the copy's references.
  record.contents = reader->record().contents;
  record.details.info.size = details.info.size;
  record.details.info.etag = details.info.etag;
  record.details.checksum = details.checksum;
  record.details.parts = details.parts;
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(still_there(transaction, *reader));
    return make_visible(transaction, record, EventKind::Copy, options.commit);
  }));
  return std::move(record.details);
}

base::Result<ObjectDetails> ObjectStore::head(const std::string& bucket, const std::string& key,
                                              const std::string& version) const {
  TRY(auto found, read_version(*state_, bucket, key, version));
  return std::move(found.details);
}

base::Result<std::optional<ObjectVersion>> ObjectStore::find_latest(const std::string& bucket,
                                                                    const std::string& key) const {
  TRY(const auto current, state_->index->get(index_key::object(bucket, key)));
  if (current) {
    TRY(auto version, decode_listed(*current));
    version.is_latest = true;
    return std::optional(std::move(version));
  }
  const auto space = index_key::versions(bucket, key);
  const auto cursor = state_->index->cursor();
  cursor->seek(space);
  TRY_VOID(cursor->status());
  if (!cursor->valid() || !cursor->key().starts_with(space)) return std::nullopt;
  TRY(auto version, decode_listed(cursor->value()));
  version.is_latest = true;
  return std::optional(std::move(version));
}

base::Status ObjectStore::update_object(const std::string& bucket, const std::string& key, const std::string& version,
                                        const std::function<base::Status(ObjectDetails&)>& change) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    TRY(auto found, find_version(transaction, bucket, key, version));
    if (!found) return base::fail(version.empty() ? no_such_key(bucket, key) : no_such_version(key, version));
    if (found->record.is_delete_marker)
      return base::fail(base::ErrorKind::Conflict, "the version is a delete marker: " + version);
    TRY_VOID(change(found->record.details));
    transaction.put(found->place, encode(found->record));
    return {};
  });
}

base::Result<Removed> ObjectStore::remove(const std::string& bucket, const std::string& key, RemoveOptions options) {
  Removed removed;
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY(const auto info, require_bucket(transaction, bucket));
    TRY(removed, remove_version(transaction, info, key, options));
    return {};
  }));
  return removed;
}

base::Result<std::vector<base::Result<Removed>>> ObjectStore::remove_many(const std::string& bucket,
                                                                          std::span<const RemoveRequest> requests) {
  std::vector<base::Result<Removed>> outcomes;
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY(const auto info, require_bucket(transaction, bucket));
    outcomes.clear();
    // A refused removal has changed nothing: it checks before it changes.
    for (const auto& [key, options] : requests) outcomes.push_back(remove_version(transaction, info, key, options));
    return {};
  }));
  return outcomes;
}

base::Status ObjectStore::publish(std::span<const StagedId> ids) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    for (const auto id : ids) {
      TRY(const auto found, transaction.get(index_key::staged(id)));
      if (!found) continue;
      TRY(auto record, decode_object(*found));
      // The staged record's references pass to the object.
      const auto extents = extents_of(record.contents);
      TRY_VOID(make_visible(transaction, record, EventKind::Put, {}));
      TRY_VOID(transaction.drop_references(extents));
      transaction.erase(index_key::staged(id));
    }
    return {};
  });
}

base::Status ObjectStore::discard_staged() {
  return state_->run([](Transaction& transaction) -> base::Status {
    TRY(auto entries, transaction.scan(std::string(index_key::kStaged)));
    for (auto& [key, value] : entries) {
      TRY(const auto record, decode_object(value));
      TRY_VOID(transaction.drop_references(extents_of(record.contents)));
      transaction.erase(std::move(key));
    }
    return {};
  });
}

base::Status ObjectStore::forget_tokens(const std::string& source, std::span<const std::string> ids) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    for (const auto& id : ids) transaction.erase(index_key::token(source, id));
    return {};
  });
}

base::Status ObjectStore::takes_changes() const { return state_->committer->accepts(); }

base::Status ObjectStore::takes_bodies() const {
  TRY_VOID(takes_changes());
  return state_->space.admit_body(0);
}

base::Result<StoreUsage> ObjectStore::usage() const {
  TRY(const auto files, read_files(*state_->index));
  StoreUsage usage{.files = files.size()};
  for (const auto& [id, record] : files) {
    usage.live_bytes += record.live;
    if (record.end > record.live) usage.dead_bytes += record.end - record.live;
  }
  return usage;
}

}  // namespace store
