#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/flow_parameters.h"
#include "cli/flow_runner.h"
#include "cli/holder.h"
#include "cli/program.h"
#include "cli/resident_pages.h"
#include "server/json_text.h"

namespace cli {
namespace {

/// Runs flows in this process.
class LocalFlow final : public FlowRunner {
 public:
  explicit LocalFlow(std::unique_ptr<Program> program) : program_(std::move(program)), flow_(program_->flow()) {}

  base::Result<flow::ImportReport> import(const std::string& text, const std::string& file,
                                          const Parameters& parameters) override {
    return flow_.import_definition(text, file, parameters.values, parameters.secrets, parameters.sensitive_key);
  }
  base::Status start(const std::string& id) override {
    TRY_VOID(flow_.start(id));
    flow_.start_threads();
    return {};
  }
  base::Status stop(const std::string& id) override {
    TRY_VOID(flow_.stop(id));
    return flow_.shut_down();
  }
  base::Result<Rest> run_until_idle(const std::string& id, std::stop_token interrupt) override {
    TRY(auto idle, flow_.run_until_idle(id, interrupt));
    if (interrupt.stop_requested()) {
      TRY_VOID(flow_.stop(id));
    }
    return Rest{.queued = idle.queued, .failing = std::move(idle.failing)};
  }
  base::Result<Status> status(const std::string& id) override {
    const auto status = flow_.status(id);
    const auto rank = [](const flow::ComponentStatus& component) {
      return component.type == "Input Port"    ? 1
             : component.type == "Output Port" ? 2
             : component.type == "Funnel"      ? 3
                                               : 0;
    };
    Status ranked{.components = {}, .failure = status.failure};
    for (int wanted = 0; wanted <= 3; ++wanted)
      std::ranges::copy_if(status.components, std::back_inserter(ranked.components),
                           [&](const auto& c) { return rank(c) == wanted; });
    return ranked;
  }

 private:
  std::unique_ptr<Program> program_;
  flow::Flow& flow_;
};

base::Result<std::unique_ptr<FlowRunner>> open_runner(const FlowOptions& options) {
  if (!options.url.empty()) return connect_flow_runner(options.url, password_of_environment());
  TRY(const auto holder, holder_to_talk_to(options.data, options.virtual_clock));
  if (holder) return connect_flow_runner(holder->warehouse_url, holder->access_token);
  TRY(auto configuration, read_configuration(options.configuration, store::s3::SystemEnvironment()));
  TRY(auto program, Program::open({.data = options.data,
                                   .virtual_clock = options.virtual_clock.value_or(false),
                                   .remotes = std::move(configuration.remotes),
                                   .flow = configuration.flow}));
  return std::make_unique<LocalFlow>(std::move(program));
}

/// SIGTERM and SIGINT as a request to stop. Made before there is any other thread, so that all inherit its mask.
class Interruption {
 public:
  Interruption() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  /// Whether a signal came within `time`.
  bool came_within(std::chrono::milliseconds time) {
    const timespec wait{.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
    return sigtimedwait(&signals_, nullptr, &wait) > 0;
  }

 private:
  sigset_t signals_;
};

std::uint64_t dropped_files(const flow::ComponentStatus& component) {
  std::uint64_t files = 0;
  for (const auto& [relationship, dropped] : component.dropped) files += dropped.files;
  return files;
}

std::string render_status(const FlowRunner::Status& status, OutputFormat output) {
  TextTable table({{"COMPONENT"},
                   {"TYPE"},
                   {"STATE"},
                   {"IN", Align::Right},
                   {"OUT", Align::Right},
                   {"BYTES WRITTEN", Align::Right},
                   {"DROPPED", Align::Right}});
  std::string lines;
  for (const auto& component : status.components) {
    table.add({one_line(component.name), component.type, std::string(flow::name_of(component.state)),
               std::to_string(component.in.files), std::to_string(component.out.files),
               std::to_string(component.bytes_written), std::to_string(dropped_files(component))});
    lines += R"({"component": )";
    server::append_json_string(lines, component.name);
    lines += fmt::format(R"(, "type": "{}", "state": "{}", "in": {}, "out": {}, "bytes_written": {}, "dropped": {}}})"
                         "\n",
                         component.type, flow::name_of(component.state), component.in.files, component.out.files,
                         component.bytes_written, dropped_files(component));
  }
  return output == OutputFormat::Json ? lines : table.text();
}

base::Result<FlowRunner::Rest> run_until_idle(FlowRunner& runner, const std::string& id, Interruption& interruption) {
  std::stop_source interrupt;
  std::jthread watch([&](const std::stop_token& done) {
    while (!done.stop_requested())
      if (interruption.came_within(std::chrono::milliseconds{50})) interrupt.request_stop();
  });
  TRY(auto rest, runner.run_until_idle(id, interrupt.get_token()));
  if (interrupt.stop_requested()) fmt::print(stderr, "freshet: interrupted; the flow is stopped\n");
  return rest;
}

/// Until a signal comes, or the place where it runs fails.
base::Status run_until_interrupted(FlowRunner& runner, const std::string& id, Interruption& interruption) {
  TRY_VOID(runner.start(id));
  release_start_pages();
  while (!interruption.came_within(std::chrono::seconds{1})) {
    TRY(const auto status, runner.status(id));
    if (status.failure) break;
  }
  return runner.stop(id);
}

/// Runs the flow to its end; what went wrong in it is told on standard error.
base::Status run(FlowRunner& runner, const FlowOptions& options, FlowRunner::Parameters parameters,
                 Interruption& interruption) {
  base::PosixDisk disk;
  TRY(const auto text, disk.read_all(options.file));
  parameters.sensitive_key = options.sensitive_key;
  add_environment(text, options.file, parameters);
  TRY(const auto report, runner.import(text, options.file, parameters));
  for (const auto& note : report.notes) fmt::print(stderr, "freshet: note: {}\n", note);
  for (const auto& problem : report.problems) fmt::print(stderr, "freshet: {}\n", problem);
  if (!report.problems.empty())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("the flow cannot run as a whole: {}", options.file));
  FlowRunner::Rest rest;
  if (options.until_idle) {
    TRY(rest, run_until_idle(runner, report.id, interruption));
  } else {
    TRY_VOID(run_until_interrupted(runner, report.id, interruption));
  }
  TRY(const auto status, runner.status(report.id));
  TRY_VOID(print(render_status(status, options.output)));
  std::uint64_t dropped = 0;
  for (const auto& component : status.components) {
    dropped += dropped_files(component);
    for (const auto& bulletin : component.bulletins)
      fmt::print(stderr, "freshet: {}: {}\n", component.name, bulletin.message);
  }
  if (status.failure) return base::fail(base::ErrorKind::Internal, *status.failure);
  if (!options.until_idle || (rest.queued == 0 && dropped == 0 && rest.failing.empty())) return {};
  auto told = fmt::format("{} files still wait, {} were dropped", rest.queued, dropped);
  if (!rest.failing.empty()) told += fmt::format("; failed in the end: {}", fmt::join(rest.failing, ", "));
  return base::fail(base::ErrorKind::Conflict, std::move(told));
}

}  // namespace

int run_flow(const FlowOptions& options) {
  const auto parameters = read_parameters({options.parameters, options.secrets, options.parameter_files});
  if (!parameters) return complain(parameters.error()), kWrongUsage;
  Interruption interruption;
  const auto runner = open_runner(options);
  if (!runner) return complain(runner.error());
  const auto status = run(**runner, options, *parameters, interruption);
  return status ? kSuccess : complain(status.error());
}

}  // namespace cli
