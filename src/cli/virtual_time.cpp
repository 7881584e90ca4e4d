#include "cli/virtual_time.h"

#include <fmt/format.h>

#include "base/log.h"
#include "engine/work.h"

namespace cli {
namespace {

/// Names the thread that drives for as long as it does.
class Driving {
 public:
  explicit Driving(std::atomic<std::thread::id>& driver) : driver_(driver) { driver_ = std::this_thread::get_id(); }
  ~Driving() { driver_ = std::thread::id(); }
  Driving(const Driving&) = delete;
  Driving& operator=(const Driving&) = delete;

 private:
  std::atomic<std::thread::id>& driver_;
};

}  // namespace

engine::MetaTable VirtualTime::table() { return {"virtual_time", "now_ns BIGINT"}; }

base::Status VirtualTime::restore(engine::Database& database, const store::ObjectStore& objects,
                                  base::VirtualClock& clock) {
  const auto session = database.open_session();
  TRY(auto work, session->begin_work({.query_id = "", .now = clock.now()}));
  TRY_VOID(work->start());
  TRY(const auto kept,
      work->query("SELECT max(now_ns) FROM wh.meta.virtual_time", {{"NOW_NS", catalog::LogicalType::number()}}));
  const auto value = kept->value(0, 0);
  if (const auto* ns = std::get_if<engine::Decimal>(&value)) clock.advance_to({static_cast<std::int64_t>(ns->digits)});
  if (work->version().value == 0) {
    TRY(const auto buckets, objects.list_buckets());
    for (const auto& bucket : buckets) clock.advance_to(bucket.created);
    return {};
  }
  TRY(const auto last, work->time_of(work->version()));
  clock.advance_to(last);
  return {};
}

base::Status VirtualTime::keep() {
  const auto now = clock_.now();
  if (now == kept_) return {};
  const auto session = database_.open_session();
  TRY(auto work, session->begin_work({.query_id = "", .now = now}));
  TRY_VOID(work->start());
  TRY_VOID(work->execute("DELETE FROM wh.meta.virtual_time"));
  TRY_VOID(work->execute(fmt::format("INSERT INTO wh.meta.virtual_time VALUES ({})", now.ns)));
  TRY_VOID(work->commit());
  kept_ = now;
  return {};
}

void VirtualTime::settle() {
  if (drives()) return;
  const std::lock_guard lock(driver_mutex_);
  const Driving driving(driver_);
  run_due();
}

void VirtualTime::run_due() {
  for (bool more = true; more;) {
    const auto loaded = pipes_.run_pending();
    if (!loaded) LOG_ERROR("pipe.failed error=\"{}\"", loaded.error().message);
    const std::size_t runs = scheduler_.run_due(clock_.now());
    more = runs > 0 || (loaded && *loaded);
  }
}

base::Status VirtualTime::wait(std::chrono::nanoseconds time, engine::CancelToken* cancel) {
  const base::Instant target = clock_.now() + time;
  if (drives()) return pass(target, cancel);
  // Who drives may run a task that waits for a lock of this session: a cancelled wait must end.
  while (!driver_mutex_.try_lock_for(std::chrono::milliseconds(20)))
    if (cancel && cancel->cancelled()) return base::fail(engine::cancelled_error());
  const std::lock_guard lock(driver_mutex_, std::adopt_lock);
  const Driving driving(driver_);
  const auto passed = pass(target, cancel);
  const auto kept = keep();
  return passed ? kept : passed;
}

base::Status VirtualTime::pass(base::Instant target, engine::CancelToken* cancel) {
  run_due();
  while (const auto due = scheduler_.next_due()) {
    if (*due > target) break;
    if (cancel && cancel->cancelled()) return base::fail(engine::cancelled_error());
    clock_.advance_to(*due);
    run_due();
  }
  clock_.advance_to(target);
  run_due();
  return {};
}

}  // namespace cli
