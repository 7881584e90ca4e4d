#include "cli/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/fault/kill_point.h"
#include "base/random.h"

namespace cli {
namespace {

namespace json = boost::json;

/// The format that this program writes, per store. A step here needs a migration from the step before.
struct StoreFormat {
  std::string_view store;
  std::int64_t version;
};
constexpr StoreFormat kFormats[] = {{"objects", 1}, {"warehouse", 1}, {"flow", 1}};

base::Error system_error(std::string_view what, const std::string& path, int number) {
  auto kind = base::ErrorKind::Internal;
  std::string hint;
  switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
      kind = base::ErrorKind::Denied;
      hint = "; the data directory must be writable";
      break;
    case ENOSPC:
    case EDQUOT:
      kind = base::ErrorKind::Unavailable;
      hint = "; free some space on its disk";
      break;
    case ENOENT: kind = base::ErrorKind::NotFound; break;
    case ENOTDIR:
    case EEXIST:
      kind = base::ErrorKind::InvalidValue;
      hint = "; the path must be a directory";
      break;
    default: break;
  }
  return {kind, 0, {}, fmt::format("{}: {}{}: {}", what, std::system_category().message(number), hint, path), {}};
}

std::string read_lock(int lock) {
  std::string text(64 << 10, '\0');
  const auto count = ::pread(lock, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

Holder parse_holder(const std::string& text) {
  Holder holder;
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_object()) return holder;
  const auto& object = value.get_object();
  const auto string_at = [&](std::string_view name) {
    const auto* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  if (const auto* pid = object.if_contains("pid"); pid != nullptr && pid->is_int64()) holder.pid = pid->get_int64();
  if (const auto* clock = object.if_contains("clock"); clock != nullptr)
    holder.virtual_clock = string_at("clock") == "virtual";
  holder.warehouse_url = string_at("warehouse");
  holder.s3_url = string_at("s3");
  holder.access_token = string_at("access_token");
  return holder;
}

base::Error held_error(const std::string& path, const Holder& holder) {
  const auto where = holder.warehouse_url.empty() ? std::string() : fmt::format(" at {}", holder.warehouse_url);
  return {base::ErrorKind::Conflict,
          0,
          {},
          fmt::format("the data directory is held by another process (pid {}{}): {}", holder.pid, where, path),
          {}};
}

std::string new_token() {
  std::string token;
  for (int word = 0; word < 4; ++word) token += fmt::format("{:016x}", base::entropy());
  return token;
}

base::Status check_format(const std::string& path, base::Disk& disk) {
  TRY(const bool there, disk.exists(path));
  if (!there) {
    json::object versions;
    for (const auto& format : kFormats) versions[format.store] = format.version;
    return disk.replace_all(path, json::serialize(versions) + "\n");
  }
  TRY(const auto text, disk.read_all(path));
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_object())
    return base::fail(base::ErrorKind::InvalidValue, "not the format file of a data directory: " + path);
  for (const auto& [name, version] : value.get_object()) {
    const auto* known = std::ranges::find(kFormats, std::string_view(name.data(), name.size()), &StoreFormat::store);
    if (known == std::end(kFormats) || !version.is_int64() || version.get_int64() > known->version)
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("a newer freshet wrote this data directory ({} format {}, this program knows {}); "
                                    "use that version: {}",
                                    std::string_view(name.data(), name.size()), json::serialize(version),
                                    known == std::end(kFormats) ? 0 : known->version, path));
  }
  return {};
}

base::Status empty_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error) std::filesystem::create_directories(path, error);
  if (error) return base::fail(system_error("cannot empty the directory", path, error.value()));
  return {};
}

}  // namespace

DataDirectory::DataDirectory(std::string path, int lock)
    : path_(std::move(path)), lock_(lock), access_token_(new_token()) {}

DataDirectory::~DataDirectory() {
  // The file stays: removing it would let two processes lock two files of one name.
  if (::ftruncate(lock_, 0) != 0) errno = 0;
  ::close(lock_);
}

base::Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const std::string& path, base::Disk& disk) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return base::fail(system_error("cannot make the data directory", path, error.value()));
  const auto lock_path = path + "/LOCK";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return base::fail(system_error("cannot open the lock of the data directory", lock_path, errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int number = errno;
    const auto holder = parse_holder(read_lock(lock));
    ::close(lock);
    if (number == EWOULDBLOCK) return base::fail(held_error(path, holder));
    return base::fail(system_error("cannot lock the data directory", lock_path, number));
  }
  auto directory = std::unique_ptr<DataDirectory>(new DataDirectory(path, lock));
  TRY_VOID(directory->announce({}));
  base::kill_point("directory.locked");
  TRY_VOID(check_format(directory->path("FORMAT"), disk));
  base::kill_point("directory.format_written");
  TRY_VOID(empty_directory(directory->path("tmp")));
  return directory;
}

base::Result<std::optional<Holder>> DataDirectory::holder_of(const std::string& path) {
  const auto lock_path = path + "/LOCK";
  const int lock = ::open(lock_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (lock < 0) {
    if (errno == ENOENT) return std::nullopt;
    return base::fail(system_error("cannot open the lock of the data directory", lock_path, errno));
  }
  const bool held = ::flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  auto holder = held ? std::optional(parse_holder(read_lock(lock))) : std::nullopt;
  ::close(lock);
  return holder;
}

base::Status DataDirectory::announce(Holder holder) {
  const json::object value{{"pid", static_cast<std::int64_t>(::getpid())},
                           {"warehouse", holder.warehouse_url},
                           {"s3", holder.s3_url},
                           {"access_token", access_token_},
                           {"clock", holder.virtual_clock ? "virtual" : "system"}};
  const auto text = json::serialize(value) + "\n";
  // In place, for the lock is on this file; shorter leftovers are cut after the new text is there.
  if (::pwrite(lock_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ::ftruncate(lock_, static_cast<off_t>(text.size())) != 0)
    return base::fail(system_error("cannot write the lock of the data directory", path("LOCK"), errno));
  return {};
}

}  // namespace cli
