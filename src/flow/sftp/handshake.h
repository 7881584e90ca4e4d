#pragma once

#include <memory>

#include "base/result.h"

struct _LIBSSH2_SESSION;

namespace flow::sftp {

struct Server;

/// A connection to a server that both sides trust: the socket, and libssh2's session on it.
class Handshake {
 public:
  /// Errors: Unavailable when the server cannot be reached or is not the known one; Denied when it does not know the
  /// user; InvalidValue for algorithms and files that cannot be used.
  static base::Result<Handshake> make(const Server& server);
  Handshake(Handshake&&) noexcept;
  Handshake& operator=(Handshake&&) noexcept;
  ~Handshake();
  _LIBSSH2_SESSION* session() const;

 private:
  struct State;
  explicit Handshake(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace flow::sftp
