#include "flow/processors/sftp_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "flow/engine/quantity.h"

namespace flow {
namespace {

constexpr int kDepthMax = 100;
constexpr std::size_t kIdleMax = 8;  // connections to one server
// What waits longer may have been closed by the server, or by a firewall that says nothing.
constexpr auto kIdleTimeMax = std::chrono::seconds{10};

std::chrono::milliseconds timeout_of(const Configuration& configuration, std::string_view name) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      configuration.duration(name).value_or(std::chrono::seconds{30}));
}

class Walk {
 public:
  Walk(sftp::Connection& connection, const SftpWish& wish) : connection_(connection), wish_(wish) {}

  base::Status into(const std::string& directory, const std::string& relative, int depth) {
    bool wanted = true;
    if (wish_.path && !relative.empty()) {
      TRY(wanted, wish_.path->matches(relative));
    }
    std::vector<std::string> directories;
    const auto consider = [&](const std::string& name, const sftp::Attributes& found) -> base::Status {
      if (wish_.ignore_dotted && name.starts_with('.')) return {};
      auto attributes = found;
      if (found.kind == sftp::Attributes::Kind::Link) {
        if (!wish_.follow_links) return {};
        const auto target = connection_.find(sftp_path(directory, name));
        if (!target || !*target) return {};
        attributes = **target;
      }
      switch (attributes.kind) {
        case sftp::Attributes::Kind::Directory:
          if (wish_.recurse) directories.push_back(name);
          return {};
        case sftp::Attributes::Kind::File: break;
        case sftp::Attributes::Kind::Link:
        case sftp::Attributes::Kind::Other: return {};
      }
      return wanted ? add(directory, relative, name, attributes) : base::Status{};
    };
    TRY_VOID(connection_.list(directory, consider));
    std::ranges::sort(directories);
    for (const auto& name : directories) {
      if (full() || depth >= kDepthMax) break;
      const auto below = sftp_path(directory, name);
      const auto done = into(below, relative.empty() ? name : relative + "/" + name, depth + 1);
      if (done) continue;
      if (done.error().kind == base::ErrorKind::Unavailable) return done;
      LOG_WARN("flow.sftp_directory_left_out path=\"{}\" error=\"{}\"", below, done.error().message);
    }
    return {};
  }
  std::vector<FoundFile> take() {
    std::ranges::sort(found_, {}, [](const FoundFile& file) { return std::tie(file.directory, file.name); });
    return std::move(found_);
  }

 private:
  bool full() const { return found_.size() >= wish_.most; }

  base::Status add(const std::string& directory, const std::string& relative, const std::string& name,
                   const sftp::Attributes& attributes) {
    if (full()) return {};
    if (wish_.name) {
      TRY(const bool fits, wish_.name->matches(name));
      if (!fits) return {};
    }
    found_.push_back({.name = name,
                      .directory = directory,
                      .relative = relative,
                      .size = attributes.size,
                      .modified_ms = attributes.modified_ms,
                      .accessed_ms = attributes.modified_ms,
                      .owner = std::to_string(attributes.owner),
                      .group = std::to_string(attributes.group),
                      .permissions = permissions_text(attributes.permissions)});
    return {};
  }

  sftp::Connection& connection_;
  const SftpWish& wish_;
  std::vector<FoundFile> found_;
};

}  // namespace

base::Status SftpConnections::prepare(const Configuration& configuration) {
  const auto proxy = configuration.service<ProxyConfiguration>("Proxy Configuration Service");
  if (proxy != nullptr && proxy->proxy().type != "DIRECT")
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("{}, property 'Proxy Configuration Service': a proxy is not supported",
                                  configuration.error_prefix()));
  common_ = {.known_hosts = configuration.text_or("Host Key File", ""),
             .strict = configuration.flag("Strict Host Key Checking"),
             .compress = configuration.flag("Use Compression"),
             .keep_alive = configuration.flag("Send Keep Alive On Timeout"),
             .connect_timeout = timeout_of(configuration, "Connection Timeout"),
             .data_timeout = timeout_of(configuration, "Data Timeout")};
  if (configuration.text("Algorithm Negotiation") != "CUSTOM") return {};
  common_.ciphers = configuration.text_or("Ciphers Allowed", "");
  common_.key_algorithms = configuration.text_or("Key Algorithms Allowed", "");
  common_.exchanges = configuration.text_or("Key Exchange Algorithms Allowed", "");
  common_.authentications = configuration.text_or("Message Authentication Codes Allowed", "");
  return {};
}

base::Result<sftp::Server> SftpConnections::server(const Configuration& configuration, const Session& session,
                                                   const FlowFile* file) const {
  const FlowFile none;
  const auto text = [&](std::string_view name) {
    return configuration.evaluate_or(name, session, file != nullptr ? *file : none, "");
  };
  auto server = common_;
  TRY(server.host, text("Hostname"));
  TRY(const auto port_text, text("Port"));
  TRY(server.user, text("Username"));
  TRY(server.password, text("Password"));
  TRY(server.key_path, text("Private Key Path"));
  TRY(server.key_passphrase, text("Private Key Passphrase"));
  const auto port = parse_whole_number(port_text);
  if (!port || *port < 1 || *port > 65535)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("'Port' is no port: '{}'", port_text));
  server.port = static_cast<std::uint16_t>(*port);
  if (server.host.empty()) return base::fail(base::ErrorKind::InvalidValue, "'Hostname' is empty");
  return server;
}

base::Result<std::unique_ptr<sftp::Connection>> SftpConnections::take(const sftp::Server& server) {
  {
    const std::lock_guard lock(idle_mutex_);
    auto& idle = idle_[server];
    const auto oldest = std::chrono::steady_clock::now() - kIdleTimeMax;
    std::erase_if(idle, [&](const Idle& each) { return each.since < oldest; });
    if (!idle.empty()) {
      auto connection = std::move(idle.back().connection);
      idle.pop_back();
      return connection;
    }
  }
  return sftp::Connection::open(server);
}

void SftpConnections::give_back(const sftp::Server& server, std::unique_ptr<sftp::Connection> connection) {
  const std::lock_guard lock(idle_mutex_);
  auto& idle = idle_[server];
  if (idle.size() < kIdleMax)
    idle.push_back({.connection = std::move(connection), .since = std::chrono::steady_clock::now()});
}

void SftpConnections::close() {
  const std::lock_guard lock(idle_mutex_);
  idle_.clear();
}

base::Status ensure_directory(sftp::Connection& connection, const std::string& path, bool blindly) {
  if (path.empty() || path == "/" || path == ".") return {};
  if (!blindly) {
    TRY(const auto there, connection.find(path));
    if (there) return {};
  }
  auto made = connection.make_directory(path);
  if (!made && made.error().kind == base::ErrorKind::NotFound) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) return made;
    TRY_VOID(ensure_directory(connection, path.substr(0, slash), blindly));
    made = connection.make_directory(path);
  }
  if (made) return {};
  // Somebody else made it meanwhile, or it was there: the server does not say which.
  const auto kind = made.error().kind;
  if (kind != base::ErrorKind::AlreadyExists && kind != base::ErrorKind::InvalidValue) return made;
  if (blindly) return {};
  TRY(const auto there, connection.find(path));
  return there ? base::Status{} : std::move(made);
}

base::Result<SftpWish> SftpWish::from(const Configuration& configuration) {
  SftpWish wish;
  if (const auto name = configuration.text("File Filter Regex"); name && !name->empty()) {
    TRY(wish.name, el::Pattern::compile(*name));
  }
  wish.recurse = configuration.flag("Search Recursively");
  if (const auto path = configuration.text("Path Filter Regex"); path && !path->empty() && wish.recurse) {
    TRY(wish.path, el::Pattern::compile(*path));
  }
  wish.follow_links = configuration.flag("Follow Symbolic Links");
  wish.ignore_dotted = configuration.flag("Ignore Dotted Files");
  wish.most = static_cast<std::size_t>(configuration.integer_or("Remote Poll Batch Size", 5000));
  return wish;
}

base::Result<std::vector<FoundFile>> list_sftp(sftp::Connection& connection, const std::string& directory,
                                               const SftpWish& wish) {
  auto top = directory.empty() ? std::string(".") : directory;
  while (top.size() > 1 && top.ends_with('/')) top.pop_back();
  Walk walk(connection, wish);
  TRY_VOID(walk.into(top, "", 0));
  return walk.take();
}

base::Result<std::string> absolute_sftp_path(sftp::Connection& connection, const std::string& path) {
  if (path.starts_with('/')) return path;
  TRY(const auto home, connection.absolute("."));
  return path.empty() || path == "." ? home : sftp_path(home, path);
}

std::string sftp_url(const sftp::Server& server, const std::string& path) {
  return fmt::format("sftp://{}@{}:{}{}{}", server.user, server.host, server.port, path.starts_with('/') ? "" : "/",
                     path);
}

std::string sftp_path(const std::string& directory, const std::string& name) {
  if (directory.empty()) return name;
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

}  // namespace flow
