#include "flow/flow.h"

#include <fmt/format.h>
#include <signal.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/program.h"
#include "server/json_text.h"

namespace cli {
namespace {

base::Result<std::map<std::string, std::string>> parse_parameters(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> parameters;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return base::fail(base::ErrorKind::InvalidValue, "--param needs NAME=VALUE");  // the text may be a secret
    parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return parameters;
}

std::uint64_t dropped_files(const flow::ComponentStatus& component) {
  std::uint64_t files = 0;
  for (const auto& [relationship, dropped] : component.dropped) files += dropped.files;
  return files;
}

std::string render_status(const flow::FlowStatus& status, OutputFormat output) {
  TextTable table({{"COMPONENT"}, {"TYPE"}, {"STATE"}, {"IN", Align::Right}, {"OUT", Align::Right},
                   {"BYTES WRITTEN", Align::Right}, {"DROPPED", Align::Right}});
  std::string lines;
  for (const auto& component : status.components) {
    table.add({one_line(component.name), component.type, std::string(flow::name_of(component.state)),
               std::to_string(component.in.files), std::to_string(component.out.files),
               std::to_string(component.bytes_written), std::to_string(dropped_files(component))});
    lines += R"({"component": )";
    server::append_json_string(lines, component.name);
    lines += fmt::format(R"(, "type": "{}", "state": "{}", "in": {}, "out": {}, "bytes_written": {}, "dropped": {}}})" "\n",
                         component.type, flow::name_of(component.state), component.in.files, component.out.files,
                         component.bytes_written, dropped_files(component));
  }
  return output == OutputFormat::Json ? lines : table.text();
}

/// Runs the flow to its end; what went wrong in it is told on standard error.
base::Status run(flow::Flow& flow, const FlowOptions& options, const std::map<std::string, std::string>& parameters,
                 const sigset_t& signals) {
  base::PosixDisk disk;
  TRY(const auto text, disk.read_all(options.file));
  TRY(const auto report, flow.import_definition(text, options.file, parameters));
  for (const auto& note : report.notes) fmt::print(stderr, "freshet: note: {}\n", note);
  for (const auto& problem : report.problems) fmt::print(stderr, "freshet: {}\n", problem);
  if (!report.problems.empty())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("the flow cannot run as a whole: {}", options.file));
  TRY_VOID(flow.start(report.id));
  std::uint64_t queued = 0;
  if (options.until_idle) {
    TRY(const auto idle, flow.run_until_idle());
    queued = idle.queued;
  } else {
    flow.start_threads();
    int signal = 0;
    sigwait(&signals, &signal);
    TRY_VOID(flow.shut_down());
  }
  const auto status = flow.status();
  TRY_VOID(print(render_status(status, options.output)));
  std::uint64_t dropped = 0;
  for (const auto& component : status.components) {
    dropped += dropped_files(component);
    for (const auto& error : component.errors) fmt::print(stderr, "freshet: {}: {}\n", component.name, error.message);
  }
  if (status.failure) return base::fail(base::ErrorKind::Internal, *status.failure);
  if (options.until_idle && (queued > 0 || dropped > 0))
    return base::fail(base::ErrorKind::Conflict, fmt::format("{} files still wait, {} were dropped", queued, dropped));
  return {};
}

}  // namespace

int run_flow(const FlowOptions& options) {
  const auto parameters = parse_parameters(options.parameters);
  if (!parameters) return complain(parameters.error()), kWrongUsage;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (!options.until_idle) pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto program = Program::open({.data = options.data, .virtual_clock = options.virtual_clock});
  if (!program) return complain(program.error());
  const auto status = run((*program)->flow(), options, *parameters, signals);
  return status ? kSuccess : complain(status.error());
}

}  // namespace cli
