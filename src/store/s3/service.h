#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/server.h"
#include "store/keys.h"
#include "store/object_store.h"

namespace store::s3 {

/// The S3 protocol over an ObjectStore: path style, and virtual-host style below `base_domains`. Every request must be
/// signed. What is not implemented answers 501 NotImplemented and names it.
/// Source: Amazon S3 API Reference.
class S3Service final : public http::Service {
 public:
  struct Options {
    std::string region = "us-east-1";
    std::vector<std::string> base_domains{"localhost", "s3.localhost"};
  };
  /// All but the options must outlive the service.
  S3Service(Options options, ObjectStore& store, const AccessKeys& keys, const base::WallClock& wall_clock,
            http::Workers& workers);
  http::Awaitable<void> handle(http::Exchange& exchange) override;

 private:
  Options options_;
  ObjectStore& store_;
  const AccessKeys& keys_;
  const base::WallClock& wall_clock_;
  http::Workers& workers_;
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace store::s3
