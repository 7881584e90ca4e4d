#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "flow/engine/component.h"
#include "flow/engine/processor.h"
#include "flow/engine/repository.h"
#include "flow/engine/status.h"
#include "flow/model.h"

namespace flow {

class GroupGate;
struct LoadedService;
struct Passing;

/// What is left to do when nothing can run now.
struct IdleReport {
  std::optional<base::Instant> next_due;  // business clock: a schedule, a yield or a penalty ends
  std::uint64_t queued = 0;               // flowfiles that still wait
  std::vector<std::string> failing = {};  // names of sources whose last try ended with an error
};

struct IdleOptions {
  std::string flow = {};  // empty: all
  /// Starts what is stopped, and stops it at the end; `stop` ends it early and leaves everything running.
  bool starts_and_stops = false;
  std::stop_token stop = {};
  /// Sleeps while something waits for the wall clock (a file too young to be listed, a bin); by default really.
  std::function<void(std::chrono::nanoseconds)> sleep = {};
  std::chrono::nanoseconds wait_max = std::chrono::seconds{120};
};

/// Runs components over queues: on its own threads, or on the caller's until nothing is left to do. Thread-safe.
/// One lock guards queues and schedules; processors work outside it.
class Engine {
 public:
  struct Environment {
    std::string hostname;
    std::string host_address;
    std::string time_zone;
    std::uint64_t seed = 0;
    std::uint64_t swap_at = 20'000;              // flowfiles of a connection in memory; 0: any number
    std::uint64_t queue_memory_max = 512 << 20;  // bytes of flowfiles in memory; from here on sources wait
    std::function<base::Result<std::uint64_t>()> free_space = {};  // of the disk of the flows
    std::uint64_t free_space_min = 0;
    std::function<base::Status(const std::string& source, std::span<const std::string> ids)> forget_tokens;
  };
  Engine(Repository& repository, Services services, Environment environment);
  ~Engine();

  /// Makes the components of a flow, in place of those of the flow with the same root, or nothing when it fails; other
  /// flows go on. Those replaced must have been stopped. Flowfiles go into the queues of their connections.
  enum class Counts { FromNow, GoOn };  // of components that were there before
  base::Status put(const FlowDefinition& flow, const std::map<std::string, std::string>& parameters,
                   std::vector<std::string>& notes, Counts counts = Counts::FromNow);
  void remove(const std::string& flow);  // the same holds; its flowfiles become orphans
  /// Of a flow, group or component; empty id: all. Answers with the number of components that run now; invalid and
  /// disabled ones stay.
  std::size_t start(const std::string& id = {}, const std::set<std::string>& except = {});
  /// One trigger of a stopped component, on the calling thread. Conflict: it does not stand still, or cannot run.
  base::Status run_once(const std::string& id);
  void stop(const std::string& id = {});  // running triggers finish

  /// On the calling thread; threads that run leave these components alone meanwhile. Conflict: another call runs them.
  base::Result<IdleReport> run_until_idle(const IdleOptions& options = {});
  void start_threads(int count);
  base::Status stop_threads();

  base::Instant now() const { return services_.clock.now(); }
  FlowStatus status() const;
  /// Removes the flowfiles that wait in a connection, for good. NotFound.
  base::Result<Amount> empty_queue(const std::string& connection);
  /// Of those that wait in a connection the first, in the order in which they will be polled. NotFound.
  base::Result<std::vector<FlowFilePtr>> list_queue(const std::string& connection, std::size_t most) const;
  base::Result<FlowFilePtr> find_in_queue(const std::string& connection, std::string_view uuid) const;
  /// Puts a new flowfile into a connection, as if its source had made it. NotFound.
  base::Status enqueue(const std::string& connection, Attributes attributes, std::string_view content);
  base::Result<ComponentState> state_of(const std::string& component) const;
  base::Status clear_state(const std::string& component);  // Conflict while it runs
  /// A new flowfile as the event's was when it was polled, in the connection it came from; answers with its uuid.
  /// Conflict when there is no such connection; NotFound when the content is not kept any more.
  base::Result<std::string> replay(const Event& event);
  base::Result<ContentClaim> event_content(const Event& event, ContentSide side) const;
  /// Tries once more to enable the services that could not be enabled and whose time has come by the wall clock: 30 s
  /// later at first, 10 minutes in the end. A thread of its own does so. Answers with how many processors became valid;
  /// those that were asked to run do.
  std::size_t retry_services();
  base::Status reset_counter(const std::string& component, const std::string& name);  // NotFound
  /// What makes a component of a flow invalid by itself, whatever it is connected to. Makes it, and the services that
  /// it refers to, beside those that are there. NotFound.
  base::Result<std::vector<std::string>> check(const FlowDefinition& flow,
                                               const std::map<std::string, std::string>& parameters,
                                               const std::string& id) const;

  /// Java system properties that saved flows use, then the environment.
  static std::optional<std::string> system_value(std::string_view name);

 private:
  friend class Session;
  struct Prepared;
  struct Loaded;
  void keep_loaded(const FlowDefinition& flow, const std::map<std::string, std::string>& parameters,
                   const std::map<std::string, LoadedService>& services);
  void tell_of_services(const Loaded& loaded);
  std::size_t retry_services(const Loaded& before);
  void keep_services(const std::stop_token& stop);
  bool may_pass_on(const Component& component) const;
  Passing enter(const Component& port);
  bool is_runnable(Component& component, base::Instant now);
  bool has_work(Component& component, base::Instant now);
  bool has_room(const Component& component) const;
  /// Runs one trigger; the lock is released meanwhile. True when it did something.
  bool run(Component& component, std::unique_lock<std::mutex>& lock);
  base::Status trigger(Component& component, Session& session);
  base::Status trigger_guarded(Component& component, Session& session);
  base::Status trigger_and_commit(Component& component, Session& session);
  base::Status run_slice(Component& component, Session& session);
  bool slice_goes_on(Component& component, const Session& session, base::Instant started, int triggers);
  void work(const std::stop_token& stop);
  void make_running(Component& component) const;
  base::Instant next_firing(const Cron& cron, base::Instant now) const;
  Component* choose(base::Instant now);
  Component* follow(const Component& component, base::Instant now);
  bool drain(Component& component, std::unique_lock<std::mutex>& lock);
  std::optional<base::Instant> next_due(const std::vector<Component*>& components) const;
  std::optional<base::Instant> next_due() const;
  void interrupt(const std::function<bool(const Component&)>& chosen);
  void let_go(const std::function<bool(const Component&)>& chosen, std::unique_lock<std::mutex>& lock);
  base::Status settle(std::unique_lock<std::mutex>& lock);
  base::Status forget_stale_tokens();
  void take_out(const std::string& flow);
  EventBatch emptied(const Queue& queue, std::span<const FlowFilePtr> files) const;
  /// What was counted of those that are replaced goes on to be counted.
  void keep_counts(const std::map<std::string, Component*>& replacements);
  void count_orphans(const std::vector<Repository::Entry>& entries);
  base::Result<IdleReport> drive(const std::vector<Component*>& chosen, const IdleOptions& options,
                                 std::unique_lock<std::mutex>& lock);

  void poll(Component& component, Session& session, std::size_t most);
  base::Status swap_in(Queue& queue, base::Instant now);
  void swap_out(Queue& queue, base::Instant now);
  /// Runs, once all is durable, what a session could not do because the disk was full.
  void defer(std::vector<std::function<void()>> actions);
  bool may_take_more();
  std::uint64_t next_random();
  base::Status check_transfers(const Session& session) const;
  base::Status commit(Session& session);
  void rollback(Session& session, bool penalize);
  std::optional<std::string> environment_value(const Component& component, std::string_view name) const;
  /// With the lock held. A message below the component's level is only in the program's log.
  void bulletin(Component& component, BulletinLevel level, std::string message);
  void bulletin(BulletinLevel level, std::string message);  // of no component

  Repository& repository_;
  const Services services_;
  const Environment environment_;
  std::optional<el::TimeZone> time_zone_;

  mutable std::mutex state_mutex_;
  std::condition_variable changed_;
  std::uint64_t queue_memory_ = 0;  // outlives the queues, which count in it
  std::vector<std::unique_ptr<Component>> components_;
  std::map<std::string, std::unique_ptr<Queue>> queues_;
  std::map<std::string, std::vector<ConnectionDefinition>> connections_;  // by flow
  std::map<std::string, std::shared_ptr<const Loaded>> loaded_;           // by flow
  std::map<std::string, std::vector<std::unique_ptr<GroupGate>>> gates_;  // by flow
  std::vector<ServiceStatus> controller_services_;                        // what refers to one shares it
  std::uint64_t orphans_ = 0;
  Bulletins bulletins_{kBulletinsOfController};
  std::uint64_t last_bulletin_ = 0;
  std::size_t next_component_ = 0;
  std::uint64_t choices_ = 0;
  std::uint64_t tokens_since_forget_ = 0;
  std::optional<base::Error> broken_;
  std::vector<std::function<void()>> deferred_;
  std::optional<std::string> full_;  // why sources wait
  base::Instant room_asked_;         // wall clock
  std::mutex random_mutex_;
  base::Random random_;
  std::atomic<std::uint64_t> counter_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace flow
