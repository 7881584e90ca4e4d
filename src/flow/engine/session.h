#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "flow/el/expression.h"
#include "flow/engine/bulletins.h"
#include "flow/engine/content.h"
#include "flow/engine/event.h"
#include "flow/engine/repository.h"

namespace flow {

class Engine;
class Queue;
struct Component;

/// Version 4.
std::string make_uuid(base::Random& random);

/// One unit of work of one component: it polls flowfiles, changes working copies, sends each to a relationship or
/// removes it; then commits all or nothing. References to working copies are good until commit or rollback. Used by
/// one thread.
class Session {
 public:
  Session(Engine& engine, Component& component);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();  // rolls back what was not committed

  /// Null when nothing is there (or what is there is penalised).
  FlowFile* get();
  std::vector<FlowFile*> get(std::size_t most);

  /// Nothing is connected to the component but itself: it works without flowfiles that come.
  bool is_source() const;
  /// A connection that it sends to has reached its limit.
  bool outputs_full() const;

  FlowFile& create();
  FlowFile& create(const FlowFile& parent);                    // inherits attributes but uuid
  FlowFile& create(std::span<const FlowFile* const> parents);  // with the attributes that all have alike
  FlowFile& clone(const FlowFile& file);                       // shares the content
  /// Of a stretch of the content, which is shared. InvalidValue when the content is shorter.
  base::Result<FlowFile*> clone(const FlowFile& file, std::uint64_t offset, std::uint64_t size);

  /// "uuid" stays as it is; "uuid", "filename" and "path" cannot be removed.
  void put_attribute(FlowFile& file, std::string_view name, std::string value);
  void remove_attribute(FlowFile& file, std::string_view name);
  /// The content from its beginning, as it is when this is called.
  ContentReader read(const FlowFile& file);
  base::Result<ContentWriter> begin_write();
  void set_content(FlowFile& file, ContentClaim claim);
  void penalize(FlowFile& file);

  void transfer(FlowFile& file, std::string_view relationship, std::string reason = {});  // reason: of a failure
  void transfer_all(std::span<FlowFile* const> files, std::string_view relationship);
  void give_back(FlowFile& file);  // to the queue it came from
  void remove(FlowFile& file);

  const ComponentState& state() const { return state_; }
  void set_state(ComponentState state);
  /// Runs when the commit is durable; for effects on the source that cannot be undone.
  void after_commit(std::function<void()> action) { after_commit_.push_back(std::move(action)); }
  /// Returns when the polled flowfile survives a power cut: before a sink may be told its token.
  base::Status make_durable(const FlowFile& file);
  /// The token of a write of `file` into a sink: the same when the trigger runs again after a crash. It is forgotten
  /// once this session's commit is durable.
  SinkToken sink_token(const FlowFile& file);

  std::string new_uuid();
  base::Result<std::string> evaluate(const el::Expression& expression, const FlowFile& file,
                                     const EvaluateOptions& options = {}) const;
  const std::string& time_zone() const;  // of dates; empty: the system's
  /// Nothing to do for now: the component waits its yield duration.
  void yield() { yielded_ = true; }
  /// A source that waits for outside time to pass (a file to age): asked again after that much of the wall clock.
  void ask_again_after(std::chrono::nanoseconds wall) { ask_again_ = wall; }
  /// A component that holds flowfiles until then (business clock): who runs the flow until it is idle waits for it.
  void ask_again_at(base::Instant business) { ask_again_at_ = business; }
  /// A source that found nothing: not triggered again before that much time has passed.
  void rest_for(std::chrono::nanoseconds time) { rest_ = time; }
  /// Bulletins, when the component's level lets them through, and lines of the program's log.
  void log(BulletinLevel level, std::string message);
  void log_error(std::string message) { log(BulletinLevel::Error, std::move(message)); }
  void log_warning(std::string message) { log(BulletinLevel::Warning, std::move(message)); }
  void log_info(std::string message) { log(BulletinLevel::Info, std::move(message)); }
  /// A counter of the component, as people see it; a rollback takes it back.
  void adjust_counter(std::string_view name, std::int64_t by) { counters_[std::string(name)] += by; }
  /// Something that happened to a flowfile and that the session cannot see itself: it did see what was made of what,
  /// changes of attributes and content, and what was dropped. `file` is as it is when this is called for Send; as it
  /// is committed for all others.
  void report(EventType type, const FlowFile& file, EventReport report = {});
  void count_bytes_in(std::uint64_t bytes) { bytes_read_ += bytes; }

  /// Another unit of work of the same component, for what is held over triggers. It must not outlive
  /// Processor::stopped().
  std::unique_ptr<Session> sibling() const;
  /// Hands a flowfile over to a sibling: who commits or rolls back that one decides about it.
  FlowFile& move_to(Session& other, FlowFile& file);
  /// Work was done that this session's own commit does not show: a sibling committed.
  void did_work() { did_something_ = true; }

  /// Errors: Internal when a flowfile has no destination; Unavailable when the log failed. It is rolled back then.
  base::Status commit();
  void rollback(bool penalize);

  /// From here on commit() keeps what was done, and rollback() takes back what was done since the last commit(), until
  /// end_slice() commits all of it.
  void begin_slice() { in_slice_ = true; }
  base::Status end_slice();

  bool yielded() const { return yielded_; }
  std::optional<std::chrono::nanoseconds> ask_again() const { return ask_again_; }
  std::optional<base::Instant> ask_again_at() const { return ask_again_at_; }
  std::chrono::nanoseconds rest() const { return rest_; }
  bool did_something() const { return did_something_; }

 private:
  friend class Engine;
  /// What the processor holds, as the FlowFile that it is.
  struct Working : FlowFile {
    Session* session = nullptr;  // that it is of
    FlowFilePtr original;        // null when created here
    Queue* source = nullptr;
    const FlowFile* parent = nullptr;
    std::optional<std::string> relationship;
    bool back = false;
    bool removed = false;
    std::string reason;
    // For provenance: how it came to be, what it was joined of (uuids), and of the commit what became of it.
    EventType born = EventType::Create;
    std::vector<std::string> made_of;
    const FlowFile* committed = nullptr;  // where it went, if it was moved there
    bool retried = false;
    std::string ended;                 // why it is not in any queue
    mutable std::uint32_t events = 0;  // a bit for each type
  };
  struct Reported {
    EventType type;
    const Working* file;
    EventReport report;
    base::Instant at;
    Attributes attributes;  // then
  };
  Working& working(const FlowFile& file);
  Working& add_created(FlowFile file, const FlowFile* parent, EventType born);
  void clear();

  /// How far what is here is committed within a slice.
  struct Kept {
    std::size_t files = 0, expired = 0, actions = 0, tokens = 0, reported = 0;
    std::map<std::string, std::int64_t> counters = {};
    std::optional<ComponentState> state = {};  // that it has set
  };

  Engine& engine_;
  Component& component_;
  bool in_slice_ = false;
  Kept kept_;
  std::deque<Working> files_;
  std::vector<std::pair<Queue*, FlowFilePtr>> expired_;
  ComponentState state_;
  bool state_changed_ = false;
  std::vector<std::function<void()>> after_commit_;
  std::vector<SinkToken> tokens_;
  std::map<std::string, std::int64_t> counters_;
  std::vector<Reported> reported_;
  bool yielded_ = false;
  bool did_something_ = false;
  std::optional<std::chrono::nanoseconds> ask_again_;
  std::optional<base::Instant> ask_again_at_;
  std::chrono::nanoseconds rest_{};
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
  mutable base::Random random_;
};

}  // namespace flow
