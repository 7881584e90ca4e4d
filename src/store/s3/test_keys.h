#pragma once

#include "store/keys.h"

namespace store::s3 {

/// One user with one key, for tests.
class OneKey final : public AccessKeys {
 public:
  explicit OneKey(AccessKey key) : key_(std::move(key)) {}
  std::optional<KeyOwner> find(std::string_view access_key) const override {
    if (access_key != key_.id) return std::nullopt;
    return KeyOwner{{.id = "user"}, key_.secret};
  }
  std::optional<User> user_of_id(std::string_view) const override { return std::nullopt; }
  std::optional<User> user_of_email(std::string_view) const override { return std::nullopt; }

 private:
  const AccessKey key_;
};

}  // namespace store::s3
