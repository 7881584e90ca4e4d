#include "flow/processors/list_sftp.h"

#include "flow/processors/entity_tracking.h"
#include "flow/processors/sftp_access.h"
#include "flow/processors/timestamp_tracking.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {{"timestamps", "Tracking Timestamps"},
                                   {"entities", "Tracking Entities"},
                                   {"none", "No Tracking"},
                                   {"time-window", "Time Window", false}};
constexpr std::array<Property, 9> kOwn{{
    {.name = "Listing Strategy",
     .old_name = "listing-strategy",
     .help = "How new files are told from old ones",
     .fallback = "timestamps",
     .required = true,
     .allowed = kStrategies},
    {.name = "Remote Path", .fallback = ".", .scope = Scope::Environment},
    {.name = "Record Writer",
     .old_name = "record-writer",
     .help = "One flowfile of records instead of one per file",
     .unsupported = true},
    {.name = "Distributed Cache Service", .no_effect = true},
    {.name = "Target System Timestamp Precision",
     .old_name = "target-system-timestamp-precision",
     .fallback = "auto-detect",
     .required = true,
     .allowed = kTimePrecisions},
    {.name = "Minimum File Age", .fallback = "0 sec", .required = true, .kind = Property::Kind::Duration},
    {.name = "Maximum File Age", .kind = Property::Kind::Duration},
    {.name = "Minimum File Size", .fallback = "0 B", .required = true, .kind = Property::Kind::Size},
    {.name = "Maximum File Size", .kind = Property::Kind::Size},
}};
constexpr auto kProperties = joined(kOwn, kSftpWish, kEntityTracking, kSftpServer);
constexpr Relationship kRelationships[] = {{"success"}};

class ListSftp final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY_VOID(connections_.prepare(configuration));
    TRY(wish_, SftpWish::from(configuration));
    directory_ = configuration.text_or("Remote Path", "");
    age_min_ = configuration.duration("Minimum File Age").value_or(std::chrono::nanoseconds{0});
    age_max_ = configuration.duration("Maximum File Age");
    size_min_ = configuration.size("Minimum File Size").value_or(0);
    size_max_ = configuration.size("Maximum File Size");
    for (const auto* name : {"Hostname", "Port", "Username", "Remote Path"})
      scope_ += configuration.text_or(name, "") + '\n';
    const auto strategy = configuration.text_or("Listing Strategy", "timestamps");
    if (strategy == "timestamps")
      times_.emplace(configuration.text_or("Target System Timestamp Precision", "auto-detect"), scope_);
    if (strategy == "entities") {
      TRY(entities_, EntityTracking::from(configuration, "ListedEntities::" + configuration.processor_id()));
    }
    return {};
  }
  bool endless(const Configuration&) const override { return !times_ && !entities_; }
  void stopped() override { connections_.close(); }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto now = services.wall_clock.now();
    TRY(const auto server, connections_.server(configuration, session, nullptr));
    auto listed = list(server, now);
    if (!listed) {
      session.log_error(configuration.error_prefix() + ": " + listed.error().message);
      session.yield();
      return {};
    }
    const auto emit_one = [&](const FoundFile& file) { emit(session, server, file); };
    if (entities_) {
      TRY_VOID(entities_->begin(session, scope_, now));
      return entities_->take_files(session, scope_, *listed, emit_one);
    }
    if (times_) {
      times_->begin(session.state(), now);
      std::erase_if(*listed, [&](const FoundFile& file) { return !times_->may_be_new(file); });
      times_->take(session, *listed, emit_one);
      return {};
    }
    for (const auto& file : *listed) emit(session, server, file);
    if (listed->empty()) session.yield();
    return {};
  }

 private:
  base::Result<std::vector<FoundFile>> list(const sftp::Server& server, base::Instant now) {
    TRY(auto connection, connections_.take(server));
    TRY(auto files, list_sftp(*connection, directory_, wish_));
    connections_.give_back(server, std::move(connection));
    std::erase_if(files, [&](const FoundFile& file) {
      const std::chrono::nanoseconds age = std::chrono::milliseconds{now.ns / 1'000'000 - file.modified_ms};
      return age < age_min_ || (age_max_ && age > *age_max_) || file.size < size_min_ ||
             (size_max_ && file.size > *size_max_);
    });
    return files;
  }

  static void emit(Session& session, const sftp::Server& server, const FoundFile& found) {
    auto& file = session.create();
    file.attributes["sftp.remote.host"] = server.host;
    file.attributes["sftp.remote.port"] = std::to_string(server.port);
    file.attributes["sftp.listing.user"] = server.user;
    file.attributes["filename"] = found.name;
    file.attributes["path"] = found.directory;
    file.attributes["file.size"] = std::to_string(found.size);
    file.attributes["file.owner"] = found.owner;
    file.attributes["file.group"] = found.group;
    file.attributes["file.permissions"] = found.permissions;
    file.attributes["file.lastModifiedTime"] = file_time_text(found.modified_ms);
    session.transfer(file, "success");
  }

  SftpConnections connections_;
  SftpWish wish_;
  std::string directory_;
  std::string scope_;
  std::chrono::nanoseconds age_min_{0};
  std::optional<std::chrono::nanoseconds> age_max_;
  std::uint64_t size_min_ = 0;
  std::optional<std::uint64_t> size_max_;
  std::optional<TimestampTracking> times_;  // one of them, or none
  std::optional<EntityTracking> entities_;
};

}  // namespace

const Description kListSftp{
    .type = "org.apache.nifi.processors.standard.ListSFTP",
    .bundle = kSftpBundle,
    .help = "Lists new files of an SFTP server; the content is fetched by FetchSFTP.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .default_period = "1 min",
    .make = [] { return std::unique_ptr<Processor>(new ListSftp); },
};

}  // namespace flow
