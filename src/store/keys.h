#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"

namespace store {

struct AccessKey {
  std::string id;
  std::string secret;
};

/// Whoever may send requests. Buckets and objects belong to users, by id.
struct User {
  std::string id;
  std::string name;    // as listings show it
  std::string email;   // grants may name it
  std::string policy;  // what it may do at most: readwrite, readonly, writeonly or a policy's JSON; empty: all it owns
  bool is_administrator = false;  // may do everything
};

struct KeyOwner {
  User user;
  std::string secret;
};

/// Whose signatures a server accepts. Thread-safe.
class AccessKeys {
 public:
  virtual ~AccessKeys() = default;
  virtual std::optional<KeyOwner> find(std::string_view access_key) const = 0;
  virtual std::optional<User> user_of_id(std::string_view id) const = 0;
  virtual std::optional<User> user_of_email(std::string_view email) const = 0;
};

/// The keys of a data directory, each file readable by its owner only:
/// `<directory>/s3`, the administrator's pair, and `<directory>/ring`, the key from which those for encryption come,
/// are made when missing; `<directory>/users` holds the other users, their secrets encrypted with a key of the ring.
class LocalKeys final : public AccessKeys {
 public:
  /// With a clock, users that another process adds or removes are noticed within a second.
  static base::Result<std::unique_ptr<LocalKeys>> open(const std::string& directory, base::Disk& disk,
                                                       const base::WallClock* clock = nullptr);

  std::optional<KeyOwner> find(std::string_view access_key) const override;
  std::optional<User> user_of_id(std::string_view id) const override;
  std::optional<User> user_of_email(std::string_view email) const override;

  const AccessKey& key() const { return administrator_; }
  const std::string& ring() const { return ring_; }

  /// Keeps the user and its key before it returns; without a key one is made. The secret is not shown again.
  /// Errors: AlreadyExists for the id of a user or a key, InvalidValue.
  base::Result<AccessKey> add_user(User user, std::optional<AccessKey> key = {});
  base::Status remove_user(const std::string& id);  // NotFound
  std::vector<User> users() const;

 private:
  struct Entry {
    User user;
    AccessKey key;
  };
  LocalKeys(std::string directory, base::Disk& disk, const base::WallClock* clock)
      : directory_(std::move(directory)), disk_(disk), clock_(clock) {}
  base::Status read_administrator();
  base::Status read_ring();
  base::Status read_users();
  base::Result<std::vector<Entry>> parse_users(std::string_view text) const;
  /// With entries_mutex_ held.
  void refresh() const;
  base::Status write_users(const std::vector<Entry>& entries);

  const std::string directory_;
  base::Disk& disk_;
  const base::WallClock* const clock_;
  AccessKey administrator_;
  std::string ring_;
  mutable std::mutex entries_mutex_;
  mutable std::vector<Entry> entries_;
  mutable std::string users_text_;  // of which entries_ were read
  mutable base::Instant refreshed_;
};

/// The administrator's id: the owner of what no user made.
inline constexpr std::string_view kAdministrator = "freshet";

}  // namespace store
