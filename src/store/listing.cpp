#include "store/state.h"
#include "store/versions.h"

namespace store {

std::string common_prefix_of(std::string_view key, std::string_view prefix, std::string_view delimiter) {
  if (delimiter.empty()) return {};
  const auto at = key.find(delimiter, prefix.size());
  if (at == std::string_view::npos) return {};
  return std::string(key.substr(0, at + delimiter.size()));
}

namespace {

/// Where to begin so that only keys behind `after` come: right behind it, or, when it is itself a common prefix, behind
/// all that it stands for.
std::string first_key(const std::string& after, std::string_view prefix, std::string_view delimiter) {
  if (after.empty() || after < prefix) return std::string(prefix);
  if (after.starts_with(prefix) && common_prefix_of(after, prefix, delimiter) == after) return after_prefix(after);
  return after + '\0';
}

}  // namespace

base::Result<Listing> ObjectStore::list(const std::string& bucket, const ListOptions& options) const {
  TRY_VOID(find_bucket(bucket));
  Listing listing;
  if (options.max_keys <= 0) return listing;
  const auto space = index_key::objects(bucket);
  const auto wanted = space + options.prefix;
  const auto cursor = state_->index->cursor();
  cursor->seek(space + first_key(options.start_after, options.prefix, options.delimiter));
  int count = 0;
  while (cursor->valid() && cursor->key().starts_with(wanted)) {
    if (count == options.max_keys) {
      listing.truncated = true;
      break;
    }
    ++count;
    const std::string key(cursor->key().substr(space.size()));
    if (auto common = common_prefix_of(key, options.prefix, options.delimiter); !common.empty()) {
      listing.next = common;
      cursor->seek(after_prefix(space + common));  // one step, however many keys it stands for
      listing.common_prefixes.push_back(std::move(common));
    } else {
      TRY(auto listed, decode_listed(cursor->value()));
      listing.objects.push_back(std::move(listed.info));
      listing.next = key;
      cursor->next();
    }
  }
  TRY_VOID(cursor->status());
  if (!listing.truncated) listing.next.clear();
  return listing;
}

namespace {

/// Walks all versions of a bucket: keys ascending, of one key the newest first.
class VersionCursor {
 public:
  VersionCursor(const Index& index, const std::string& bucket, std::string_view prefix)
      : object_space_(index_key::objects(bucket)),
        version_space_(index_key::all_versions(bucket)),
        prefix_(prefix),
        objects_(index.cursor()),
        versions_(index.cursor()) {}

  /// To the newest version of the first key that is not less than `key`.
  void seek(const std::string& key) {
    objects_->seek(object_space_ + key);
    versions_->seek(version_space_ + key);
    latest_seen_.reset();
  }
  bool valid() const { return object_key() || version_key(); }
  std::string key() const {
    const auto object = object_key(), version = version_key();
    return std::string(!version || (object && *object <= *version) ? *object : *version);
  }
  base::Result<ObjectVersion> current() const {
    const auto now = key();
    const bool is_object = object_key() == now;
    TRY(auto version, decode_listed(is_object ? objects_->value() : versions_->value()));
    version.is_latest = latest_seen_ != now;
    return version;
  }
  void next() {
    latest_seen_ = key();
    (object_key() == *latest_seen_ ? objects_ : versions_)->next();
  }
  base::Status status() const {
    TRY_VOID(objects_->status());
    return versions_->status();
  }

 private:
  std::optional<std::string_view> object_key() const {
    return inside(*objects_, object_space_) ? std::optional(objects_->key().substr(object_space_.size()))
                                            : std::nullopt;
  }
  std::optional<std::string_view> version_key() const {
    if (!inside(*versions_, version_space_)) return std::nullopt;
    const auto rest = versions_->key().substr(version_space_.size());
    return rest.substr(0, rest.size() - sizeof(std::uint64_t) - 1);
  }
  bool inside(const IndexCursor& cursor, const std::string& space) const {
    return cursor.valid() && cursor.key().starts_with(space) && cursor.key().substr(space.size()).starts_with(prefix_);
  }

  const std::string object_space_, version_space_, prefix_;
  const std::unique_ptr<IndexCursor> objects_, versions_;
  std::optional<std::string> latest_seen_;  // the key whose newest version came already
};

/// Behind the version that ended the page before.
base::Status seek_markers(VersionCursor& cursor, const VersionListOptions& options) {
  if (options.version_marker.empty()) {
    cursor.seek(first_key(options.key_marker, options.prefix, options.delimiter));
    return {};
  }
  for (cursor.seek(options.key_marker); cursor.valid() && cursor.key() == options.key_marker;) {
    TRY(const auto version, cursor.current());
    cursor.next();
    if (version_id(version.info) == options.version_marker) break;
  }
  return {};
}

}  // namespace

base::Result<VersionListing> ObjectStore::list_versions(const std::string& bucket,
                                                        const VersionListOptions& options) const {
  TRY_VOID(find_bucket(bucket));
  VersionListing listing;
  if (options.max_keys <= 0) return listing;
  VersionCursor cursor(*state_->index, bucket, options.prefix);
  TRY_VOID(seek_markers(cursor, options));
  for (int count = 0; cursor.valid(); ++count) {
    if (count == options.max_keys) {
      listing.truncated = true;
      break;
    }
    const auto key = cursor.key();
    if (auto common = common_prefix_of(key, options.prefix, options.delimiter); !common.empty()) {
      cursor.seek(after_prefix(common));
      listing.next_key = common;
      listing.next_version.clear();
      listing.common_prefixes.push_back(std::move(common));
    } else {
      TRY(auto version, cursor.current());
      listing.next_key = key;
      listing.next_version = version_id(version.info);
      listing.versions.push_back(std::move(version));
      cursor.next();
    }
  }
  TRY_VOID(cursor.status());
  if (!listing.truncated) listing.next_key = listing.next_version = {};
  return listing;
}

base::Status ObjectStore::remove_bucket(const std::string& bucket) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    for (const auto& space : {index_key::objects(bucket), index_key::all_versions(bucket)}) {
      TRY(const auto first, transaction.scan(space, 1));
      if (!first.empty()) return base::fail(base::ErrorKind::Conflict, "the bucket is not empty: " + bucket);
    }
    TRY(auto uploads, transaction.scan(index_key::uploads(bucket)));
    for (auto& [place, value] : uploads) {
      TRY_VOID(drop_parts(transaction, place.substr(place.rfind('\0') + 1)));
      transaction.erase(std::move(place));
    }
    transaction.erase(index_key::bucket(bucket));
    return {};
  });
}

}  // namespace store
