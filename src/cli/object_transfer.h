#pragma once

#include <optional>
#include <string>

#include "store/s3/client.h"

namespace cli {

/// "s3://bucket/key"; the key may be empty.
struct Place {
  std::string bucket, key;
};

/// A file, or "-" for standard input; long ones in parts.
base::Status upload(store::s3::S3Client& client, const std::string& file, const Place& to);
/// To a file, which appears when it is whole, or to "-" for standard output. Long objects in ranges, several at once;
/// `size` is the object's, where it is known.
base::Status download(store::s3::S3Client& client, const Place& from, const std::string& file,
                      std::optional<std::uint64_t> size = std::nullopt);
/// From one bucket to another, by the server itself.
base::Status transfer(store::s3::S3Client& client, const Place& from, const Place& to);

}  // namespace cli
