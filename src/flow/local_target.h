#pragma once

#include <mutex>
#include <set>

#include "flow/object_target.h"
#include "store/object_store.h"

namespace flow {

/// Objects go into the store of this process. Its tokens make a repeated write one write.
class LocalTarget final : public ObjectTarget {
 public:
  /// `parallel`: writes of one call that may run beside each other, so that they share a sync; 1 keeps their order.
  LocalTarget(store::ObjectStore& objects, int parallel) : objects_(objects), parallel_(parallel) {}
  std::vector<base::Result<ObjectPutAnswer>> put(std::span<const ObjectPut> puts) override;
  std::string url_of(const std::string& bucket, const std::string& key) const override;

 private:
  base::Result<ObjectPutAnswer> put_one(const ObjectPut& put);
  base::Status ensure_bucket(const std::string& bucket);

  store::ObjectStore& objects_;
  const int parallel_;
  std::mutex buckets_mutex_;
  std::set<std::string> buckets_;
};

/// What `remote` takes is there; everything else is local, and an endpoint that is not one of `local_endpoints` is
/// refused.
class DefaultTargets final : public ObjectTargets {
 public:
  /// Answers null for what is local.
  using Remote = std::function<base::Result<std::shared_ptr<ObjectTarget>>(const TargetRequest&)>;
  DefaultTargets(store::ObjectStore& objects, int parallel, std::vector<std::string> local_endpoints, Remote remote)
      : local_(std::make_shared<LocalTarget>(objects, parallel)),
        local_endpoints_(std::move(local_endpoints)),
        remote_(std::move(remote)) {}
  base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest& request) override;

 private:
  const std::shared_ptr<LocalTarget> local_;
  const std::vector<std::string> local_endpoints_;
  const Remote remote_;
};

}  // namespace flow
