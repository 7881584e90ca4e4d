#include "store/state.h"

namespace store {
namespace {

/// The common prefix that stands for `key`; empty when the key stands for itself.
std::string common_prefix_of(std::string_view key, const ListOptions& options) {
  if (options.delimiter.empty()) return {};
  const auto at = key.find(options.delimiter, options.prefix.size());
  if (at == std::string_view::npos) return {};
  return std::string(key.substr(0, at + options.delimiter.size()));
}

/// Where to begin so that only keys behind options.start_after come: right behind it, or, when it is itself a common
/// prefix, behind all that it stands for.
std::string first_key(const ListOptions& options) {
  const auto& after = options.start_after;
  if (after.empty() || after < options.prefix) return options.prefix;
  if (after.starts_with(options.prefix) && common_prefix_of(after, options) == after) return after_prefix(after);
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
  cursor->seek(space + first_key(options));
  int count = 0;
  while (cursor->valid() && cursor->key().starts_with(wanted)) {
    if (count == options.max_keys) {
      listing.truncated = true;
      break;
    }
    ++count;
    const std::string key(cursor->key().substr(space.size()));
    if (auto common = common_prefix_of(key, options); !common.empty()) {
      listing.next = common;
      cursor->seek(after_prefix(space + common));  // one step, however many keys it stands for
      listing.common_prefixes.push_back(std::move(common));
    } else {
      TRY(auto record, decode_object(cursor->value()));
      listing.objects.push_back(std::move(record.details.info));
      listing.next = key;
      cursor->next();
    }
  }
  TRY_VOID(cursor->status());
  if (!listing.truncated) listing.next.clear();
  return listing;
}

base::Status ObjectStore::remove_bucket(const std::string& bucket) {
  return state_->run(
      [&](Transaction& transaction) -> base::Status {
        TRY_VOID(require_bucket(transaction, bucket));
        const auto cursor = transaction.index().cursor();
        const auto objects = index_key::objects(bucket);
        cursor->seek(objects);
        if (cursor->valid() && cursor->key().starts_with(objects))
          return base::fail(base::ErrorKind::Conflict, "the bucket is not empty: " + bucket);
        const auto uploads = index_key::uploads(bucket);
        for (cursor->seek(uploads); cursor->valid() && cursor->key().starts_with(uploads); cursor->next()) {
          const auto id = cursor->key().substr(cursor->key().rfind('\0') + 1);
          const auto space = index_key::parts(id);
          const auto parts = transaction.index().cursor();
          for (parts->seek(space); parts->valid() && parts->key().starts_with(space); parts->next()) {
            TRY(const auto part, decode_part(parts->value()));
            TRY_VOID(transaction.drop_references(part.extents));
            transaction.erase(std::string(parts->key()));
          }
          transaction.erase(std::string(cursor->key()));
        }
        TRY_VOID(cursor->status());
        transaction.erase(index_key::bucket(bucket));
        return {};
      },
      true);
}

}  // namespace store
