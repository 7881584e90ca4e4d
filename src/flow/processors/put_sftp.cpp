#include "flow/processors/put_sftp.h"

#include <fmt/format.h>

#include "flow/engine/quantity.h"
#include "flow/processors/failure.h"
#include "flow/processors/sftp_access.h"

namespace flow {
namespace {

constexpr Allowed kConflicts[] = {{"REPLACE"}, {"IGNORE"}, {"RENAME"}, {"REJECT"}, {"FAIL"}, {"NONE"}};
constexpr std::array<Property, 11> kOwn{{
    {.name = "Remote Path", .help = "The user's directory without it", .scope = Scope::FlowFile},
    {.name = "Create Directory", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Batch Size",
     .help = "Flowfiles that go over one connection in a row",
     .fallback = "500",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Conflict Resolution",
     .help = "When the name is taken there; NONE does not look",
     .fallback = "NONE",
     .required = true,
     .allowed = kConflicts},
    {.name = "Reject Zero-Byte Files", .fallback = "true", .kind = Property::Kind::Boolean},
    {.name = "Dot Rename",
     .help = "Write under a name with a dot before it, and rename when it is there",
     .fallback = "true",
     .kind = Property::Kind::Boolean},
    {.name = "Temporary Filename", .help = "Instead of that name", .scope = Scope::FlowFile},
    {.name = "Last Modified Time", .help = "yyyy-MM-dd'T'HH:mm:ssZ", .scope = Scope::FlowFile},
    {.name = "Permissions", .help = "Like rw-r--r-- or 644", .scope = Scope::FlowFile},
    {.name = "Remote Owner", .help = "A number", .scope = Scope::FlowFile},
    {.name = "Remote Group", .help = "A number", .scope = Scope::FlowFile},
}};
constexpr auto kProperties = joined(kOwn, kSftpDirectories, kSftpServer);
constexpr Relationship kRelationships[] = {{"success"}, {"reject", true}, {"failure", true}};
constexpr int kRenamesMax = 99;

class PutSftp final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY_VOID(connections_.prepare(configuration));
    conflict_ = configuration.text_or("Conflict Resolution", "NONE");
    makes_directories_ = configuration.flag("Create Directory");
    blindly_ = configuration.flag("Disable Directory Listing");
    batch_ = std::max<std::size_t>(1, configuration.integer_or("Batch Size", 500));
    return {};
  }
  void stopped() override { connections_.close(); }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    for (std::size_t n = 0; n < batch_; ++n) {
      auto* file = session.get();
      if (file == nullptr) return {};
      const auto put = put_one(configuration, session, *file);
      if (!put) {
        send_penalised_to_failure(configuration, session, *file, put.error().message);
        session.yield();
        return {};
      }
      // What is on the server is not put again after a crash.
      TRY_VOID(session.commit());
    }
    return {};
  }

 private:
  /// Where the flowfile goes, and under which name.
  struct Way {
    std::string relationship = "success";
    std::string name;
    bool transfers = true;
    bool penalised = false;  // though it is no failure
    std::string reason;
  };

  base::Status put_one(const Configuration& configuration, Session& session, FlowFile& file) {
    TRY(const auto server, connections_.server(configuration, session, &file));
    TRY(auto connection, connections_.take(server));
    TRY(auto directory, configuration.evaluate_or("Remote Path", session, file, ""));
    TRY(directory, absolute_sftp_path(*connection, directory));
    TRY(const auto way, way_of(configuration, *connection, directory, file));
    if (way.transfers) {
      if (makes_directories_) TRY_VOID(ensure_directory(*connection, directory, blindly_));
      TRY_VOID(write(configuration, session, file, *connection, directory, way.name));
      session.count_bytes_in(file.size());
      session.report(EventType::Send, file, {.uri = sftp_url(server, sftp_path(directory, way.name))});
    }
    connections_.give_back(server, std::move(connection));
    if (way.relationship == "failure") {
      send_penalised_to_failure(configuration, session, file, way.reason);
      return {};
    }
    if (way.relationship == "reject")
      session.log_warning(fmt::format("{}: {}", configuration.error_prefix(), way.reason));
    if (way.penalised) session.penalize(file);
    session.transfer(file, way.relationship, way.reason);
    return {};
  }

  base::Result<Way> way_of(const Configuration& configuration, sftp::Connection& connection,
                           const std::string& directory, const FlowFile& file) const {
    Way way{.name = file.attribute("filename")};
    const auto stop = [&](std::string_view relationship, std::string reason) {
      way.relationship = relationship;
      way.transfers = false;
      way.reason = std::move(reason);
      return way;
    };
    if (file.size() == 0 && configuration.flag("Reject Zero-Byte Files")) {
      way.penalised = true;
      return stop("reject", "the content is empty");
    }
    if (conflict_ == "NONE") return way;
    TRY(const auto there, connection.find(sftp_path(directory, way.name)));
    if (!there) return way;
    const auto taken = fmt::format("there is a file of the name {}", way.name);
    if (there->kind == sftp::Attributes::Kind::Directory) return stop("reject", taken);
    if (conflict_ == "IGNORE") return stop("success", {});
    if (conflict_ == "REJECT") return stop("reject", taken);
    if (conflict_ == "FAIL") return stop("failure", taken);
    if (conflict_ == "REPLACE") {
      TRY_VOID(connection.remove(sftp_path(directory, way.name)));
      return way;
    }
    for (int n = 1; n <= kRenamesMax; ++n) {
      const auto name = fmt::format("{}.{}", n, file.attribute("filename"));
      TRY(const auto other, connection.find(sftp_path(directory, name)));
      if (other) continue;
      way.name = name;
      return way;
    }
    return stop("reject", taken);
  }

  static base::Status write(const Configuration& configuration, Session& session, const FlowFile& file,
                            sftp::Connection& connection, const std::string& directory, const std::string& name) {
    TRY(auto temporary, configuration.evaluate_or("Temporary Filename", session, file, ""));
    if (temporary.empty()) temporary = (configuration.flag("Dot Rename") ? "." : "") + name;
    const auto path = sftp_path(directory, temporary);
    auto content = session.read(file);
    TRY_VOID(connection.write(path, content));
    TRY(const auto changes, changes_of(configuration, session, file));
    // A server that does not let its files be changed has taken the content all the same.
    if (const auto changed = connection.change(path, changes); !changed) {
      if (changed.error().kind == base::ErrorKind::Unavailable) return changed;
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), changed.error().message));
    }
    if (temporary == name) return {};
    const auto renamed = connection.rename(path, sftp_path(directory, name));
    if (!renamed) (void)connection.remove(path);
    return renamed;
  }

  static base::Result<sftp::Changes> changes_of(const Configuration& configuration, Session& session,
                                                const FlowFile& file) {
    sftp::Changes changes;
    const auto text = [&](std::string_view name) { return configuration.evaluate_or(name, session, file, ""); };
    const auto say = [&](std::string_view name, const std::string& value) {
      session.log_error(fmt::format("{}: '{}' says nothing: '{}'", configuration.error_prefix(), name, value));
    };
    TRY(const auto permissions, text("Permissions"));
    TRY(const auto time, text("Last Modified Time"));
    if (!permissions.empty()) {
      const auto mode = parse_permissions(permissions);
      if (mode)
        changes.permissions = static_cast<std::uint32_t>(*mode);
      else
        say("Permissions", permissions);
    }
    if (!time.empty()) {
      changes.modified_s = parse_file_time(time);
      if (!changes.modified_s) say("Last Modified Time", time);
    }
    for (const auto& [name, into] :
         {std::pair{"Remote Owner", &changes.owner}, std::pair{"Remote Group", &changes.group}}) {
      TRY(const auto value, text(name));
      if (value.empty()) continue;
      if (const auto number = parse_whole_number(value); number && *number >= 0)
        *into = static_cast<std::uint32_t>(*number);
      else
        say(name, value);
    }
    return changes;
  }

  SftpConnections connections_;
  std::string conflict_;
  bool makes_directories_ = false;
  bool blindly_ = false;
  std::size_t batch_ = 500;
};

}  // namespace

const Description kPutSftp{
    .type = "org.apache.nifi.processors.standard.PutSFTP",
    .bundle = kSftpBundle,
    .help = "Writes the content of flowfiles to files of an SFTP server.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new PutSftp); },
};

}  // namespace flow
