#include "flow/sftp/connection.h"

#include <fmt/format.h>
#include <libssh2.h>
#include <libssh2_sftp.h>

#include <utility>

#include "flow/sftp/handshake.h"

namespace flow::sftp {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;  // some requests are on their way at once

struct CloseHandle {
  void operator()(LIBSSH2_SFTP_HANDLE* handle) const { libssh2_sftp_close_handle(handle); }
};
using Handle = std::unique_ptr<LIBSSH2_SFTP_HANDLE, CloseHandle>;

Attributes attributes_of(const LIBSSH2_SFTP_ATTRIBUTES& raw) {
  Attributes made;
  if ((raw.flags & LIBSSH2_SFTP_ATTR_PERMISSIONS) != 0) {
    const auto mode = static_cast<std::uint32_t>(raw.permissions);
    made.kind = LIBSSH2_SFTP_S_ISREG(mode)   ? Attributes::Kind::File
                : LIBSSH2_SFTP_S_ISDIR(mode) ? Attributes::Kind::Directory
                : LIBSSH2_SFTP_S_ISLNK(mode) ? Attributes::Kind::Link
                                             : Attributes::Kind::Other;
    made.permissions = mode & 0777U;
  }
  if ((raw.flags & LIBSSH2_SFTP_ATTR_SIZE) != 0) made.size = raw.filesize;
  if ((raw.flags & LIBSSH2_SFTP_ATTR_ACMODTIME) != 0) made.modified_ms = static_cast<std::int64_t>(raw.mtime) * 1000;
  if ((raw.flags & LIBSSH2_SFTP_ATTR_UIDGID) != 0) {
    made.owner = static_cast<std::uint32_t>(raw.uid);
    made.group = static_cast<std::uint32_t>(raw.gid);
  }
  return made;
}

/// Servers end the session over such a name, which is seen only when the time for the answer is over.
base::Status check_name(const std::string& path) {
  if (path.find('\0') == std::string::npos) return {};
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("a path of an SFTP server has a NUL: {}", path));
}

unsigned int length_of(const std::string& path) { return static_cast<unsigned int>(path.size()); }

}  // namespace

struct Connection::State {
  Handshake handshake;
  LIBSSH2_SFTP* sftp = nullptr;

  LIBSSH2_SESSION* session() const { return handshake.session(); }

  /// What the last call that failed says.
  base::Failure<base::Error> failure(std::string_view what, const std::string& path) const {
    char* text = nullptr;
    const int code = libssh2_session_last_error(session(), &text, nullptr, 0);
    const auto status = code == LIBSSH2_ERROR_SFTP_PROTOCOL ? libssh2_sftp_last_error(sftp) : 0;
    const auto say = [&](base::ErrorKind kind, std::string_view why) {
      return base::fail(kind, fmt::format("cannot {} {} on the SFTP server: {}", what, path, why));
    };
    switch (status) {
      case LIBSSH2_FX_OK: return say(base::ErrorKind::Unavailable, text == nullptr ? "the connection broke" : text);
      case LIBSSH2_FX_NO_SUCH_FILE:
      case LIBSSH2_FX_NO_SUCH_PATH: return say(base::ErrorKind::NotFound, "it is not there");
      case LIBSSH2_FX_PERMISSION_DENIED:
      case LIBSSH2_FX_WRITE_PROTECT: return say(base::ErrorKind::Denied, "permission denied");
      case LIBSSH2_FX_FILE_ALREADY_EXISTS: return say(base::ErrorKind::AlreadyExists, "it is there");
      case LIBSSH2_FX_NO_CONNECTION:
      case LIBSSH2_FX_CONNECTION_LOST: return say(base::ErrorKind::Unavailable, "the connection broke");
      default: return say(base::ErrorKind::InvalidValue, fmt::format("the server refuses it (status {})", status));
    }
  }

  base::Status done(int outcome, std::string_view what, const std::string& path) const {
    if (outcome == 0) return {};
    return failure(what, path);
  }

  base::Result<Handle> open(const std::string& path, unsigned long flags, int kind, std::string_view what) const {
    constexpr long kMode = 0644;
    TRY_VOID(check_name(path));
    Handle handle(libssh2_sftp_open_ex(sftp, path.c_str(), length_of(path), flags, kMode, kind));
    if (handle == nullptr) return failure(what, path);
    return handle;
  }
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() {
  if (state_->sftp != nullptr) libssh2_sftp_shutdown(state_->sftp);
}

base::Result<std::unique_ptr<Connection>> Connection::open(const Server& server) {
  TRY(auto handshake, Handshake::make(server));
  auto state = std::make_unique<State>(State{.handshake = std::move(handshake)});
  state->sftp = libssh2_sftp_init(state->session());
  if (state->sftp == nullptr)
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("the server {}:{} has no SFTP for the user", server.host, server.port));
  return std::unique_ptr<Connection>(new Connection(std::move(state)));
}

base::Result<std::string> Connection::absolute(const std::string& path) {
  std::string buffer(4096, '\0');
  TRY_VOID(check_name(path));
  const auto& from = path.empty() ? std::string(".") : path;
  const int length = libssh2_sftp_symlink_ex(state_->sftp, from.c_str(), length_of(from), buffer.data(),
                                             length_of(buffer), LIBSSH2_SFTP_REALPATH);
  if (length < 0) return state_->failure("find", from);
  buffer.resize(static_cast<std::size_t>(length));
  return buffer;
}

base::Result<std::optional<Attributes>> Connection::find(const std::string& path) {
  TRY_VOID(check_name(path));
  LIBSSH2_SFTP_ATTRIBUTES raw{};
  if (libssh2_sftp_stat_ex(state_->sftp, path.c_str(), length_of(path), LIBSSH2_SFTP_STAT, &raw) == 0)
    return attributes_of(raw);
  auto failed = state_->failure("look at", path);
  if (failed.error().kind == base::ErrorKind::NotFound) return std::nullopt;
  return failed;
}

base::Status Connection::list(const std::string& directory,
                              const std::function<base::Status(const std::string&, const Attributes&)>& entry) {
  const auto& path = directory.empty() ? std::string(".") : directory;
  TRY(const auto handle, state_->open(path, 0, LIBSSH2_SFTP_OPENDIR, "list"));
  std::string name(4096, '\0');
  for (;;) {
    LIBSSH2_SFTP_ATTRIBUTES raw{};
    const int length = libssh2_sftp_readdir_ex(handle.get(), name.data(), name.size(), nullptr, 0, &raw);
    if (length == 0) return {};
    if (length < 0) return state_->failure("list", path);
    const auto text = name.substr(0, static_cast<std::size_t>(length));
    if (text != "." && text != "..") TRY_VOID(entry(text, attributes_of(raw)));
  }
}

base::Status Connection::read(const std::string& path, ByteSink& sink) {
  TRY(const auto handle, state_->open(path, LIBSSH2_FXF_READ, LIBSSH2_SFTP_OPENFILE, "read"));
  std::string buffer(kBufferBytes, '\0');
  for (;;) {
    const auto count = libssh2_sftp_read(handle.get(), buffer.data(), buffer.size());
    if (count == 0) return {};
    if (count < 0) return state_->failure("read", path);
    TRY_VOID(sink.append(std::string_view(buffer).substr(0, static_cast<std::size_t>(count))));
  }
}

base::Status Connection::write(const std::string& path, ByteSource& source) {
  constexpr unsigned long kFlags = LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_TRUNC;
  TRY(auto handle, state_->open(path, kFlags, LIBSSH2_SFTP_OPENFILE, "write"));
  for (;;) {
    TRY(auto bytes, source.next());
    if (bytes.empty()) break;
    while (!bytes.empty()) {
      const auto count = libssh2_sftp_write(handle.get(), bytes.data(), bytes.size());
      if (count < 0) return state_->failure("write", path);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  // The server may say only now that there was no room.
  return state_->done(libssh2_sftp_close_handle(handle.release()), "write", path);
}

base::Status Connection::change(const std::string& path, const Changes& changes) {
  TRY_VOID(check_name(path));
  LIBSSH2_SFTP_ATTRIBUTES raw{};
  if (changes.permissions) {
    raw.flags |= LIBSSH2_SFTP_ATTR_PERMISSIONS;
    raw.permissions = *changes.permissions;
  }
  if (changes.modified_s) {
    raw.flags |= LIBSSH2_SFTP_ATTR_ACMODTIME;
    raw.atime = raw.mtime = static_cast<unsigned long>(*changes.modified_s);
  }
  if (changes.owner || changes.group) {
    // Both go in one; who is not named stays.
    TRY(const auto there, find(path));
    if (!there) return state_->failure("change", path);
    raw.flags |= LIBSSH2_SFTP_ATTR_UIDGID;
    raw.uid = changes.owner.value_or(there->owner);
    raw.gid = changes.group.value_or(there->group);
  }
  if (raw.flags == 0) return {};
  return state_->done(libssh2_sftp_stat_ex(state_->sftp, path.c_str(), length_of(path), LIBSSH2_SFTP_SETSTAT, &raw),
                      "change", path);
}

base::Status Connection::rename(const std::string& from, const std::string& to) {
  TRY_VOID(check_name(from));
  TRY_VOID(check_name(to));
  return state_->done(
      libssh2_sftp_rename_ex(state_->sftp, from.c_str(), length_of(from), to.c_str(), length_of(to),
                             LIBSSH2_SFTP_RENAME_OVERWRITE | LIBSSH2_SFTP_RENAME_ATOMIC | LIBSSH2_SFTP_RENAME_NATIVE),
      "rename", from);
}

base::Status Connection::remove(const std::string& path) {
  TRY_VOID(check_name(path));
  return state_->done(libssh2_sftp_unlink_ex(state_->sftp, path.c_str(), length_of(path)), "remove", path);
}

base::Status Connection::make_directory(const std::string& path) {
  constexpr long kMode = 0755;
  TRY_VOID(check_name(path));
  return state_->done(libssh2_sftp_mkdir_ex(state_->sftp, path.c_str(), length_of(path), kMode), "make the directory",
                      path);
}

}  // namespace flow::sftp
