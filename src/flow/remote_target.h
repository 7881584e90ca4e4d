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

  const std::shared_ptr<store::s3::S3Client> client_;
  const std::string url_;
};

/// What the server answered; without an answer, why there is none.
base::Failure<ObjectError> remote_error(const store::s3::Refusal& refusal, const base::Error& error);

}  // namespace flow
