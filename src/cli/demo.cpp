#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <thread>

#include "cli/commands.h"
#include "cli/demo_picture.h"
#include "cli/example_files.h"
#include "cli/program.h"
#include "cli/temporary_directory.h"
#include "gen/customers.h"
#include "sql/parser.h"

namespace cli {
namespace {

using Steady = std::chrono::steady_clock;

double milliseconds(Steady::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// The customer pipeline on a data directory of its own. The files follow each other, each when the one before is in
/// the history: so every customer has exactly one version of each file, and the counts at the end are known. On a
/// terminal a picture of all hops is drawn over the one before; elsewhere each file has a line.
class Demo {
 public:
  Demo(const DemoOptions& options, Program& program, std::string folder)
      : options_(options), program_(program), folder_(std::move(folder)) {}

  base::Status run() {
    TRY(session_, program_.open_session());
    for (const char* script : {"1_tables.sql", "2_loading.sql", "3_scd1.sql", "4_scd2.sql"})
      TRY_VOID(run_script(*session_, script));
    TRY(const auto report,
        program_.flow().import_definition(example_file("flow.json"), "flow.json",
                                          {{"input_directory", folder_}, {"bucket", "freshet-demo"}}));
    for (const auto& problem : report.problems) return base::fail(base::ErrorKind::Internal, problem);
    TRY_VOID(program_.flow().start(report.id));
    TRY_VOID(terminal_ ? run_with_picture() : run_with_lines());
    return finish();
  }

 private:
  using Session = engine::StatementSession;

  static base::Result<std::int64_t> count(Session& session, std::string_view query) {
    TRY(const auto outcome, session.run(query));
    const auto value = outcome.result->value(0, 0);
    const auto* number = std::get_if<engine::Decimal>(&value);
    return number ? static_cast<std::int64_t>(number->digits) : 0;
  }
  base::Result<std::int64_t> count(std::string_view query) { return count(*session_, query); }
  static base::Status run_script(Session& session, std::string_view name) {
    const std::string_view text = example_file(name);
    for (const base::SourceSpan& statement : sql::split_statements(text))
      TRY_VOID(session.run(text.substr(statement.offset, statement.length)));
    return {};
  }

  base::Status run_with_lines() {
    fmt::print("{:>4}  {:>10}  {:>9}  {:>10}  {:>10}  {:>10}  {:>10}  {:>12}\n", "file", "bytes", "flow ms", "pipe ms",
               "raw rows", "customers", "history", "to history");
    for (int i = 0; i < options_.files; ++i) TRY_VOID(one_file(i));
    return {};
  }

  base::Status run_with_picture() {
    TRY(auto watcher, program_.open_session());
    TRY_VOID(watcher->run("USE SCHEMA scd_demo.scd2"));
    begun_ = Steady::now();
    base::Status drawn;
    std::jthread drawer([&](const std::stop_token& stop) { drawn = draw_until(stop, *watcher); });
    base::Status moved;
    for (int i = 0; i < options_.files && moved; ++i) moved = one_file(i);
    drawer.request_stop();
    drawer.join();
    TRY_VOID(std::move(moved));
    return drawn;
  }

  /// Draws ten times a second, and once at the end.
  base::Status draw_until(const std::stop_token& stop, Session& watcher) {
    std::string up;  // to the first line of the picture before
    std::deque<PipelineMoment> moments;
    for (bool last = false; !last;) {
      last = stop.stop_requested();
      TRY(moments.emplace_back(), look(watcher));
      // Rates are those of the last second; at the end, of the whole run.
      while (moments.size() > 10 && !last) moments.pop_front();
      const std::string picture = draw_pipeline(moments.back(), last ? PipelineMoment{} : moments.front());
      fmt::print("{}{}", up, picture);
      std::fflush(stdout);
      up = fmt::format("\r\033[{}A\033[J", std::ranges::count(picture, '\n'));
      if (!last) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return {};
  }

  base::Result<PipelineMoment> look(Session& watcher) {
    PipelineMoment moment;
    auto& [generator, flow, pipe, latest, history] = moment.hops;
    // Against the direction of the rows, so that nothing is counted at a hop and not yet at the one before.
    TRY(const auto versions, count(watcher, "SELECT COUNT(*) FROM customer_history"));
    TRY(const auto raw, count(watcher, "SELECT COUNT(*) FROM customer_raw"));
    TRY(const auto ledger, program_.warehouse().pipe_ledger());
    for (const auto& component : program_.flow().status().components) {
      if (component.type.ends_with("PutS3Object")) flow = {.files = component.in.files, .bytes = component.in.bytes};
    }
    generator = {.files = files_, .bytes = bytes_, .rows = lines_};
    pipe = {.files = ledger.loaded_files, .rows = ledger.rows_loaded, .waiting = ledger.pending_files};
    flow.waiting = generator.files - std::min(generator.files, flow.files);
    latest = {.rows = pipe.rows - std::min(pipe.rows, static_cast<std::uint64_t>(raw)),
              .waiting = static_cast<std::uint64_t>(raw)};
    history = {.rows = static_cast<std::uint64_t>(versions)};
    history.waiting = latest.rows - std::min(latest.rows, history.rows);
    moment.since_start = Steady::now() - begun_;
    if (const auto newest = newest_history_.load(); newest != Steady::time_point{})
      moment.newest_history_age = Steady::now() - newest;
    return moment;
  }

  /// Asks again until the query answers what is wanted; the pipe works on a thread of its own.
  base::Status until(std::string_view query, std::int64_t wanted) {
    const auto end = Steady::now() + std::chrono::seconds(60);
    for (;;) {
      TRY(const auto found, count(query));
      if (found == wanted) return {};
      if (Steady::now() > end)
        return base::fail(base::ErrorKind::Unavailable,
                          fmt::format("waited 60 s for {} from: {} (now {})", wanted, query, found));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  base::Status one_file(int index) {
    base::PosixDisk disk;
    const auto rows = static_cast<std::int64_t>(options_.rows);
    gen::CustomerOptions generator{
        .rows = options_.rows,
        .files = 1,
        .seed = static_cast<std::uint64_t>(index),
        .start = base::Instant{1'704'067'200'000'000'000 + index * std::int64_t{1'000'000'000}}};
    const auto begun = Steady::now();
    TRY(const auto written, gen::write_customers(generator, disk, folder_));
    lines_ += written.lines;
    bytes_ += written.bytes;
    ++files_;
    TRY(const auto idle, program_.flow().run_until_idle());
    const auto stored = Steady::now();
    if (idle.queued > 0) return base::fail(base::ErrorKind::Conflict, "the flow left files behind");
    TRY_VOID(until("SELECT COUNT(*) FROM customer_raw", rows));
    const auto loaded = Steady::now();
    TRY_VOID(session_->run("EXECUTE TASK tsk_scd_raw"));
    TRY_VOID(until("SELECT COUNT(*) FROM customer_raw", 0));
    TRY_VOID(session_->run("EXECUTE TASK tsk_scd_hist"));
    TRY_VOID(until("SELECT COUNT(*) FROM customer_history", rows * (index + 1)));
    const auto done = Steady::now();
    latencies_.push_back(milliseconds(done - begun));
    newest_history_ = done;
    if (terminal_) return {};
    TRY(const auto customers, count("SELECT COUNT(*) FROM customer"));
    fmt::print("{:>4}  {:>10}  {:>9.1f}  {:>10.1f}  {:>10}  {:>10}  {:>10}  {:>9.1f} ms\n", index + 1, written.bytes,
               milliseconds(stored - begun), milliseconds(loaded - stored), rows, customers, rows * (index + 1),
               latencies_.back());
    std::fflush(stdout);
    return {};
  }

  base::Status finish() {
    TRY(const auto customers, count("SELECT COUNT(*) FROM customer"));
    TRY(const auto history, count("SELECT COUNT(*) FROM customer_history"));
    TRY(const auto current, count("SELECT COUNT(*) FROM customer_history WHERE is_current"));
    std::uint64_t delivered = 0, dropped = 0;
    for (const auto& component : program_.flow().status().components) {
      for (const auto& [relationship, loss] : component.dropped) dropped += loss.files;
      if (component.type.ends_with("PutS3Object")) delivered = component.in.files;
    }
    std::ranges::sort(latencies_);
    const auto at = [&](double share) {
      return latencies_[std::min(latencies_.size() - 1,
                                 static_cast<std::size_t>(share * static_cast<double>(latencies_.size())))];
    };
    fmt::print("\ncustomers {}   history {}   current {}\n", customers, history, current);
    fmt::print("flow: {} files received = {} delivered + {} dropped\n", options_.files, delivered, dropped);
    TRY(const auto ledger, program_.warehouse().pipe_ledger());
    fmt::print(
        "pipe: {} files received = {} loaded + {} failed + {} pending; {} rows generated = {} loaded + {} rejected\n",
        ledger.received_files, ledger.loaded_files, ledger.failed_files, ledger.pending_files, lines_.load(),
        ledger.rows_loaded, ledger.rows_rejected);
    fmt::print("file to history: p50 {:.1f} ms, p99 {:.1f} ms\n", at(0.5), at(0.99));
    if (lines_ != ledger.rows_loaded + ledger.rows_rejected || customers != static_cast<std::int64_t>(options_.rows) ||
        current != customers || history != customers * options_.files)
      return base::fail(base::ErrorKind::Internal, "the counts do not add up");
    return {};
  }

  const DemoOptions& options_;
  Program& program_;
  std::string folder_;
  const bool terminal_ = ::isatty(STDOUT_FILENO) == 1;
  std::unique_ptr<Session> session_;
  Steady::time_point begun_{};
  std::atomic<std::uint64_t> files_ = 0, bytes_ = 0, lines_ = 0;
  std::atomic<Steady::time_point> newest_history_{Steady::time_point{}};
  std::vector<double> latencies_;
};

}  // namespace

int demo(const DemoOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (options.keep) pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto made = TemporaryDirectory::make("freshet_demo");
  if (!made) return complain(made.error());
  if (options.keep) made->keep();
  const auto& directory = made->path();
  int result = kSuccess;
  {
    Program::Options open{.data = directory + "/data"};
    if (options.keep) {
      open.listen = ListenAddress{"127.0.0.1", 8080};
      open.s3_listen = ListenAddress{"127.0.0.1", 9000};
    }
    auto program = Program::open(open);
    if (!program) return complain(program.error());
    std::error_code ignored;
    std::filesystem::create_directories(directory + "/incoming", ignored);
    const auto status = Demo(options, **program, directory + "/incoming").run();
    if (!status) result = complain(status.error());
    if (options.keep && status) {
      fmt::print("\nserving {} ({}, {}) until SIGINT\n", directory, (*program)->addresses().warehouse_url,
                 (*program)->addresses().s3_url);
      std::fflush(stdout);
      int signal = 0;
      sigwait(&signals, &signal);
    }
  }
  return result;
}

}  // namespace cli
