#pragma once

#include <memory>

#include "flow/object_target.h"
#include "store/s3/client.h"

namespace flow {

/// Objects go to an S3 endpoint; long ones in parts. Nothing there knows tokens: a put that a crash made repeat writes
/// the same object again.
class RemoteTarget final : public ObjectTarget {
 public:
  /// `url`: of the endpoint, for attributes; empty: s3://.
  RemoteTarget(std::shared_ptr<store::s3::S3Client> client, std::string url);
  std::vector<base::Result<ObjectPutAnswer>> put(std::span<const ObjectPut> puts) override;
  std::string url_of(const std::string& bucket, const std::string& key) const override;

 private:
  base::Result<ObjectPutAnswer> put_one(const ObjectPut& put);

  const std::shared_ptr<store::s3::S3Client> client_;
  const std::string url_;
};

}  // namespace flow
