#include "flow/processors/get_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <deque>
#include <set>

#include "base/log.h"
#include "flow/engine/session.h"
#include "flow/processors/file_listing.h"
#include "flow/processors/os_file.h"
#include "flow/processors/source_file.h"

namespace flow {
namespace {

constexpr std::size_t kPendingMax = 100;

constexpr Property kProperties[] = {
    {.name = "Input Directory", .required = true, .scope = Scope::Environment},
    {.name = "File Filter",
     .help = "Java pattern for the whole file name",
     .fallback = "[^\\.].*",
     .required = true,
     .kind = Property::Kind::Pattern},
    {.name = "Path Filter", .kind = Property::Kind::Pattern},
    {.name = "Batch Size", .fallback = "10", .required = true, .kind = Property::Kind::Integer},
    {.name = "Keep Source File",
     .help = "Else it is deleted once its content is safe",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Recurse Subdirectories", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Polling Interval", .fallback = "0 sec", .required = true, .kind = Property::Kind::Duration},
    {.name = "Ignore Hidden Files", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Minimum File Age", .fallback = "0 sec", .required = true, .kind = Property::Kind::Duration},
    {.name = "Maximum File Age", .kind = Property::Kind::Duration},
    {.name = "Minimum File Size", .fallback = "0 B", .required = true, .kind = Property::Kind::Size},
    {.name = "Maximum File Size", .kind = Property::Kind::Size},
};
constexpr Relationship kRelationships[] = {{"success"}};

class GetFile final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(wish_, FileWish::from(configuration));
    directory_ = configuration.text_or("Input Directory", "");
    keep_ = configuration.flag("Keep Source File");
    batch_ = static_cast<std::size_t>(std::strtoull(configuration.text_or("Batch Size", "10").c_str(), nullptr, 10));
    interval_ = configuration.duration("Polling Interval").value_or(std::chrono::nanoseconds{0});
    return {};
  }
  /// It finds the same files again and again.
  bool endless(const Configuration&) const override { return keep_; }

  base::Status trigger(const Configuration&, const Services& services, Session& session) override {
    TRY(const auto files, take(services));
    bool emitted = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
      auto content = read_source_file(session, files[i].path());
      if (!content) {
        const auto kind = content.error().kind;
        // Gone, taken, or still being written: the next listing sees what it has become.
        if (kind == base::ErrorKind::NotFound || kind == base::ErrorKind::Conflict) continue;
        session.log_error(fmt::format("GetFile: {}", content.error().message));
        if (kind == base::ErrorKind::Denied || kind == base::ErrorKind::InvalidValue) continue;
        return base::fail(content.error());
      }
      auto& file = session.create();
      put_file_attributes(file, files[i], "/", true);
      session.set_content(file, std::move(*content));
      session.report(EventType::Receive, file, {.uri = file_uri(files[i].path())});
      session.transfer(file, "success");
      emitted = true;
      if (!keep_)
        session.after_commit([path = files[i].path()] {
          if (::unlink(path.c_str()) != 0) LOG_WARN("flow.source_kept processor=GetFile");
        });
    }
    if (!emitted) session.yield();
    return {};
  }

 private:
  base::Result<std::vector<FoundFile>> take(const Services& services) {
    const std::lock_guard lock(pending_mutex_);
    const auto now = services.clock.now();
    if (pending_.size() < kPendingMax && (!listed_at_ || now - *listed_at_ >= interval_)) {
      TRY(auto found, list_files(directory_, wish_, services.wall_clock.now(), [this](const FoundFile& file) {
            return keep_ || ::access(file.directory.c_str(), W_OK) == 0;  // else it could not be deleted
          }));
      listed_at_ = now;
      pending_.assign(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    std::vector<FoundFile> files;
    while (!pending_.empty() && files.size() < batch_) {
      files.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
    return files;
  }

  FileWish wish_;
  std::string directory_;
  bool keep_ = false;
  std::size_t batch_ = 10;
  std::chrono::nanoseconds interval_{0};
  std::mutex pending_mutex_;
  std::deque<FoundFile> pending_;
  std::optional<base::Instant> listed_at_;
};

}  // namespace

const Description kGetFile{
    .type = "org.apache.nifi.processors.standard.GetFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Takes files out of a directory: reads them, and deletes them once their content is safe.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,  // two at once would take one file twice
    .make = [] { return std::unique_ptr<Processor>(new GetFile); },
};

}  // namespace flow
