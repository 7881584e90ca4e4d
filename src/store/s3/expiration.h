#pragma once

#include <optional>
#include <string>

#include "store/s3/call.h"

namespace store::s3 {

/// The x-amz-expiration header of an object that a lifecycle rule of its bucket will remove.
std::optional<std::string> expiration_of(const BucketInfo& bucket, const ObjectDetails& details);

}  // namespace store::s3
