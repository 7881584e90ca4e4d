#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "store/s3/event_destination.h"

namespace store::s3 {

struct ServiceOptions {
  std::string region = "us-east-1";
  std::vector<std::string> base_domains{"localhost", "s3.localhost"};
  /// Buckets that say nothing of their ownership: false, as on AWS since 2023, their owner owns all in them and access
  /// control lists are off; true, lists count, as before.
  bool access_lists = false;
  /// Browser uploads may be signed with version 2, which hashes with SHA-1.
  bool old_form_signatures = false;
  /// A checksum of nothing in a presigned URL is taken at its word.
  bool strict_presigned_checksums = false;
  /// Keys of customers are taken over connections that others can read.
  bool customer_keys_in_the_clear = false;
  /// Of lifecycle rules; shorter in tests only.
  std::chrono::nanoseconds lifecycle_day = std::chrono::hours{24};
  /// Where rules of buckets may send events; see EventDelivery.
  std::vector<EventDestination> destinations;
};

}  // namespace store::s3
