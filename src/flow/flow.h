#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "flow/engine/engine.h"
#include "flow/engine/status.h"
#include "flow/local_target.h"
#include "flow/model.h"
#include "flow/shared_context.h"
#include "flow/warehouse_links.h"
#include "store/object_store.h"

namespace flow {

/// What an import answers: who is invalid and why, and what was read but has no effect.
struct ImportReport {
  std::string id;  // of the root group
  std::string name;
  std::vector<std::string> problems;
  std::vector<std::string> notes;
  std::vector<Finding> findings;  // all that the file alone tells; some are notes, too
};

/// A flow as it is kept.
struct FlowView {
  FlowDefinition definition;
  std::map<std::string, std::string> parameters;  // values that replace those of the definition, secret ones too
  std::set<std::string> secrets;                  // names of parameters that are sensitive beside the definition's
  bool running = false;                           // runs, also after a restart
  std::string file = {};                          // that it was read from, for messages
};

/// The flows of one data directory: definitions, their flowfiles and states, and the threads that run them.
/// Thread-safe.
///
///   TRY(auto flow, Flow::open({.directory = data + "/flow"}, disk, clock, wall_clock, objects));
///   TRY(auto report, flow->import_definition(text, "flow.json", {{"bucket", "demo"}}));
///   TRY(auto idle, flow->run_until_idle(report.id));
///
/// Instead of the last: flow->start(report.id); flow->start_threads(); ... flow->shut_down();
class Flow {
 public:
  struct Options {
    std::string directory;  // of flows alone; made when missing
    int threads = 4;
    std::string listen_address = "127.0.0.1";  // of servers in processors
    int parallel_puts = 16;  // into the local store, so that they share a sync; one with a virtual clock
    std::uint64_t log_bytes = 64 << 20;
    std::uint64_t content_file_bytes = 64 << 20;
    std::uint64_t archive_bytes = 1 << 30;                                  // of content that no flowfile has any more
    std::optional<Provenance::Options> provenance = Provenance::Options{};  // nothing: no events are kept
    std::uint64_t swap_at = 20'000;              // flowfiles of a connection in memory; the rest is swapped
    std::uint64_t queue_memory_max = 512 << 20;  // bytes of queued flowfiles; from here on sources wait
    std::uint64_t free_space_min = 64 << 20;     // bytes of the disk; with less, sources wait
    std::string hostname = "localhost";
    std::string host_address = "127.0.0.1";  // for ip() in expressions
    std::string time_zone;                   // of dates in expressions; empty: the system's
    std::uint64_t seed = 1;
    std::vector<std::string> local_endpoints;  // of 'Endpoint Override URL' that mean the local store
    DefaultTargets::Remote remote;             // for buckets elsewhere; empty: there are none
    WarehouseLinks links = {};                 // to the warehouse beside the flows
  };
  /// Recovers what was there: definitions, parameters, queues, states; all is stopped unless it ran before.
  static base::Result<std::unique_ptr<Flow>> open(Options options, base::Disk& disk, base::Clock& clock,
                                                  base::WallClock& wall_clock, store::ObjectStore& objects);
  ~Flow();

  /// Adds a flow, or replaces the one with the same root group (its queues stay; what ran is stopped, and started
  /// again). Other flows go on. `file` names it in messages. Errors: those of read_definition; AlreadyExists when ids
  /// clash with another flow. A flow with invalid processors is imported all the same: they stay stopped, and the
  /// report says why. Values of parameters are kept with the flow; those named in `secrets` are sensitive whatever the
  /// definition says. `sensitive_key` opens encrypted values of the file (nifi.sensitive.props.key), and is kept with
  /// it.
  base::Result<ImportReport> import_definition(std::string_view text, const std::string& file,
                                               const std::map<std::string, std::string>& parameters = {},
                                               const std::set<std::string>& secrets = {},
                                               const std::string& sensitive_key = {});
  /// Changes a flow: `change` gets it as write_instance() makes it, and what it leaves there is the flow from then on,
  /// durably, or nothing changes. Its components stand still meanwhile; those that ran go on, what was invalid may run
  /// now, and what is new stands still. Errors: those of `change` and of read_definition; Conflict when a connection
  /// would go that holds flowfiles.
  using Change = std::function<base::Status(boost::json::object& document)>;
  base::Status edit(const std::string& id, const Change& change);
  /// Makes a flow a group in the root group of another, with its queues and states; what runs goes on. Conflict when
  /// both have parameters or contexts of one name that differ.
  base::Status merge(const std::string& from, const std::string& into);
  base::Status remove(const std::string& id);  // stops it; Conflict while flowfiles are queued
  /// Replaces values of parameters of a flow; the rest stays. NotFound: no such flow or parameter.
  base::Status set_parameters(const std::string& id, const std::map<std::string, std::string>& parameters);
  /// Contexts that groups of any flow may have; flows that have one that changed are made anew.
  std::vector<SharedContext> contexts() const;
  /// Errors: those of check_shared_contexts.
  base::Status set_contexts(std::vector<SharedContext> contexts);
  /// A text that clients keep beside the flows (NiFi's templates); empty when nothing was kept yet.
  base::Result<std::string> templates() const;
  base::Status set_templates(const std::string& text);
  std::vector<FlowView> flows() const;
  std::optional<FlowView> find(const std::string& id) const;
  /// A flow definition: as it was imported, or made of a file of another kind.
  base::Result<std::string> export_definition(const std::string& id) const;
  std::vector<std::string> problems(const std::string& id) const;

  /// Empty id: all; else a flow, group (without those below) or component. Answers with how many components run. What
  /// was said is kept over restarts.
  base::Result<std::size_t> start(const std::string& id = {});
  base::Status stop(const std::string& id = {});

  /// Runs on the calling thread what can run, until sources find nothing new and no queue has work.
  base::Result<IdleReport> run_until_idle(const IdleOptions& options = {});
  /// The same for one flow, which is started before and stopped afterwards; its file says in between that it runs, so
  /// that it goes on after a crash or when `stop` is requested. Stopping the flow ends it early.
  base::Result<IdleReport> run_until_idle(const std::string& id, std::stop_token stop = {});
  void start_threads();
  base::Status shut_down();  // ends the threads and makes all durable

  int threads() const { return options_.threads; }
  base::Instant now() const { return engine_->now(); }              // business clock
  FlowStatus status(const std::string& id = {}) const;              // of a flow; empty: all
  base::Result<Amount> empty_queue(const std::string& connection);  // removes its flowfiles for good
  base::Status clear_state(const std::string& component);
  /// Provenance. Unsupported when it is off.
  base::Result<EventPage> events(const EventQuery& query) const;
  base::Result<Event> event(std::uint64_t id) const;                  // NotFound
  base::Result<Lineage> lineage(const std::string& flow_file) const;  // by uuid
  /// Puts the flowfile of an event, as it came, into the queue that it came from once more: a new one, whose uuid is
  /// the answer. NotFound: no such event, or its content is not kept any more. Conflict: no such queue.
  base::Result<std::string> replay(std::uint64_t event);
  /// As it was before or after the event. NotFound when it is not kept any more.
  base::Result<ContentClaim> event_content(std::uint64_t event, ContentSide side) const;
  base::Result<ContentClaim> event_content(const Event& event, ContentSide side) const {
    return engine_->event_content(event, side);
  }
  base::Status reset_counter(const std::string& component, const std::string& name);
  /// What would make a processor or controller service invalid if it had these properties beside its others; nothing
  /// changes. A service is checked as if it were enabled. NotFound.
  base::Result<std::vector<std::string>> check_properties(const std::string& component,
                                                          const PropertyValues& properties) const;
  base::Status run_once(const std::string& component) { return engine_->run_once(component); }
  base::Result<std::vector<FlowFilePtr>> list_queue(const std::string& connection, std::size_t most) const {
    return engine_->list_queue(connection, most);
  }
  base::Result<FlowFilePtr> find_in_queue(const std::string& connection, std::string_view uuid) const {
    return engine_->find_in_queue(connection, uuid);
  }
  base::Status enqueue(const std::string& connection, Attributes attributes, std::string_view content) {
    return engine_->enqueue(connection, std::move(attributes), content);
  }
  base::Result<ComponentState> state_of(const std::string& component) const { return engine_->state_of(component); }

 private:
  struct Imported {
    std::string text;
    std::string file;
    std::map<std::string, std::string> parameters;
    std::set<std::string> secrets;
    std::string sensitive_key;
    bool running = false;
    std::set<std::string> exceptions;  // components that run while the flow does not, or the other way round
    std::uint64_t asked = 0;           // counts who said whether it runs
    bool driven = false;               // by run_until_idle
    FlowDefinition definition;
  };
  Flow(Options options, base::Disk& disk);
  base::Status save();
  base::Status restore();
  /// Makes the engine's components of a flow; they run when it says so.
  base::Status load(const Imported& imported, std::vector<std::string>& notes,
                    Engine::Counts counts = Engine::Counts::FromNow);
  /// As load() with what `flows_` has, or `before` again.
  base::Status load_or_return(const std::string& id, Imported before);
  /// Notes that components run, or do not, whatever their flow does. True: something changed.
  bool note_states(const std::string& id, RunState state);
  /// Those of flows of which something runs. True: there was one.
  bool start_funnels();
  base::Status restore_contexts();
  std::string templates_path() const { return options_.directory + "/templates.json"; }
  std::string contexts_path() const { return options_.directory + "/contexts.json"; }
  std::string catalog_path() const { return options_.directory + "/flows.json"; }

  const Options options_;
  base::Disk& disk_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<ObjectTargets> targets_;
  std::unique_ptr<Engine> engine_;
  mutable std::mutex flows_mutex_;
  std::map<std::string, Imported> flows_;  // by root group
  std::vector<SharedContext> contexts_;
  bool threads_run_ = false;
};

}  // namespace flow
