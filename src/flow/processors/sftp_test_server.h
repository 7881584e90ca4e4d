#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "flow/listener_test.h"
#include "flow/processors/processor_test.h"

namespace flow {

constexpr const char* kSshServer = "/usr/sbin/sshd";

inline int run_program(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// OpenSSH's server on a port of its own on the loopback: a process for each connection, as inetd starts it.
class SshServer {
 public:
  explicit SshServer(const Folder& folder) : folder_(folder) {
    if (::getuid() == 0) std::filesystem::create_directories("/run/sshd");  // where the server of root wants to be
    for (const auto* name : {"host_key", "user_key"})
      EXPECT_EQ(run_program({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.at(name)}), 0);
    std::filesystem::copy_file(folder.at("user_key.pub"), folder.at("authorized_keys"));
    folder.write("config", "HostKey " + folder.at("host_key") + "\nAuthorizedKeysFile " + folder.at("authorized_keys") +
                               "\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
                               "Subsystem sftp internal-sftp\n");
    const auto listener = listen_on_loopback();
    listener_ = listener.socket;
    port_ = listener.port;
    thread_ = std::jthread([this] { serve(); });
  }
  ~SshServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    for (const auto child : children_) ::waitpid(child, nullptr, 0);  // each ends with its connection
  }
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;
  /// For a processor that logs in there.
  PropertyValues properties() const {
    return {{"Hostname", "127.0.0.1"},
            {"Port", port()},
            {"Username", ::getpwuid(::getuid())->pw_name},
            {"Private Key Path", folder_.at("user_key")}};
  }
  std::string port() const { return std::to_string(port_); }
  std::string host_key() const {
    const auto line = folder_.read("host_key.pub");
    return line.substr(0, line.find(' ', line.find(' ') + 1));
  }

 private:
  void serve() {
    for (;;) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      const auto config = folder_.at("config");
      const pid_t child = ::fork();
      if (child == 0) {
        ::dup2(connection, 0);
        ::dup2(connection, 1);
        ::execl(kSshServer, kSshServer, "-i", "-f", config.c_str(), nullptr);
        ::_exit(127);
      }
      ::close(connection);
      children_.push_back(child);
    }
  }

  const Folder& folder_;
  int listener_ = -1;
  int port_ = 0;
  std::vector<pid_t> children_;
  std::jthread thread_;
};

}  // namespace flow
