#include "flow/processors/fetch_sftp.h"

#include <fmt/format.h>

#include "base/log.h"
#include "flow/processors/failure.h"
#include "flow/processors/sftp_access.h"

namespace flow {
namespace {

constexpr Allowed kCompletions[] = {{"None"}, {"Move File"}, {"Delete File"}};
constexpr std::array<Property, 5> kOwn{{
    {.name = "Remote File", .required = true, .scope = Scope::FlowFile},
    {.name = "Completion Strategy",
     .help = "What to do with the file once its content is safe",
     .fallback = "None",
     .required = true,
     .allowed = kCompletions},
    {.name = "Move Destination Directory", .scope = Scope::FlowFile},
    {.name = "Create Directory", .fallback = "false", .kind = Property::Kind::Boolean},
    {.name = "Log Level When File Not Found",
     .old_name = "fetchfiletransfer-notfound-loglevel",
     .fallback = "ERROR",
     .required = true,
     .allowed = kFailureLevels},
}};
constexpr auto kProperties = joined(kOwn, kSftpDirectories, kSftpServer);
constexpr Relationship kRelationships[] = {
    {"success"}, {"comms.failure", true}, {"not.found", true}, {"permission.denied", true}};

class FetchSftp final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    completion_ = configuration.text_or("Completion Strategy", "None");
    makes_directories_ = configuration.flag("Create Directory");
    blindly_ = configuration.flag("Disable Directory Listing");
    return connections_.prepare(configuration);
  }
  void stopped() override { connections_.close(); }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto path, configuration.evaluate_or("Remote File", session, *file, ""));
    TRY(auto destination, configuration.evaluate_or("Move Destination Directory", session, *file, ""));
    const auto server = connections_.server(configuration, session, file);
    if (!server) return fail_one(configuration, session, *file, path, server.error());
    put_attributes(session, *file, *server, path);
    const auto read = read_file(session, *file, *server, path);
    if (!read) return fail_one(configuration, session, *file, path, read.error());
    session.report(EventType::Fetch, *file, {.uri = sftp_url(*server, path)});
    session.transfer(*file, "success");
    if (completion_ != "None")
      session.after_commit([this, server = *server, path, destination] { complete(server, path, destination); });
    return {};
  }

 private:
  base::Status read_file(Session& session, FlowFile& file, const sftp::Server& server, const std::string& path) {
    TRY(auto connection, connections_.take(server));
    TRY(auto content, session.begin_write());
    const auto read = connection->read(path, content);
    if (read || read.error().kind != base::ErrorKind::Unavailable)
      connections_.give_back(server, std::move(connection));
    if (!read) return read;
    session.count_bytes_in(content.length());
    session.set_content(file, content.finish());
    return {};
  }

  static void put_attributes(Session& session, FlowFile& file, const sftp::Server& server, const std::string& path) {
    session.put_attribute(file, "sftp.remote.host", server.host);
    session.put_attribute(file, "sftp.remote.port", std::to_string(server.port));
    session.put_attribute(file, "sftp.remote.filename", path);
    const auto slash = path.rfind('/');
    if (slash != std::string::npos) session.put_attribute(file, "path", path.substr(0, slash));
    session.put_attribute(file, "filename", slash == std::string::npos ? path : path.substr(slash + 1));
  }

  static base::Status fail_one(const Configuration& configuration, Session& session, FlowFile& file,
                               const std::string& path, const base::Error& error) {
    const std::string_view relationship =
        error.kind == base::ErrorKind::NotFound ? "not.found"
        : error.kind == base::ErrorKind::Denied && !path.empty() && error.message.starts_with("cannot ")
            ? "permission.denied"
            : "comms.failure";
    const auto level =
        relationship == "not.found" ? configuration.text_or("Log Level When File Not Found", "ERROR") : "ERROR";
    log_at(session, level, fmt::format("{}: {}", configuration.error_prefix(), error.message));
    session.put_attribute(file, "fetch.failure.reason", std::string(relationship));
    session.penalize(file);
    session.transfer(file, relationship, error.message);
    return {};
  }

  void complete(const sftp::Server& server, const std::string& path, const std::string& destination) {
    const auto done = [&]() -> base::Status {
      TRY(auto connection, connections_.take(server));
      if (completion_ == "Delete File") {
        TRY_VOID(connection->remove(path));
      } else {
        TRY(const auto directory, absolute_sftp_path(*connection, destination));
        if (makes_directories_) TRY_VOID(ensure_directory(*connection, directory, blindly_));
        TRY_VOID(connection->rename(path, sftp_path(directory, path.substr(path.rfind('/') + 1))));
      }
      connections_.give_back(server, std::move(connection));
      return {};
    }();
    if (!done) LOG_WARN("flow.fetch_completion_failed strategy=\"{}\" error=\"{}\"", completion_, done.error().message);
  }

  SftpConnections connections_;
  std::string completion_;
  bool makes_directories_ = false;
  bool blindly_ = false;
};

}  // namespace

const Description kFetchSftp{
    .type = "org.apache.nifi.processors.standard.FetchSFTP",
    .bundle = kSftpBundle,
    .help = "Reads the file of an SFTP server that a flowfile names.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new FetchSftp); },
};

}  // namespace flow
