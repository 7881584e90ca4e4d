#pragma once

#include <string>
#include <string_view>

#include "store/s3/documents/tagging.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

/// What the body of CreateBucket may say.
struct CreateBucketConfiguration {
  std::string location_constraint;  // any region is accepted; empty is us-east-1
  Tags tags;

  bool operator==(const CreateBucketConfiguration&) const = default;
};

/// A CreateBucketConfiguration; an empty body is one without contents.
/// Errors: 400 MalformedXML; 400 InvalidTag; 400 InvalidLocationConstraint for what cannot be the name of a region; 501
/// NotImplemented for directory buckets (Location, Bucket).
/// Source: Amazon S3 API Reference, "CreateBucket".
S3Result<CreateBucketConfiguration> parse_create_bucket(std::string_view xml);
std::string print_create_bucket(const CreateBucketConfiguration& configuration);

/// The answer of GetBucketLocation, which is empty for us-east-1.
std::string print_location(std::string_view region);

}  // namespace store::s3
