#include "store/object_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/checksum.h"
#include "store/state.h"

namespace store {
namespace {

constexpr std::string_view kFormat = "freshet objects 1\n";

base::Status check_format(StoreState& state) {
  const auto path = state.options.directory + "/FORMAT";
  TRY(const bool there, state.disk.exists(path));
  if (!there) return state.disk.replace_all(path, kFormat);
  TRY(const auto format, state.disk.read_all(path));
  if (format == kFormat) return {};
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

base::Status recover(StoreState& state) {
  TRY(auto files, read_files(*state.index));
  std::optional<FileId> active;
  for (const auto& [id, record] : files)
    if (!id.is_large()) active = id;
  TRY_VOID(forget_dead_files(*state.index, files, active));
  TRY_VOID(state.files.remove_unknown(files));
  TRY(const auto sequence, state.index->get(index_key::kSequence));
  return state.committer->start(sequence ? decode_number(*sequence) : 0, active, active ? files[*active].end : 0);
}

base::Status check_key_pair(std::string_view bucket, std::string_view key) {
  TRY_VOID(check_bucket_name(bucket));
  return check_key(key);
}

}  // namespace

bool matches(std::string_view condition, std::string_view etag) { return condition == "*" || condition == etag; }

base::Error no_such_key(const std::string& bucket, const std::string& key) {
  return {base::ErrorKind::NotFound, 0, {}, fmt::format("no such object: {}/{}", bucket, key), {}};
}
base::Error no_such_bucket(const std::string& bucket) {
  return {base::ErrorKind::NotFound, 0, {}, "no such bucket: " + bucket, {}};
}
base::Error precondition_failed(std::string_view condition) {
  return {base::ErrorKind::Conflict, 0, {}, fmt::format("precondition failed: {}", condition), {}};
}

base::Status require_bucket(const Transaction& transaction, const std::string& bucket) {
  TRY(const auto found, transaction.get(index_key::bucket(bucket)));
  if (!found) return base::fail(no_such_bucket(bucket));
  return {};
}

base::Result<std::optional<ObjectRecord>> find_object(const Transaction& transaction, const std::string& bucket,
                                                      const std::string& key) {
  TRY(const auto found, transaction.get(index_key::object(bucket, key)));
  if (!found) return std::nullopt;
  TRY(auto record, decode_object(*found));
  return std::optional<ObjectRecord>(std::move(record));
}

base::Status make_visible(Transaction& transaction, ObjectRecord& record, EventKind kind,
                          const CommitOptions& options) {
  auto& info = record.details.info;
  TRY_VOID(require_bucket(transaction, info.bucket));
  const auto token = options.token ? index_key::token(options.token->source, options.token->id) : std::string{};
  if (options.token) {
    TRY(const auto known, transaction.get(token));
    if (known) {
      TRY(record, decode_object(*known));
      return {};
    }
  }
  TRY(const auto old, find_object(transaction, info.bucket, info.key));
  const auto& [if_match, if_none_match] = options.conditions;
  if (!if_match.empty() && !old) return base::fail(no_such_key(info.bucket, info.key));
  if (!if_match.empty() && !matches(if_match, old->details.info.etag))
    return base::fail(precondition_failed("If-Match"));
  if (!if_none_match.empty() && old && matches(if_none_match, old->details.info.etag))
    return base::fail(precondition_failed("If-None-Match"));

  info.sequence = transaction.next_sequence();
  info.last_modified = old ? std::max(transaction.now(), old->details.info.last_modified) : transaction.now();
  TRY_VOID(transaction.add_references(record.extents));
  if (old) TRY_VOID(transaction.drop_references(old->extents));
  transaction.put(index_key::object(info.bucket, info.key), encode(record));
  if (options.token) transaction.put(token, encode(record));
  const ObjectEvent event{info.sequence, kind, info.bucket, info.key, info.size, info.etag, info.last_modified};
  transaction.put(index_key::event(info.sequence), encode(event));
  transaction.mark_event();
  return {};
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

base::Result<std::unique_ptr<ObjectStore>> ObjectStore::open(Options options, base::Disk& disk,
                                                             const base::Clock& clock) {
  auto state = std::make_unique<StoreState>(std::move(options), disk, clock);
  TRY_VOID(disk.make_directory(state->options.directory));
  TRY_VOID(check_format(*state));
  TRY_VOID(state->files.make_directories());
  TRY(state->index, Index::open(state->options.directory + "/index", disk));
  state->committer = std::make_unique<Committer>(*state->index, state->files, clock, state->options.segment_bytes);
  TRY_VOID(recover(*state));
  return std::unique_ptr<ObjectStore>(new ObjectStore(std::move(state)));
}

base::Status ObjectStore::create_bucket(const std::string& bucket) {
  TRY_VOID(check_bucket_name(bucket));
  return state_->run([&](Transaction& transaction) -> base::Status {
    const auto name = index_key::bucket(bucket);
    TRY(const auto found, transaction.get(name));
    if (found) return base::fail(base::ErrorKind::AlreadyExists, "the bucket exists: " + bucket);
    transaction.put(name, encode_number(static_cast<std::uint64_t>(transaction.now().ns)));
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
  return BucketInfo{bucket, {static_cast<std::int64_t>(decode_number(*found))}};
}

base::Result<std::vector<BucketInfo>> ObjectStore::list_buckets() const {
  std::vector<BucketInfo> buckets;
  const auto cursor = state_->index->cursor();
  for (cursor->seek(index_key::kBuckets); cursor->valid() && cursor->key().starts_with(index_key::kBuckets);
       cursor->next())
    buckets.push_back(
        {std::string(cursor->key().substr(1)), {static_cast<std::int64_t>(decode_number(cursor->value()))}});
  TRY_VOID(cursor->status());
  return buckets;
}

base::Result<std::unique_ptr<ObjectWriter>> ObjectStore::begin_put(std::string bucket, std::string key,
                                                                   PutOptions options) {
  TRY_VOID(check_key_pair(bucket, key));
  TRY_VOID(find_bucket(bucket));
  const auto record_of = [bucket, key, attributes = std::move(options.attributes)](const WrittenContent& content) {
    ObjectRecord record;
    record.details.info = {.bucket = bucket, .key = key, .size = content.size, .etag = to_hex(content.md5)};
    record.details.attributes = attributes;
    record.details.checksum = content.checksum;
    record.extents = content.extents;
    return record;
  };
  auto commit = [record_of](Transaction& transaction, const WrittenContent& content,
                            const CommitOptions& commit_options) -> base::Result<ObjectDetails> {
    auto record = record_of(content);
    TRY_VOID(make_visible(transaction, record, EventKind::Put, commit_options));
    return std::move(record.details);
  };
  auto stage = [record_of](Transaction& transaction, const WrittenContent& content) -> base::Result<StagedId> {
    const auto record = record_of(content);
    TRY_VOID(require_bucket(transaction, record.details.info.bucket));
    TRY_VOID(transaction.add_references(record.extents));
    const StagedId id = transaction.next_sequence();
    transaction.put(index_key::staged(id), encode(record));
    return id;
  };
  return make_writer(*state_, options.checksum, std::move(commit), std::move(stage));
}

base::Result<ObjectDetails> ObjectStore::put(std::string bucket, std::string key, std::string_view bytes,
                                             PutOptions options, CommitOptions commit) {
  TRY(const auto writer, begin_put(std::move(bucket), std::move(key), std::move(options)));
  TRY_VOID(writer->append(bytes));
  return writer->commit(std::move(commit));
}

base::Result<ObjectDetails> ObjectStore::copy(const std::string& bucket, const std::string& key, std::string to_bucket,
                                              std::string to_key, CopyOptions options) {
  TRY_VOID(check_key_pair(to_bucket, to_key));
  ObjectDetails answer;
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    TRY(auto record, find_object(transaction, bucket, key));
    if (!record) return base::fail(no_such_key(bucket, key));
    record->details.info.bucket = to_bucket;
    record->details.info.key = to_key;
    if (options.replace_attributes) record->details.attributes = *options.replace_attributes;
    TRY_VOID(make_visible(transaction, *record, EventKind::Copy, options.commit));
    answer = std::move(record->details);
    return {};
  }));
  return answer;
}

base::Result<ObjectDetails> ObjectStore::head(const std::string& bucket, const std::string& key) const {
  TRY(const auto found, state_->index->get(index_key::object(bucket, key)));
  if (!found) {
    TRY_VOID(find_bucket(bucket));
    return base::fail(no_such_key(bucket, key));
  }
  TRY(auto record, decode_object(*found));
  return std::move(record.details);
}

base::Result<bool> ObjectStore::remove(const std::string& bucket, const std::string& key, RemoveOptions options) {
  bool removed = false;
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    TRY(const auto record, find_object(transaction, bucket, key));
    if (!record) return {};
    const auto& info = record->details.info;
    if (options.if_sequence != 0 && options.if_sequence != info.sequence) return {};
    if (!options.if_match.empty() && !matches(options.if_match, info.etag))
      return base::fail(precondition_failed("If-Match"));
    TRY_VOID(transaction.drop_references(record->extents));
    transaction.erase(index_key::object(bucket, key));
    removed = true;
    return {};
  }));
  return removed;
}

base::Status ObjectStore::remove_many(const std::string& bucket, std::span<const std::string> keys) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    for (const auto& key : keys) {
      TRY(const auto record, find_object(transaction, bucket, key));
      if (!record) continue;
      TRY_VOID(transaction.drop_references(record->extents));
      transaction.erase(index_key::object(bucket, key));
    }
    return {};
  });
}

base::Result<std::vector<ObjectEvent>> ObjectStore::events_after(std::uint64_t sequence, std::size_t limit) const {
  std::vector<ObjectEvent> events;
  const auto cursor = state_->index->cursor();
  for (cursor->seek(index_key::event(sequence + 1));
       events.size() < limit && cursor->valid() && cursor->key().starts_with(index_key::kEvents); cursor->next()) {
    TRY(auto event, decode_event(cursor->value()));
    events.push_back(std::move(event));
  }
  TRY_VOID(cursor->status());
  return events;
}

std::uint64_t ObjectStore::last_event_sequence() const { return state_->committer->last_sequence(); }

base::Status ObjectStore::trim_events(std::uint64_t sequence) {
  return state_->run(
      [sequence](Transaction& transaction) -> base::Status {
        const auto cursor = transaction.index().cursor();
        for (cursor->seek(index_key::kEvents); cursor->valid() && cursor->key().starts_with(index_key::kEvents);
             cursor->next()) {
          if (decode_number(cursor->key().substr(1)) > sequence) break;
          transaction.erase(std::string(cursor->key()));
        }
        return cursor->status();
      },
      true);
}

namespace {

class StoreSubscription final : public Subscription {
 public:
  StoreSubscription(Committer& committer, std::uint64_t id) : committer_(committer), id_(id) {}
  ~StoreSubscription() override { committer_.unsubscribe(id_); }

 private:
  Committer& committer_;
  std::uint64_t id_;
};

}  // namespace

std::unique_ptr<Subscription> ObjectStore::subscribe(std::function<void(std::uint64_t)> callback) {
  const auto id = state_->committer->subscribe(std::move(callback));
  return std::make_unique<StoreSubscription>(*state_->committer, id);
}

base::Status ObjectStore::publish(std::span<const StagedId> ids) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    for (const auto id : ids) {
      TRY(const auto found, transaction.get(index_key::staged(id)));
      if (!found) continue;
      TRY(auto record, decode_object(*found));
      // The staged record's references pass to the object.
      const auto extents = record.extents;
      TRY_VOID(make_visible(transaction, record, EventKind::Put, {}));
      TRY_VOID(transaction.drop_references(extents));
      transaction.erase(index_key::staged(id));
    }
    return {};
  });
}

base::Status ObjectStore::discard_staged() {
  return state_->run(
      [](Transaction& transaction) -> base::Status {
        const auto cursor = transaction.index().cursor();
        for (cursor->seek(index_key::kStaged); cursor->valid() && cursor->key().starts_with(index_key::kStaged);
             cursor->next()) {
          TRY(const auto record, decode_object(cursor->value()));
          TRY_VOID(transaction.drop_references(record.extents));
          transaction.erase(std::string(cursor->key()));
        }
        return cursor->status();
      },
      true);
}

base::Status ObjectStore::forget_tokens(const std::string& source, std::span<const std::string> ids) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    for (const auto& id : ids) transaction.erase(index_key::token(source, id));
    return {};
  });
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
