#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/file_listing.h"
#include "flow/services/properties.h"
#include "flow/services/proxy_configuration.h"
#include "flow/sftp/connection.h"

// What the processors of SFTP have in common.
namespace flow {

constexpr Allowed kSftpProxies[] = {{"DIRECT"}, {"HTTP", {}, false}, {"SOCKS", {}, false}};
constexpr Allowed kSftpNegotiations[] = {{"DEFAULT"}, {"CUSTOM"}};
constexpr std::array<Property, 23> kSftpServer{{
    {.name = "Hostname", .required = true, .scope = Scope::FlowFile},
    {.name = "Port", .fallback = "22", .required = true, .scope = Scope::FlowFile},
    {.name = "Username", .required = true, .scope = Scope::FlowFile},
    {.name = "Password", .scope = Scope::FlowFile, .sensitive = true},
    {.name = "Private Key Path", .scope = Scope::FlowFile},
    {.name = "Private Key Passphrase", .scope = Scope::FlowFile, .sensitive = true},
    {.name = "Connection Timeout", .fallback = "30 sec", .required = true, .kind = Property::Kind::Duration},
    {.name = "Data Timeout", .fallback = "30 sec", .required = true, .kind = Property::Kind::Duration},
    {.name = "Send Keep Alive On Timeout", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Host Key File", .help = "Known hosts, where they are checked; else those of the user"},
    {.name = "Strict Host Key Checking",
     .help = "Whether the server must be among the known hosts",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Use Compression", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Proxy Configuration Service",
     .old_name = "proxy-configuration-service",
     .help = "Of type DIRECT only",
     .service = ProxyConfiguration::kApi},
    {.name = "Proxy Type", .fallback = "DIRECT", .allowed = kSftpProxies},
    {.name = "Proxy Host", .scope = Scope::Environment, .no_effect = true},
    {.name = "Proxy Port", .scope = Scope::Environment, .no_effect = true},
    {.name = "Http Proxy Username", .scope = Scope::Environment, .no_effect = true},
    {.name = "Http Proxy Password", .scope = Scope::Environment, .sensitive = true, .no_effect = true},
    {.name = "Algorithm Negotiation",
     .help = "CUSTOM: the lists below count, where they are set",
     .fallback = "DEFAULT",
     .required = true,
     .allowed = kSftpNegotiations},
    {.name = "Ciphers Allowed", .scope = Scope::Environment},
    {.name = "Key Algorithms Allowed", .scope = Scope::Environment},
    {.name = "Key Exchange Algorithms Allowed", .scope = Scope::Environment},
    {.name = "Message Authentication Codes Allowed", .scope = Scope::Environment},
}};

constexpr std::array<Property, 1> kSftpDirectories{{
    {.name = "Disable Directory Listing",
     .help = "Make directories without looking whether they are there",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
}};

/// Connections to servers, which are kept for the next use of the same server. Thread-safe.
class SftpConnections {
 public:
  /// What does not depend on flowfiles. Errors: Unsupported for proxies.
  base::Status prepare(const Configuration& configuration);
  /// For a flowfile; null: a processor that takes none.
  base::Result<sftp::Server> server(const Configuration& configuration, const Session& session,
                                    const FlowFile* file) const;
  base::Result<std::unique_ptr<sftp::Connection>> take(const sftp::Server& server);
  /// One that broke is not given back.
  void give_back(const sftp::Server& server, std::unique_ptr<sftp::Connection> connection);
  void close();

 private:
  struct Idle {
    std::unique_ptr<sftp::Connection> connection;
    std::chrono::steady_clock::time_point since;
  };
  sftp::Server common_;
  std::mutex idle_mutex_;
  std::map<sftp::Server, std::vector<Idle>> idle_;
};

/// Makes the directory and its parents, where they are missing.
base::Status ensure_directory(sftp::Connection& connection, const std::string& path, bool blindly);

/// Which files are wanted, and where they are looked for.
struct SftpWish {
  std::optional<el::Pattern> name;
  std::optional<el::Pattern> path;  // of directories below, where they are searched
  bool recurse = false;
  bool follow_links = false;
  bool ignore_dotted = true;
  std::size_t most = 5000;

  static base::Result<SftpWish> from(const Configuration& configuration);
};
constexpr std::array<Property, 6> kSftpWish{{
    {.name = "Search Recursively", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Follow Symbolic Links",
     .old_name = "follow-symlink",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "File Filter Regex", .help = "Java pattern for the whole file name", .kind = Property::Kind::Pattern},
    {.name = "Path Filter Regex",
     .help = "Java pattern for the directory below the remote path",
     .kind = Property::Kind::Pattern},
    {.name = "Ignore Dotted Files", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Remote Poll Batch Size",
     .help = "So many files of a listing at most",
     .fallback = "5000",
     .required = true,
     .kind = Property::Kind::Integer},
}};
/// Errors: of the directory itself; those below that cannot be read are left out.
base::Result<std::vector<FoundFile>> list_sftp(sftp::Connection& connection, const std::string& directory,
                                               const SftpWish& wish);

/// From the root; what does not begin there is below the user's directory.
base::Result<std::string> absolute_sftp_path(sftp::Connection& connection, const std::string& path);
/// "/a/b" and "c" are "/a/b/c"; an empty directory is the user's.
std::string sftp_path(const std::string& directory, const std::string& name);
/// Of a file, for people: "sftp://user@host:22/path".
std::string sftp_url(const sftp::Server& server, const std::string& path);

constexpr std::string_view kSftpBundle = "org.apache.nifi:nifi-standard-nar";

}  // namespace flow
