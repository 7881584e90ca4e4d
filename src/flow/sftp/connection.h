#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "flow/engine/content.h"

namespace flow::sftp {

/// How to get to an SFTP server, and as whom.
struct Server {
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  std::string password;  // empty: none
  std::string key_path;  // of a private key; empty: none
  std::string key_passphrase;
  std::string known_hosts;  // a file; empty: that of the user
  bool strict = false;      // whether the server must be in it
  bool compress = false;
  bool keep_alive = true;
  std::chrono::milliseconds connect_timeout{30'000};
  std::chrono::milliseconds data_timeout{30'000};
  std::string ciphers, key_algorithms, exchanges, authentications;  // lists with commas; empty: all that are known
  auto operator<=>(const Server&) const = default;
};

struct Attributes {
  enum class Kind { File, Directory, Link, Other };
  Kind kind = Kind::Other;
  std::uint64_t size = 0;
  std::int64_t modified_ms = 0;
  std::uint32_t permissions = 0;  // the lower nine bits
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
};

/// What of a file shall be changed.
struct Changes {
  std::optional<std::uint32_t> permissions;
  std::optional<std::int64_t> modified_s;
  std::optional<std::uint32_t> owner;
  std::optional<std::uint32_t> group;
};

/// A session with a server. Used by one thread at a time. Paths without a slash at the beginning are below the user's
/// directory. Errors: NotFound and Denied for what the server says of a path; AlreadyExists; Unavailable when the
/// connection broke, or could not be made; InvalidValue for what else the server refuses.
class Connection {
 public:
  static base::Result<std::unique_ptr<Connection>> open(const Server& server);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  base::Result<std::string> absolute(const std::string& path);
  /// Nothing: it is not there. Links are followed.
  base::Result<std::optional<Attributes>> find(const std::string& path);
  /// Calls back with the name and attributes of each entry, but "." and ".."; links are not followed.
  base::Status list(const std::string& directory,
                    const std::function<base::Status(const std::string&, const Attributes&)>& entry);
  base::Status read(const std::string& path, ByteSink& sink);
  base::Status write(const std::string& path, ByteSource& source);
  base::Status change(const std::string& path, const Changes& changes);
  base::Status rename(const std::string& from, const std::string& to);
  base::Status remove(const std::string& path);
  base::Status make_directory(const std::string& path);

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace flow::sftp
