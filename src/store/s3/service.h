#pragma once

#include <atomic>

#include "base/clock.h"
#include "http/server.h"
#include "store/keys.h"
#include "store/object_store.h"
#include "store/s3/access_log.h"
#include "store/s3/options.h"
#include "store/s3/parse_cache.h"
#include "store/s3/request_statistics.h"

namespace store::s3 {

/// The S3 protocol over an ObjectStore: path style, and virtual-host style below the base domains. Requests without a
/// signature are anonymous: they may do what a bucket's policy or lists allow everybody. What is not implemented
/// answers 501 NotImplemented and names it. Source: Amazon S3 API Reference.
class S3Service final : public http::Service {
 public:
  /// All but the options must outlive the service. Signatures count by the wall clock, locks by the business clock.
  S3Service(ServiceOptions options, ObjectStore& store, const AccessKeys& keys, const base::Clock& clock,
            const base::WallClock& wall_clock, http::Workers& workers);
  /// Before the first request: a log that outlives the service.
  void log_to(AccessLog& log) { log_ = &log; }
  const RequestStatistics& statistics() const { return statistics_; }
  http::Awaitable<void> handle(http::Exchange& exchange) override;

 private:
  ServiceOptions options_;
  ObjectStore& store_;
  const AccessKeys& keys_;
  const base::Clock& clock_;
  const base::WallClock& wall_clock_;
  http::Workers& workers_;
  ParsedDocuments parsed_;
  RequestStatistics statistics_;
  AccessLog* log_ = nullptr;
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace store::s3
