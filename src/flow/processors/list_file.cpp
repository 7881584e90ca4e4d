#include "flow/processors/list_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "flow/engine/session.h"
#include "flow/processors/file_listing.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {
    {"timestamps", "Tracking Timestamps"}, {"entities", "Tracking Entities", false}, {"none", "No Tracking"}};
constexpr Allowed kLocations[] = {{"Local"}, {"Remote"}};
constexpr Allowed kInitialListings[] = {{"window", "Tracking Time Window"}, {"all", "All Available"}};
constexpr Allowed kPrecisions[] = {
    {"auto-detect", "Auto Detect"}, {"millis", "Milliseconds"}, {"seconds", "Seconds"}, {"minutes", "Minutes"}};

constexpr Property kProperties[] = {
    {.name = "Input Directory", .help = "Where to look for files", .required = true, .scope = Scope::Environment},
    {.name = "Listing Strategy",
     .old_name = "listing-strategy",
     .help = "How new files are told from old ones",
     .fallback = "timestamps",
     .required = true,
     .allowed = kStrategies},
    {.name = "Recurse Subdirectories",
     .help = "Also look below",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Record Writer",
     .old_name = "record-writer",
     .help = "One flowfile of records instead of one per file",
     .unsupported = true},
    {.name = "Input Directory Location",
     .help = "Where state is kept; one node: no difference",
     .fallback = "Local",
     .required = true,
     .allowed = kLocations},
    {.name = "File Filter",
     .help = "Java pattern for the whole file name",
     .fallback = "[^\\.].*",
     .required = true,
     .kind = Property::Kind::Pattern},
    {.name = "Path Filter",
     .help = "Java pattern for the directory below the input directory",
     .kind = Property::Kind::Pattern},
    {.name = "Include File Attributes",
     .help = "Set owner, group, permissions and times",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Minimum File Age", .fallback = "0 sec", .required = true, .kind = Property::Kind::Duration},
    {.name = "Maximum File Age", .kind = Property::Kind::Duration},
    {.name = "Minimum File Size", .fallback = "0 B", .required = true, .kind = Property::Kind::Size},
    {.name = "Maximum File Size", .kind = Property::Kind::Size},
    {.name = "Ignore Hidden Files", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Target System Timestamp Precision",
     .old_name = "target-system-timestamp-precision",
     .fallback = "auto-detect",
     .required = true,
     .allowed = kPrecisions},
    {.name = "Entity Tracking State Cache", .old_name = "et-state-cache", .no_effect = true},
    {.name = "Entity Tracking Time Window",
     .old_name = "et-time-window",
     .fallback = "3 hours",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Entity Tracking Initial Listing Target",
     .old_name = "et-initial-listing-target",
     .fallback = "all",
     .allowed = kInitialListings,
     .no_effect = true},
    {.name = "Entity Tracking Node Identifier",
     .old_name = "et-node-identifier",
     .fallback = "${hostname()}",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Track Performance",
     .old_name = "track-performance",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Maximum Number of Files to Track",
     .old_name = "max-performance-metrics",
     .fallback = "100000",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Max Disk Operation Time",
     .old_name = "max-operation-time",
     .fallback = "10 secs",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Max Directory Listing Time",
     .old_name = "max-listing-time",
     .fallback = "3 mins",
     .scope = Scope::Environment,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}};

/// What was listed: times in ms, and the files emitted at the newest of them, which may get company later.
struct Tracking {
  std::optional<std::int64_t> listed;
  std::optional<std::int64_t> processed;
  std::set<std::string> identifiers;

  static Tracking from(const ComponentState& state) {
    Tracking tracking;
    const auto number = [&](const char* key) -> std::optional<std::int64_t> {
      const auto found = state.find(key);
      if (found == state.end() || found->second.empty()) return std::nullopt;
      return std::strtoll(found->second.c_str(), nullptr, 10);
    };
    tracking.listed = number("listing.timestamp");
    tracking.processed = number("processed.timestamp");
    for (const auto& [key, value] : state)
      if (key.starts_with("id.")) tracking.identifiers.insert(value);
    return tracking;
  }
  ComponentState to_state(const std::string& scope) const {
    ComponentState state;
    if (listed) state["listing.timestamp"] = std::to_string(*listed);
    if (processed) state["processed.timestamp"] = std::to_string(*processed);
    std::size_t n = 0;
    for (const auto& identifier : identifiers) state[fmt::format("id.{}", n++)] = identifier;
    state["freshet.scope"] = scope;
    return state;
  }
};

class ListFile final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(wish_, FileWish::from(configuration));
    directory_ = configuration.text_or("Input Directory", "");
    details_ = configuration.flag("Include File Attributes");
    tracks_ = configuration.text("Listing Strategy") == "timestamps";
    precision_ = configuration.text_or("Target System Timestamp Precision", "auto-detect");
    // Another directory or other filters: what was listed means nothing any more.
    for (const auto* name :
         {"Input Directory", "File Filter", "Path Filter", "Recurse Subdirectories", "Minimum File Age",
          "Maximum File Age", "Minimum File Size", "Maximum File Size", "Ignore Hidden Files"})
      scope_ += configuration.text_or(name, "") + '\n';
    return {};
  }

  bool endless(const Configuration&) const override { return !tracks_; }

  base::Status trigger(const Configuration&, const Services& services, Session& session) override {
    Tracking tracking;
    if (const auto scope = session.state().find("freshet.scope");
        scope == session.state().end() || scope->second == scope_)
      tracking = Tracking::from(session.state());
    run_time_ = services.wall_clock.now();
    const auto wanted = [&](const FoundFile& file) {
      return !tracks_ || !tracking.listed ||
             (file.modified_ms >= *tracking.listed &&
              file.modified_ms >= tracking.processed.value_or(*tracking.listed));
    };
    TRY(const auto files, list_files(directory_, wish_, run_time_, wanted));
    if (!tracks_) {
      for (const auto& file : files) emit(session, file);
      if (files.empty()) session.yield();
      return {};
    }
    std::map<std::int64_t, std::vector<const FoundFile*>> groups;
    for (const auto& file : files) groups[file.modified_ms].push_back(&file);
    if (groups.empty()) {
      session.yield();
      return {};
    }
    const auto newest = groups.rbegin()->first;
    const auto lag = lag_ms(files);
    if (hold_back(session, tracking, groups, newest, lag)) return {};
    return emit_groups(session, tracking, groups, newest);
  }

 private:
  using Groups = std::map<std::int64_t, std::vector<const FoundFile*>>;

  /// How long the newest files may still get company with the same time: as coarse as the times look.
  std::int64_t unit_ms(const std::vector<FoundFile>& files) const {
    if (precision_ == "millis") return 1;
    if (precision_ == "seconds") return 1000;
    if (precision_ == "minutes") return 60'000;
    if (std::ranges::any_of(files, [](const FoundFile& file) { return file.modified_ms % 1000 > 0; })) return 1;
    return std::ranges::any_of(files, [](const FoundFile& file) { return file.modified_ms % 60'000 > 0; }) ? 1000
                                                                                                           : 60'000;
  }
  std::int64_t lag_ms(const std::vector<FoundFile>& files) {
    unit_ms_ = unit_ms(files);
    return unit_ms_ == 1 ? 100 : unit_ms_;
  }

  /// True when there is nothing to emit in this cycle; may take the newest group away.
  bool hold_back(Session& session, const Tracking& tracking, Groups& groups, std::int64_t newest, std::int64_t lag) {
    if (tracking.listed == newest) {
      // Another cycle without anything newer: the group that was held back may go, once the lag has passed.
      const auto since = last_run_ ? run_time_ - *last_run_ : std::chrono::milliseconds{lag};
      const bool all_done =
          tracking.processed == newest && std::ranges::all_of(groups[newest], [&](const FoundFile* file) {
            return tracking.identifiers.contains(file->path());
          });
      if (all_done) {
        session.yield();
        return true;
      }
      if (since < std::chrono::milliseconds{lag}) {
        session.yield();
        session.ask_again_after(std::chrono::milliseconds{lag} - since);
        return true;
      }
      return false;
    }
    const auto reliable = (run_time_.ns / 1'000'000 - lag) / unit_ms_ * unit_ms_;
    if (reliable < newest) {
      groups.erase(newest);
      // Held back: a file that is written at this very instant must not be missed.
      session.ask_again_after(std::chrono::milliseconds{lag});
    }
    return false;
  }

  base::Status emit_groups(Session& session, Tracking tracking, const Groups& groups, std::int64_t newest) {
    std::size_t emitted = 0;
    for (const auto& [time, files] : groups) {
      for (const auto* file : files) {
        if (tracking.processed == time && tracking.identifiers.contains(file->path())) continue;
        emit(session, *file);
        ++emitted;
      }
    }
    if (emitted > 0) {
      const auto last = groups.rbegin()->first;
      if (tracking.processed != last) tracking.identifiers.clear();
      for (const auto* file : groups.rbegin()->second) tracking.identifiers.insert(file->path());
      tracking.processed = last;
    }
    if (tracking.listed != newest || emitted > 0) {
      tracking.listed = newest;
      session.set_state(tracking.to_state(scope_));
    }
    last_run_ = run_time_;
    return {};
  }

  void emit(Session& session, const FoundFile& found) {
    auto& file = session.create();
    put_file_attributes(file, found, "./", details_);
    file.attributes["file.size"] = std::to_string(found.size);
    session.transfer(file, "success");
  }

  FileWish wish_;
  std::string directory_;
  std::string scope_;
  std::string precision_;
  bool details_ = true;
  bool tracks_ = true;
  std::int64_t unit_ms_ = 1;
  std::optional<base::Instant> last_run_;  // that saw something newer
  base::Instant run_time_;
};

}  // namespace

const Description kListFile{
    .type = "org.apache.nifi.processors.standard.ListFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Lists new files of a directory; the content is fetched by FetchFile.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .default_period = "1 min",
    .make = [] { return std::unique_ptr<Processor>(new ListFile); },
};

}  // namespace flow
