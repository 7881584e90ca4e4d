#pragma once

#include <string>
#include <string_view>

#include "store/object.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

/// A VersioningConfiguration.
/// Errors: 400 MalformedXML for another Status; 400 IllegalVersioningConfigurationException without one; 501
/// NotImplemented for MfaDelete.
/// Source: Amazon S3 API Reference, "PutBucketVersioning".
S3Result<Versioning> parse_versioning(std::string_view xml);
/// Versioning::Never is an empty root. Source: Amazon S3 API Reference, "GetBucketVersioning".
std::string print_versioning(Versioning versioning);

}  // namespace store::s3
