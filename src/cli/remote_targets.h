#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flow/object_target.h"
#include "store/s3/remote.h"

namespace cli {

/// Where PutS3Object writes that means a bucket elsewhere: one that the configuration maps, or an endpoint of its own
/// that is not this process. Thread-safe.
class RemoteTargets {
 public:
  /// `remotes` outlives this; `local_endpoints` are those of this process.
  RemoteTargets(store::s3::Remotes& remotes, std::vector<std::string> local_endpoints)
      : remotes_(remotes), local_endpoints_(std::move(local_endpoints)) {}
  /// Null for what is local; the same target for the same place and keys.
  base::Result<std::shared_ptr<flow::ObjectTarget>> find(const flow::TargetRequest& request);

 private:
  bool is_local(const std::string& endpoint) const;

  store::s3::Remotes& remotes_;
  const std::vector<std::string> local_endpoints_;
  std::mutex targets_mutex_;
  std::map<std::shared_ptr<store::s3::S3Client>, std::shared_ptr<flow::ObjectTarget>> targets_;
};

}  // namespace cli
