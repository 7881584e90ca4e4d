#pragma once

#include <mutex>
#include <set>

#include "flow/object_target.h"
#include "store/object_store.h"

namespace flow {

/// Objects are in the store of this process, without a request in between. Its tokens make a repeated write one write.
class LocalTarget final : public ObjectTarget {
 public:
  /// `parallel`: writes of one call that may run beside each other, so that they share a sync; 1 keeps their order.
  LocalTarget(store::ObjectStore& objects, int parallel) : objects_(objects), parallel_(parallel) {}
  std::vector<ObjectResult<ObjectPutAnswer>> put(std::span<const ObjectPut> puts) override;
  ObjectStatus abort_old_uploads(const std::string& bucket, std::chrono::nanoseconds age) override;
  ObjectStatus list(const ObjectListing& listing, const Page& page) override;
  ObjectResult<ObjectFacts> head(const ObjectName& name) override;
  ObjectResult<ObjectFacts> get(const ObjectName& name, const ObjectRange& range, ByteSink& sink) override;
  ObjectStatus remove(const ObjectName& name) override;
  ObjectResult<NamedTexts> tags(const ObjectName& name) override;
  ObjectStatus set_tags(const ObjectName& name, const NamedTexts& tags) override;
  std::string url_of(const std::string& bucket, const std::string& key) const override;

 private:
  ObjectResult<ObjectPutAnswer> put_one(const ObjectPut& put);
  base::Status ensure_bucket(const std::string& bucket);
  ObjectStatus list_objects(const ObjectListing& listing, const Page& page) const;
  ObjectStatus list_versions(const ObjectListing& listing, const Page& page) const;
  ObjectResult<ObjectFacts> facts_of(const store::ObjectDetails& details) const;

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

/// What an error of the store means to S3 clients.
base::Failure<ObjectError> store_error(const base::Error& error);
/// The limits that S3 sets to the tags of an object.
ObjectStatus check_tags(const NamedTexts& tags);

}  // namespace flow
