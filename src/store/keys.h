#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/result.h"

namespace store {

struct AccessKey {
  std::string id;
  std::string secret;
};

/// Whose signatures a server accepts.
class AccessKeys {
 public:
  virtual ~AccessKeys() = default;
  virtual std::optional<std::string> secret_of(std::string_view id) const = 0;
};

/// The one key pair of a data directory: `<directory>/s3`, readable by its owner only, made when missing.
class LocalKeys final : public AccessKeys {
 public:
  static base::Result<LocalKeys> open(const std::string& directory, base::Disk& disk);
  std::optional<std::string> secret_of(std::string_view id) const override;
  const AccessKey& key() const { return key_; }

 private:
  explicit LocalKeys(AccessKey key) : key_(std::move(key)) {}
  AccessKey key_;
};

}  // namespace store
