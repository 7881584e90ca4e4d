#include "store/buckets.h"

#include <utility>

namespace store {
namespace {

class LocalBucket final : public BucketFiles {
 public:
  LocalBucket(ObjectStore& store, std::string bucket) : store_(store), bucket_(std::move(bucket)) {}

  base::Result<std::vector<ObjectInfo>> list(const std::string& prefix) override {
    std::vector<ObjectInfo> objects;
    ListOptions options{.prefix = prefix, .delimiter = {}, .start_after = {}};
    for (;;) {
      TRY(auto page, store_.list(bucket_, options));
      std::ranges::move(page.objects, std::back_inserter(objects));
      if (!page.truncated) return objects;
      options.start_after = page.next;
    }
  }

  std::vector<base::Result<ObjectInfo>> head(std::span<const std::string> keys) override {
    std::vector<base::Result<ObjectInfo>> found;
    for (const auto& key : keys) found.push_back(head_one(key));
    return found;
  }

  base::Result<std::unique_ptr<ObjectReader>> open(const ObjectInfo& object, ReadAs) override {
    return store_.open_reader(bucket_, object.key);
  }

  base::Result<std::vector<KeptObject>> remove(std::span<const std::string> keys) override {
    std::vector<RemoveRequest> requests;
    for (const auto& key : keys) requests.push_back({key, {}});
    std::vector<KeptObject> kept;
    if (requests.empty()) return kept;
    TRY(const auto outcomes, store_.remove_many(bucket_, requests));
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      if (!outcomes[i]) kept.push_back({keys[i], outcomes[i].error().message});
    return kept;
  }

  base::Status put(const std::string& key, std::string bytes) override {
    TRY_VOID(store_.put(bucket_, key, bytes));
    return {};
  }

 private:
  base::Result<ObjectInfo> head_one(const std::string& key) {
    TRY(auto details, store_.head(bucket_, key));
    return std::move(details.info);
  }

  ObjectStore& store_;
  const std::string bucket_;
};

}  // namespace

base::Result<std::shared_ptr<BucketFiles>> LocalBuckets::find(const BucketPlace& place) {
  TRY_VOID(store_.ensure_bucket(place.bucket));
  return std::shared_ptr<BucketFiles>(std::make_shared<LocalBucket>(store_, place.bucket));
}

}  // namespace store
