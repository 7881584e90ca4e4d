#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <thread>

#include "base/random.h"
#include "task/graph_run.h"
#include "task/schedule.h"

namespace task {

/// Starts what is due. With a virtual clock the owner drives it: `while (auto due = next_due(); due && *due <= target)
/// { clock.advance_to(*due); run_due(*due); }`, one graph run at a time, by due time and name. With the system clock
/// `start()` does so on a thread of its own, each graph run on another.
class TaskScheduler {
 public:
  struct Options {
    bool trigger_at_once = false;  // triggered tasks run as soon as their streams have data, not 30 s apart
    std::uint64_t seed = 1;        // of the ids of graph runs
  };
  TaskScheduler(TaskServices services, Options options);
  ~TaskScheduler();

  /// Reads the runs of before: those found EXECUTING become FAILED ("interrupted"), those that EXECUTE TASK queued and
  /// nobody started wait again. Call once, first.
  base::Status recover();

  std::optional<base::Instant> next_due();
  /// Runs all that is due up to `until` on this thread; answers how many graph runs. May be called from inside a run.
  std::size_t run_due(base::Instant until);

  void start();
  /// Waits for the runs in progress; cancels none.
  void stop();

  /// Rows were committed or tasks changed: look at triggered tasks again. Cheap, from any thread, also from inside a
  /// commit: whoever looks at streams holds our plans and waits for commits.
  void notify();

  /// EXECUTE TASK: queues one run; the answer is the status text. `config` is merged over the stored one.
  base::Result<std::string> execute(catalog::ObjectId root, std::optional<std::string> config);
  /// EXECUTE TASK .. RETRY LAST.
  base::Result<std::string> retry_last(catalog::ObjectId root);

  ActiveRuns& active_runs() { return active_; }
  /// Rows of TASK_HISTORY of the last seven days, with the SCHEDULED row of every planned run.
  base::Result<std::vector<TaskRun>> history(const HistoryQuery& query);

 private:
  struct Manual {
    base::Instant at;
    std::string config;
    std::uint64_t run = 0;          // its SCHEDULED row in the storage
    std::optional<GraphRun> retry;  // of this process only, with its outcomes; no row waits for it
  };
  struct Plan {
    catalog::RecordPtr task;
    std::optional<Schedule> schedule;
    std::string schedule_text;
    std::optional<base::Instant> base, due;  // of the schedule
    bool triggered = false, dirty = true;
    std::optional<base::Instant> last_start;
    std::optional<base::Instant> noticed;  // that a stream of a triggered task has data
    int active = 0, active_roots = 0;
    std::deque<Manual> manual;
    std::optional<GraphRun> last;  // ended
    std::string last_success_group;
    std::optional<base::Instant> last_success;
  };
  struct Start {
    catalog::ObjectId root;
    GraphRun graph;
  };

  void refresh();
  TaskRun planned(const Plan& plan, base::Instant at) const;
  void refresh_plan(Plan& plan, const catalog::RecordPtr& task);
  std::optional<base::Instant> due_of(Plan& plan);
  bool stream_has_data(const Plan& plan);
  bool overlap_allows(const Plan& plan) const;
  std::optional<Start> take(base::Instant until);
  GraphRun begin(Plan& plan, base::Instant scheduled, std::string from);
  void run(Start start);
  void settle(catalog::ObjectId root, GraphRun graph, const GraphRunner::Answer& answer);
  bool count_failure(const GraphRun& graph, bool failed);
  std::string new_group_id();
  void loop();

  TaskServices services_;
  Options options_;
  ActiveRuns active_;
  Watchdog watchdog_;
  base::Instant opened_;
  mutable std::recursive_mutex plans_mutex_;
  std::map<catalog::ObjectId, Plan> plans_;
  std::atomic<bool> streams_changed_{false};
  std::shared_ptr<const catalog::Snapshot> seen_;
  base::Random random_;
  std::atomic<std::uint64_t> next_run_{1};

  std::mutex loop_mutex_;
  std::condition_variable woken_;
  bool stopping_ = false, awake_ = false;
  std::thread thread_;
  struct Worker {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> done;
  };
  std::list<Worker> workers_;  // of the loop's thread
};

}  // namespace task
