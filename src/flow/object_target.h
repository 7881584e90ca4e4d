#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "flow/engine/repository.h"

namespace flow {

/// One object on its way from a flowfile into a bucket.
struct ObjectPut {
  std::string bucket;
  std::string key;
  std::string content_type;         // empty: none
  std::string content_disposition;  // empty: none
  std::string cache_control;
  std::string storage_class;  // counts where there are several
  std::vector<std::pair<std::string, std::string>> metadata;
  ContentClaim content;
  SinkToken token;  // a target that keeps tokens writes each once
};

struct ObjectPutAnswer {
  std::string etag;     // without quotes
  std::string version;  // empty: the bucket has no versions
  bool in_parts = false;
};

/// Somewhere that objects are put: the local store, or an S3 endpoint. Thread-safe. Makes a bucket on first use where
/// it owns the place.
class ObjectTarget {
 public:
  virtual ~ObjectTarget() = default;
  /// One outcome per put, in their order. Errors: what the service says, in its words.
  virtual std::vector<base::Result<ObjectPutAnswer>> put(std::span<const ObjectPut> puts) = 0;
  virtual std::string url_of(const std::string& bucket, const std::string& key) const = 0;
};

/// What PutS3Object says about the service that it means.
struct TargetRequest {
  std::string bucket;
  std::string region;
  std::string endpoint;  // "Endpoint Override URL"; empty: none
  bool path_style = false;
  std::string access_key;  // from the secrets of the flow; empty: none
  std::string secret_key;
};

/// Chooses the target. Errors: Unsupported with the endpoint when nothing serves it.
class ObjectTargets {
 public:
  virtual ~ObjectTargets() = default;
  virtual base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest& request) = 0;
};

}  // namespace flow
