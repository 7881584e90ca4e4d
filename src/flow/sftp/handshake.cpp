#include "flow/sftp/handshake.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libssh2.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "flow/processors/os_file.h"
#include "flow/sftp/connection.h"

namespace flow::sftp {
namespace {

base::Failure<base::Error> unavailable(const Server& server, std::string_view why) {
  return base::fail(base::ErrorKind::Unavailable,
                    fmt::format("no connection to the SFTP server {}:{}: {}", server.host, server.port, why));
}

/// Once in a process, before the first session.
bool library_is_ready() {
  static const bool ready = libssh2_init(0) == 0;
  return ready;
}

base::Result<Descriptor> connect_to(const addrinfo& address, const Server& server) {
  Descriptor socket(
      ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (!socket) return unavailable(server, std::strerror(errno));
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return unavailable(server, std::strerror(errno));
    pollfd wait{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(server.connect_timeout.count()));
    int error = 0;
    socklen_t size = sizeof(error);
    if (ready == 0) return unavailable(server, "it does not answer");
    if (ready < 0 || ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return unavailable(server, std::strerror(error));
  }
  // libssh2 waits by itself, within its timeout.
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (server.keep_alive) ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) & ~O_NONBLOCK);
  return socket;
}

base::Result<Descriptor> connect_to(const Server& server) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(server.port);
  if (const int error = ::getaddrinfo(server.host.c_str(), port.c_str(), &hints, &found); error != 0)
    return unavailable(server, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  auto last = base::Result<Descriptor>(unavailable(server, "it has no address"));
  for (const auto* address = found; address != nullptr && !last; address = address->ai_next)
    last = connect_to(*address, server);
  return last;
}

std::string last_error(LIBSSH2_SESSION* session) {
  char* text = nullptr;
  libssh2_session_last_error(session, &text, nullptr, 0);
  return text == nullptr ? "the connection broke" : text;
}

base::Status prefer(LIBSSH2_SESSION* session, int method, const std::string& list, std::string_view what) {
  if (list.empty() || libssh2_session_method_pref(session, method, list.c_str()) == 0) return {};
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("none of the {} is known: {}", what, list));
}

base::Status choose_algorithms(LIBSSH2_SESSION* session, const Server& server) {
  TRY_VOID(prefer(session, LIBSSH2_METHOD_KEX, server.exchanges, "key exchange algorithms"));
  TRY_VOID(prefer(session, LIBSSH2_METHOD_HOSTKEY, server.key_algorithms, "key algorithms"));
  for (const int way : {LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC})
    TRY_VOID(prefer(session, way, server.ciphers, "ciphers"));
  for (const int way : {LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC})
    TRY_VOID(prefer(session, way, server.authentications, "message authentication codes"));
  return {};
}

/// In the file of known hosts, under its name and port, with the key that it shows.
base::Status check_host(LIBSSH2_SESSION* session, const Server& server) {
  if (!server.strict) return {};
  const char* home = std::getenv("HOME");
  const auto path =
      !server.known_hosts.empty() ? server.known_hosts : std::string(home == nullptr ? "" : home) + "/.ssh/known_hosts";
  const std::unique_ptr<LIBSSH2_KNOWNHOSTS, decltype(&libssh2_knownhost_free)> known(libssh2_knownhost_init(session),
                                                                                     libssh2_knownhost_free);
  if (known == nullptr || libssh2_knownhost_readfile(known.get(), path.c_str(), LIBSSH2_KNOWNHOST_FILE_OPENSSH) < 0)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("the known hosts cannot be read: {}", path));
  std::size_t length = 0;
  int type = 0;
  const char* key = libssh2_session_hostkey(session, &length, &type);
  const int form = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW;
  if (key != nullptr && libssh2_knownhost_checkp(known.get(), server.host.c_str(), server.port, key, length, form,
                                                 nullptr) == LIBSSH2_KNOWNHOST_CHECK_MATCH)
    return {};
  return unavailable(server, fmt::format("its key is not that of the known hosts in {}", path));
}

struct Prompt {
  static void answer(const char*, int, const char*, int, int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT*,
                     LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract) {
    const auto& password = static_cast<const Server*>(*abstract)->password;
    for (int i = 0; i < count; ++i) {
      responses[i].text = ::strdup(password.c_str());  // libssh2 frees it
      responses[i].length = static_cast<unsigned int>(password.size());
    }
  }
};

base::Status log_in(LIBSSH2_SESSION* session, const Server& server) {
  const auto user = server.user.c_str();
  const auto length = static_cast<unsigned int>(server.user.size());
  std::string why = "there is neither a key nor a password";
  if (!server.key_path.empty()) {
    if (std::error_code error; !std::filesystem::exists(server.key_path, error))
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("there is no private key: {}", server.key_path));
    if (libssh2_userauth_publickey_fromfile_ex(session, user, length, nullptr, server.key_path.c_str(),
                                               server.key_passphrase.c_str()) == 0)
      return {};
    why = last_error(session);
  }
  if (!server.password.empty()) {
    if (libssh2_userauth_password_ex(session, user, length, server.password.c_str(),
                                     static_cast<unsigned int>(server.password.size()), nullptr) == 0)
      return {};
    why = last_error(session);
    if (libssh2_userauth_keyboard_interactive_ex(session, user, length, &Prompt::answer) == 0) return {};
  }
  return base::fail(base::ErrorKind::Denied, fmt::format("the SFTP server {}:{} does not let the user {} in: {}",
                                                         server.host, server.port, server.user, why));
}

}  // namespace

struct Handshake::State {
  State(Descriptor its_socket, Server its_server) : socket(std::move(its_socket)), server(std::move(its_server)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (session == nullptr) return;
    libssh2_session_disconnect(session, "done");
    libssh2_session_free(session);
  }

  Descriptor socket;
  Server server;  // the prompt finds its password here
  LIBSSH2_SESSION* session = nullptr;
};

Handshake::Handshake(std::unique_ptr<State> state) : state_(std::move(state)) {}
Handshake::Handshake(Handshake&&) noexcept = default;
Handshake& Handshake::operator=(Handshake&&) noexcept = default;
Handshake::~Handshake() = default;
_LIBSSH2_SESSION* Handshake::session() const { return state_->session; }

base::Result<Handshake> Handshake::make(const Server& server) {
  if (!library_is_ready()) return base::fail(base::ErrorKind::Internal, "libssh2 cannot be initialized");
  TRY(auto socket, connect_to(server));
  auto state = std::make_unique<State>(std::move(socket), server);
  state->session = libssh2_session_init_ex(nullptr, nullptr, nullptr, &state->server);
  if (state->session == nullptr) return base::fail(base::ErrorKind::Internal, "no memory for a session of SSH");
  libssh2_session_set_blocking(state->session, 1);
  libssh2_session_set_timeout(state->session, static_cast<long>(server.data_timeout.count()));
  if (server.compress) libssh2_session_flag(state->session, LIBSSH2_FLAG_COMPRESS, 1);
  TRY_VOID(choose_algorithms(state->session, server));
  if (libssh2_session_handshake(state->session, state->socket.get()) != 0)
    return unavailable(server, last_error(state->session));
  TRY_VOID(check_host(state->session, server));
  TRY_VOID(log_in(state->session, server));
  return Handshake(std::move(state));
}

}  // namespace flow::sftp
