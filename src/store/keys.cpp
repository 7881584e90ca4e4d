#include "store/keys.h"

#include <algorithm>

#include "base/random.h"
#include "http/message.h"
#include "store/checksum.h"
#include "store/encryption.h"

namespace store {
namespace {

constexpr std::string_view kUsersPurpose = "users";

std::string random_text(std::string_view alphabet, std::size_t length) {
  std::string text;
  while (text.size() < length) {
    // Below the greatest multiple of the alphabet's size every character is equally likely.
    const auto word = base::entropy();
    if (word < ~std::uint64_t{0} - alphabet.size()) text += alphabet[word % alphabet.size()];
  }
  return text;
}

AccessKey random_access_key() {
  return {"FRESHET" + random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 13),
          random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40)};
}

base::Failure<base::Error> not_a_key_file(const std::string& path) {
  return base::fail(base::ErrorKind::InvalidValue, "not a key file: " + path);
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    const auto end = line.find(' ');
    fields.push_back(http::percent_decode(line.substr(0, end)));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

User administrator() {
  return {.id = std::string(kAdministrator), .name = std::string(kAdministrator), .is_administrator = true};
}

}  // namespace

base::Result<std::unique_ptr<LocalKeys>> LocalKeys::open(const std::string& directory, base::Disk& disk,
                                                         const base::WallClock* clock) {
  TRY_VOID(disk.make_directory(directory));
  std::unique_ptr<LocalKeys> keys(new LocalKeys(directory, disk, clock));
  TRY_VOID(keys->read_administrator());
  TRY_VOID(keys->read_ring());
  TRY_VOID(keys->read_users());
  return keys;
}

base::Status LocalKeys::read_administrator() {
  const auto path = directory_ + "/s3";
  TRY(const bool there, disk_.exists(path));
  if (!there) {
    administrator_ = random_access_key();
    return disk_.replace_all(path, administrator_.id + "\n" + administrator_.secret + "\n");
  }
  TRY(const auto text, disk_.read_all(path));
  const auto middle = text.find('\n');
  const auto end = middle == std::string::npos ? middle : text.find('\n', middle + 1);
  if (end == std::string::npos || middle == 0 || end == middle + 1) return not_a_key_file(path);
  administrator_ = {text.substr(0, middle), text.substr(middle + 1, end - middle - 1)};
  return {};
}

base::Status LocalKeys::read_ring() {
  const auto path = directory_ + "/ring";
  TRY(const bool there, disk_.exists(path));
  if (!there) {
    ring_ = random_key();
    return disk_.replace_all(path, to_base64(ring_) + "\n");
  }
  TRY(const auto text, disk_.read_all(path));
  auto ring = from_base64(std::string_view(text).substr(0, text.find('\n')));
  if (!ring || ring->size() != kKeyBytes) return not_a_key_file(path);
  ring_ = std::move(*ring);
  return {};
}

base::Status LocalKeys::read_users() {
  const auto path = directory_ + "/users";
  TRY(const bool there, disk_.exists(path));
  if (!there) return {};
  TRY(users_text_, disk_.read_all(path));
  TRY(entries_, parse_users(users_text_));
  return {};
}

base::Result<std::vector<LocalKeys::Entry>> LocalKeys::parse_users(std::string_view text) const {
  std::vector<Entry> entries;
  const auto wrapping = derive_key(ring_, kUsersPurpose);
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto fields = fields_of(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto sealed = fields.size() == 6 ? from_base64(fields[5]) : std::nullopt;
    if (!sealed) return not_a_key_file(directory_ + "/users");
    TRY(auto secret, unseal(wrapping, *sealed));
    entries.push_back({{.id = fields[1], .name = fields[2], .email = fields[3], .policy = fields[4]},
                       {fields[0], std::move(secret)}});
  }
  return entries;
}

void LocalKeys::refresh() const {
  constexpr std::chrono::seconds kAge{1};
  if (clock_ == nullptr) return;
  const auto now = clock_->now();
  if (now - refreshed_ < kAge) return;
  refreshed_ = now;
  auto text = disk_.read_all(directory_ + "/users");
  if (!text || *text == users_text_) return;
  auto entries = parse_users(*text);
  if (!entries) return;  // the users of before keep their rights
  users_text_ = std::move(*text);
  entries_ = std::move(*entries);
}

base::Status LocalKeys::write_users(const std::vector<Entry>& entries) {
  const auto wrapping = derive_key(ring_, kUsersPurpose);
  std::string text;
  for (const auto& [user, key] : entries) {
    for (const auto& field : {key.id, user.id, user.name, user.email, user.policy})
      text.append(http::percent_encode(field)).append(" ");
    text.append(http::percent_encode(to_base64(seal(wrapping, key.secret)))).append("\n");
  }
  return disk_.replace_all(directory_ + "/users", text);
}

std::optional<KeyOwner> LocalKeys::find(std::string_view access_key) const {
  if (access_key == administrator_.id) return KeyOwner{administrator(), administrator_.secret};
  const std::lock_guard lock(entries_mutex_);
  refresh();
  for (const auto& [user, key] : entries_)
    if (key.id == access_key) return KeyOwner{user, key.secret};
  return std::nullopt;
}

std::optional<User> LocalKeys::user_of_id(std::string_view id) const {
  if (id == kAdministrator) return administrator();
  const std::lock_guard lock(entries_mutex_);
  for (const auto& entry : entries_)
    if (entry.user.id == id) return entry.user;
  return std::nullopt;
}

std::optional<User> LocalKeys::user_of_email(std::string_view email) const {
  const std::lock_guard lock(entries_mutex_);
  for (const auto& entry : entries_)
    if (!email.empty() && entry.user.email == email) return entry.user;
  return std::nullopt;
}

base::Result<AccessKey> LocalKeys::add_user(User user, std::optional<AccessKey> key) {
  if (user.id.empty()) return base::fail(base::ErrorKind::InvalidValue, "a user needs an id");
  Entry entry{std::move(user), key.value_or(random_access_key())};
  const std::lock_guard lock(entries_mutex_);
  const bool known = std::ranges::any_of(
      entries_, [&](const Entry& other) { return other.user.id == entry.user.id || other.key.id == entry.key.id; });
  if (known || entry.user.id == kAdministrator || entry.key.id == administrator_.id)
    return base::fail(base::ErrorKind::AlreadyExists, "the user or its access key exists: " + entry.user.id);
  auto entries = entries_;
  entries.push_back(entry);
  TRY_VOID(write_users(entries));
  entries_ = std::move(entries);
  return entry.key;
}

base::Status LocalKeys::remove_user(const std::string& id) {
  const std::lock_guard lock(entries_mutex_);
  auto entries = entries_;
  if (std::erase_if(entries, [&](const Entry& entry) { return entry.user.id == id; }) == 0)
    return base::fail(base::ErrorKind::NotFound, "no such user: " + id);
  TRY_VOID(write_users(entries));
  entries_ = std::move(entries);
  return {};
}

std::vector<User> LocalKeys::users() const {
  const std::lock_guard lock(entries_mutex_);
  std::vector<User> users{administrator()};
  for (const auto& entry : entries_) users.push_back(entry.user);
  return users;
}

}  // namespace store
