#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace store::s3 {

/// One answered request, for those who look back at it.
struct AccessRecord {
  base::Instant received;  // wall clock
  std::string bucket, key;
  std::string remote_address;
  std::string requester;  // id of the user; empty: anonymous
  std::string request_id;
  std::string_view operation;  // as the API Reference calls it; empty: none
  std::string_view level;      // "OBJECT", "BUCKET", "SERVICE"
  std::string method, sub_resource, target;
  int status = 0;
  std::string error_code;
  std::uint64_t bytes_received = 0, bytes_sent = 0;
  std::optional<std::uint64_t> object_size;
  std::chrono::nanoseconds total_time{0}, turn_around_time{0};
  std::string referrer, user_agent, host, version;
  bool presigned = false;
};

/// The line that Amazon's server access logs have for it, without its line end. What nobody knows is "-", as are the
/// cipher and the version of TLS. Secrets in URLs are "REDACTED". Source: Amazon S3 User Guide, "Amazon S3 server
/// access log format".
std::string access_log_line(const AccessRecord& record, std::string_view bucket_owner);

/// "REST.PUT.OBJECT"
std::string access_log_operation(const AccessRecord& record);

/// The text with the values of signatures and tokens in its query replaced.
std::string without_secrets(std::string_view url);

}  // namespace store::s3
