#include "flow/processors/wait.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "flow/engine/processor.h"
#include "flow/engine/quantity.h"
#include "flow/engine/session.h"
#include "flow/processors/failure.h"
#include "flow/processors/signal.h"

namespace flow {
namespace {

constexpr std::size_t kBatch = 1000;
constexpr std::string_view kStart = "wait.start.timestamp";

constexpr Allowed kCopyModes[] = {{"replace", "Replace if present"}, {"keeporiginal", "Keep original"}};
constexpr Allowed kWaitModes[] = {{"wait", "Transfer to wait relationship"},
                                  {"keep", "Keep in the upstream connection"}};
constexpr Property kProperties[] = {
    kReleaseSignal,
    {.name = "Target Signal Count",
     .old_name = "target-signal-count",
     .help = "Notifications that let flowfiles pass",
     .fallback = "1",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Signal Counter Name",
     .old_name = "signal-counter-name",
     .help = "Which notifications count; all without it",
     .scope = Scope::FlowFile},
    {.name = "Wait Buffer Count",
     .old_name = "wait-buffer-count",
     .help = "Flowfiles of a signal are looked at together, as many as there are",
     .fallback = "1",
     .required = true,
     .kind = Property::Kind::Integer,
     .no_effect = true},
    {.name = "Releasable FlowFile Count",
     .old_name = "releasable-flowfile-count",
     .help = "Flowfiles that pass each time the count is reached; 0: all",
     .fallback = "1",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Expiration Duration",
     .old_name = "expiration-duration",
     .help = "After which a flowfile waits no longer",
     .fallback = "10 min",
     .required = true,
     .kind = Property::Kind::Duration},
    kSignalCache,
    {.name = "Attribute Copy Mode",
     .old_name = "attribute-copy-mode",
     .help = "Whether attributes of the signal count for more than those of the flowfile",
     .fallback = "keeporiginal",
     .required = true,
     .allowed = kCopyModes},
    {.name = "Wait Mode", .old_name = "wait-mode", .fallback = "wait", .required = true, .allowed = kWaitModes},
    {.name = "Wait Penalty Duration",
     .old_name = "wait-penalty-duration",
     .help = "For how long a signal that let nothing pass is not looked at",
     .kind = Property::Kind::Duration},
};
constexpr Relationship kRelationships[] = {{"success"}, {"wait"}, {"expired", true}, {"failure", true}};

class Wait final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    cache_ = configuration.service<MapCache>(kSignalCache.name);
    replaces_ = configuration.text("Attribute Copy Mode") == "replace";
    keeps_ = configuration.text("Wait Mode") == "keep";
    expiration_ = configuration.duration("Expiration Duration").value_or(std::chrono::minutes{10});
    penalty_ = configuration.duration("Wait Penalty Duration");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto files = session.get(kBatch);
    if (files.empty()) return {};
    Round round{.now = services.wall_clock.now()};
    std::map<std::string, std::vector<FlowFile*>> by_signal;
    for (auto* file : files) {
      TRY(const auto id, configuration.evaluate_or(kReleaseSignal.name, session, *file, ""));
      if (id.find_first_not_of(" \t\r\n") == std::string::npos)
        fail_one(configuration, session, *file, "'Release Signal Identifier' is empty", round);
      else if (is_penalised(id, round.now))
        session.give_back(*file);
      else
        by_signal[id].push_back(file);
    }
    for (const auto& [id, waiting] : by_signal) TRY_VOID(look_at(configuration, session, id, waiting, round));
    // Nothing to do until somebody notifies: the processor must not go round and round meanwhile.
    if (!round.released) session.yield();
    if (!round.changed) session.rollback(false);
    return {};
  }

  void stopped() override {
    const std::lock_guard lock(penalties_mutex_);
    penalties_.clear();
  }

 private:
  /// Of one trigger.
  struct Round {
    base::Instant now;
    bool released = false;
    bool changed = false;  // flowfiles moved, or know now since when they wait
  };
  /// What a flowfile waits for.
  struct Target {
    std::string counter;
    std::int64_t count = 1;
    std::int64_t releasable = 1;
    bool operator==(const Target&) const = default;
  };
  using Files = std::vector<FlowFile*>;
  struct Candidates {
    Target target;
    Files files;
  };

  base::Status look_at(const Configuration& configuration, Session& session, const std::string& id,
                       const Files& waiting, Round& round) {
    Files fresh, expired;
    for (auto* file : waiting) {
      const auto expires = expiry_of(session, *file, round);
      if (!expires)
        fail_one(configuration, session, *file, fmt::format("'{}' is no time: '{}'", kStart, file->attribute(kStart)),
                 round);
      else
        (round.now > *expires ? expired : fresh).push_back(file);
    }
    std::vector<Candidates> candidates;
    TRY(auto signal, find_signal(*cache_, id));
    if (signal) {
      TRY(candidates, candidates_of(configuration, session, fresh, round));
    } else if (!fresh.empty()) {
      candidates.push_back({.target = {}, .files = fresh});
    }
    const auto counts = signal ? signal->counts : std::map<std::string, std::int64_t>{};
    Files released, held;
    if (signal) TRY_VOID(take_from(id, *signal, candidates, released, held));
    if (!signal) held = fresh;
    for (const auto* files : {&released, &held, &expired})
      for (auto* file : *files) {
        if (files != &held) session.remove_attribute(*file, kStart);
        if (signal) copy_from(session, *file, *signal, counts);
      }
    session.transfer_all(released, "success");
    session.transfer_all(expired, "expired");
    if (!keeps_) session.transfer_all(held, "wait");
    if (keeps_)
      for (auto* file : held) session.give_back(*file);
    round.released |= !released.empty();
    round.changed |= !released.empty() || !expired.empty() || (!keeps_ && !held.empty());
    if (released.empty()) penalise(id, round.now);
    return {};
  }

  /// Until when it waits, from when it was first seen here. Nothing: the attribute is no time.
  std::optional<base::Instant> expiry_of(Session& session, FlowFile& file, Round& round) const {
    if (!file.attributes.contains(kStart)) {
      session.put_attribute(file, kStart, std::to_string(round.now.ns / 1'000'000));
      round.changed = true;
    }
    const auto since = parse_whole_number(file.attribute(kStart));
    if (!since) return std::nullopt;
    return base::Instant{*since * 1'000'000} + expiration_;
  }

  /// In their order, those with the same target together.
  base::Result<std::vector<Candidates>> candidates_of(const Configuration& configuration, Session& session,
                                                      const Files& files, Round& round) const {
    std::vector<Candidates> groups;
    for (auto* file : files) {
      Target target;
      TRY(target.counter, configuration.evaluate_or("Signal Counter Name", session, *file, ""));
      TRY(const auto count, configuration.evaluate_or("Target Signal Count", session, *file, "1"));
      TRY(const auto releasable, configuration.evaluate_or("Releasable FlowFile Count", session, *file, "1"));
      const auto target_count = parse_whole_number(count);
      const auto releasable_count = parse_whole_number(releasable);
      if (!target_count || *target_count < 1 || !releasable_count || *releasable_count < 0) {
        fail_one(
            configuration, session, *file,
            fmt::format("'Target Signal Count' ('{}') and 'Releasable FlowFile Count' ('{}') must be whole numbers "
                        "from 1 and 0 on",
                        count, releasable),
            round);
        continue;
      }
      target.count = *target_count;
      target.releasable = *releasable_count;
      if (groups.empty() || groups.back().target != target)
        groups.push_back({.target = std::move(target), .files = {}});
      groups.back().files.push_back(file);
    }
    return groups;
  }

  /// Lets pass whom the signal lets pass, and keeps what is left of it. When somebody else changes the signal at the
  /// same time, it is asked once more.
  base::Status take_from(const std::string& id, Signal& signal, const std::vector<Candidates>& candidates,
                         Files& released, Files& held) const {
    for (;;) {
      released.clear();
      held.clear();
      auto left = signal;
      bool takes = false;
      for (const auto& [target, files] : candidates) {
        std::size_t pass = 0;
        if (target.releasable > 0) {
          pass = left.release(target.counter, target.count, target.releasable, files.size());
          takes |= pass > 0;
        } else if (left.count(target.counter) >= target.count) {
          pass = files.size();
        }
        const auto first_held = files.begin() + static_cast<std::ptrdiff_t>(pass);
        released.insert(released.end(), files.begin(), first_held);
        held.insert(held.end(), first_held, files.end());
      }
      if (!takes) return {};
      TRY(const bool kept, left.spent() ? cache_->remove(id, *signal.revision) : keep_signal(*cache_, id, left));
      if (kept) return {};
      TRY(auto again, find_signal(*cache_, id));
      if (!again) {
        held.insert(held.begin(), released.begin(), released.end());
        released.clear();
        return {};
      }
      signal = std::move(*again);
    }
  }

  void copy_from(Session& session, FlowFile& file, const Signal& signal,
                 const std::map<std::string, std::int64_t>& counts) const {
    for (const auto& [name, value] : signal.attributes)
      if (name != "uuid" && (replaces_ || !file.attributes.contains(name))) session.put_attribute(file, name, value);
    std::int64_t total = 0;
    for (const auto& [name, count] : counts) {
      session.put_attribute(file, "wait.counter." + name, std::to_string(count));
      total += count;
    }
    session.put_attribute(file, "wait.counter.total", std::to_string(total));
  }

  void fail_one(const Configuration& configuration, Session& session, FlowFile& file, std::string reason,
                Round& round) const {
    session.remove_attribute(file, kStart);
    send_penalised_to_failure(configuration, session, file, std::move(reason));
    round.changed = true;
  }

  bool is_penalised(const std::string& id, base::Instant now) {
    const std::lock_guard lock(penalties_mutex_);
    std::erase_if(penalties_, [&](const auto& penalty) { return penalty.second < now; });
    return penalties_.contains(id);
  }
  void penalise(const std::string& id, base::Instant now) {
    if (!penalty_) return;
    const std::lock_guard lock(penalties_mutex_);
    penalties_[id] = now + *penalty_;
  }

  std::shared_ptr<MapCache> cache_;
  bool replaces_ = false;
  bool keeps_ = false;
  std::chrono::nanoseconds expiration_{};
  std::optional<std::chrono::nanoseconds> penalty_;
  std::mutex penalties_mutex_;
  std::map<std::string, base::Instant> penalties_;  // by signal, until when
};

}  // namespace

const Description kWait{
    .type = "org.apache.nifi.processors.standard.Wait",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Holds flowfiles back until Notify has counted their signal up.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new Wait); },
};

}  // namespace flow
