#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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

/// What is left to do when nothing can run now.
struct IdleReport {
  std::optional<base::Instant> next_due;  // business clock: a schedule, a yield or a penalty ends
  std::uint64_t queued = 0;               // flowfiles that still wait
};

struct IdleOptions {
  /// Sleeps while a source waits for the wall clock (a file too young to be listed); by default really.
  std::function<void(std::chrono::nanoseconds)> sleep;
  std::chrono::nanoseconds wait_max = std::chrono::seconds{120};
};

/// Runs components over queues: on its own threads, or on the caller's until nothing is left to do. Thread-safe.
/// One lock guards queues and schedules; processors work outside it.
class Engine {
 public:
  struct Environment {
    std::string hostname;
    std::string time_zone;
    std::uint64_t seed = 0;
    std::function<base::Status(const std::string& source, std::span<const std::string> ids)> forget_tokens;
  };
  Engine(Repository& repository, Services services, Environment environment);
  ~Engine();

  /// Replaces all components; flowfiles go into the queues of their connections. Only while no threads run.
  base::Status load(const std::vector<FlowDefinition>& flows, const std::map<std::string, std::map<std::string, std::string>>& parameters,
                    std::vector<std::string>& notes);
  /// Empty id: all. Answers with the number of components that run now; invalid and disabled ones stay.
  std::size_t start(const std::string& id = {});
  void stop(const std::string& id = {});  // running triggers finish

  base::Result<IdleReport> run_until_idle(const IdleOptions& options = {});
  void start_threads(int count);
  base::Status stop_threads();

  FlowStatus status() const;
  base::Status clear_state(const std::string& component);  // Conflict while it runs

  /// Java system properties that saved flows use, then the environment.
  static std::optional<std::string> system_value(std::string_view name);

 private:
  friend class Session;
  bool is_runnable(Component& component, base::Instant now);
  bool has_work(Component& component, base::Instant now);
  bool has_room(const Component& component) const;
  /// Runs one trigger; the lock is released meanwhile. True when it did something.
  bool run(Component& component, std::unique_lock<std::mutex>& lock);
  base::Status trigger(Component& component, Session& session);
  void work(const std::stop_token& stop);
  bool drain(Component& component, std::unique_lock<std::mutex>& lock);
  std::optional<base::Instant> next_due() const;
  base::Status settle(std::unique_lock<std::mutex>& lock);
  base::Status forget_stale_tokens();

  FlowFilePtr poll(Component& component, Session& session);
  base::Status commit(Session& session);
  void rollback(Session& session, bool penalize);
  std::optional<std::string> environment_value(const Component& component, std::string_view name) const;
  void bulletin(Component& component, std::string message);

  Repository& repository_;
  const Services services_;
  const Environment environment_;

  mutable std::mutex state_mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Component>> components_;
  std::map<std::string, std::unique_ptr<Queue>> queues_;
  std::vector<ConnectionDefinition> connections_;
  std::uint64_t orphans_ = 0;
  std::size_t next_component_ = 0;
  std::uint64_t tokens_since_forget_ = 0;
  std::optional<base::Error> broken_;
  mutable std::mutex random_mutex_;
  mutable base::Random random_;
  mutable std::uint64_t counter_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace flow
