#include "flow/processors/get_sftp.h"

#include <deque>

#include "base/log.h"
#include "flow/processors/sftp_access.h"

namespace flow {
namespace {

constexpr std::size_t kPendingMax = 100;  // with more of them there is no new listing

constexpr std::array<Property, 5> kOwn{{
    {.name = "Remote Path", .help = "The user's directory without it", .scope = Scope::FlowFile},
    {.name = "Polling Interval",
     .help = "Between two listings",
     .fallback = "60 sec",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Delete Original",
     .help = "Once the content is safe",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Max Selects",
     .help = "Files of one connection in a row",
     .fallback = "100",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Use Natural Ordering",
     .help = "Files come by their names in any case",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
}};
constexpr auto kProperties = joined(kOwn, kSftpWish, kSftpServer);
constexpr Relationship kRelationships[] = {{"success"}};

class GetSftp final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY_VOID(connections_.prepare(configuration));
    TRY(wish_, SftpWish::from(configuration));
    deletes_ = configuration.flag("Delete Original");
    most_ = std::max<std::size_t>(1, configuration.integer_or("Max Selects", 100));
    interval_ = configuration.duration("Polling Interval").value_or(std::chrono::seconds{60});
    return {};
  }
  /// It finds the same files again and again.
  bool endless(const Configuration&) const override { return !deletes_; }
  void stopped() override {
    connections_.close();
    const std::lock_guard lock(pending_mutex_);
    pending_.clear();
    listed_at_.reset();
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    TRY(const auto server, connections_.server(configuration, session, nullptr));
    TRY(const auto directory, configuration.evaluate_or("Remote Path", session, FlowFile{}, ""));
    const auto got = get(server, directory, services, session);
    if (!got) {
      session.rollback(false);
      session.log_error(configuration.error_prefix() + ": " + got.error().message);
    }
    if (!got || *got == 0) session.yield();
    return {};
  }

 private:
  base::Result<std::size_t> get(const sftp::Server& server, const std::string& directory, const Services& services,
                                Session& session) {
    TRY(auto connection, connections_.take(server));
    TRY(const auto files, take(*connection, directory, services));
    std::size_t got = 0;
    for (const auto& found : files) {
      TRY(auto content, session.begin_write());
      const auto read = connection->read(found.path(), content);
      // Gone or closed to us: not a reason to leave the others.
      if (!read && read.error().kind == base::ErrorKind::Unavailable) return base::fail(read.error());
      if (!read) {
        session.log_error(read.error().message);
        continue;
      }
      auto& file = session.create();
      put_attributes(file, server, found);
      session.count_bytes_in(content.length());
      session.set_content(file, content.finish());
      session.report(EventType::Receive, file, {.uri = sftp_url(server, found.path())});
      session.transfer(file, "success");
      ++got;
      if (deletes_) session.after_commit([this, server, path = found.path()] { remove(server, path); });
    }
    connections_.give_back(server, std::move(connection));
    return got;
  }

  static void put_attributes(FlowFile& file, const sftp::Server& server, const FoundFile& found) {
    file.attributes["getsftp.remote.source"] = server.host;
    file.attributes["filename"] = found.name;
    file.attributes["path"] = found.relative.empty() ? std::string("/") : found.relative + "/";
    file.attributes["absolute.path"] = found.directory.ends_with('/') ? found.directory : found.directory + "/";
    file.attributes["file.lastModifiedTime"] = file_time_text(found.modified_ms);
    file.attributes["file.owner"] = found.owner;
    file.attributes["file.group"] = found.group;
    file.attributes["file.permissions"] = found.permissions;
  }

  base::Result<std::vector<FoundFile>> take(sftp::Connection& connection, const std::string& directory,
                                            const Services& services) {
    const std::lock_guard lock(pending_mutex_);
    const auto now = services.clock.now();
    if (pending_.size() < kPendingMax && (!listed_at_ || now - *listed_at_ >= interval_)) {
      TRY(auto found, list_sftp(connection, directory, wish_));
      listed_at_ = now;
      pending_.assign(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    std::vector<FoundFile> files;
    while (!pending_.empty() && files.size() < most_) {
      files.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
    return files;
  }

  void remove(const sftp::Server& server, const std::string& path) {
    const auto removed = [&]() -> base::Status {
      TRY(auto connection, connections_.take(server));
      TRY_VOID(connection->remove(path));
      connections_.give_back(server, std::move(connection));
      return {};
    }();
    if (!removed) LOG_WARN("flow.source_kept processor=GetSFTP error=\"{}\"", removed.error().message);
  }

  SftpConnections connections_;
  SftpWish wish_;
  bool deletes_ = true;
  std::size_t most_ = 100;
  std::chrono::nanoseconds interval_{};
  std::mutex pending_mutex_;
  std::deque<FoundFile> pending_;
  std::optional<base::Instant> listed_at_;
};

}  // namespace

const Description kGetSftp{
    .type = "org.apache.nifi.processors.standard.GetSFTP",
    .bundle = kSftpBundle,
    .help = "Takes files off an SFTP server: reads them, and deletes them once their content is safe.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,  // two at once would take one file twice
    .make = [] { return std::unique_ptr<Processor>(new GetSftp); },
};

}  // namespace flow
