// What can be said of flow files without running them.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/clock.h"
#include "base/disk.h"
#include "bridge/record_sql.h"
#include "cli/commands.h"
#include "cli/flow_parameters.h"
#include "cli/temporary_directory.h"
#include "flow/flow.h"
#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"
#include "flow/format/outline.h"
#include "flow/format/text_format.h"

namespace cli {
namespace {

namespace json = boost::json;

base::Result<flow::FlowDefinition> read(const std::string& file, const std::string& sensitive_key) {
  base::PosixDisk disk;
  TRY(const auto text, disk.read_all(file));
  return flow::read_definition(text, file, sensitive_key);
}

struct Checked {
  std::string kind;
  std::string where;
  std::string text;
};

/// Imports the flow into an empty directory, so that what is said is what an import says.
base::Result<std::vector<Checked>> import_and_look(const FlowFileOptions& options) {
  TRY(auto parameters, read_parameters({options.parameters, options.secrets, options.parameter_files}));
  base::PosixDisk disk;
  TRY(const auto text, disk.read_all(options.file));
  parameters.sensitive_key = options.sensitive_key;
  add_environment(text, options.file, parameters);
  TRY(const auto directory, TemporaryDirectory::make("freshet_check"));
  base::SystemClock clock;
  base::SystemWallClock wall_clock;
  TRY(const auto objects, store::ObjectStore::open({.directory = directory.path() + "/objects"}, disk, clock));
  bridge::EngineRecordSql record_sql({.temp_directory = directory.path() + "/records"});
  TRY(const auto flow, flow::Flow::open({.directory = directory.path() + "/flow", .links = {.record_sql = &record_sql}},
                                        disk, clock, wall_clock, *objects));
  TRY(const auto report,
      flow->import_definition(text, options.file, parameters.values, parameters.secrets, parameters.sensitive_key));
  std::map<std::string, std::string> places;  // of problems
  const auto view = flow->find(report.id);
  for (const auto& component : flow->status(report.id).components)
    for (const auto& problem : component.problems)
      for (const auto& processor : view->definition.processors)
        if (processor.id == component.id) places[problem] = processor.place;
  std::vector<Checked> found;
  for (const auto& problem : report.problems) found.push_back({"problem", places[problem], problem});
  for (const auto& finding : report.findings)
    found.push_back({std::string(flow::name_of(finding.kind)), finding.where, finding.text});
  TRY_VOID(flow->shut_down());
  return found;
}

std::string render(const std::vector<Checked>& found, OutputFormat output) {
  std::string text;
  for (const auto& line : found) {
    if (output == OutputFormat::Json)
      text += json::serialize(json::object{{"kind", line.kind}, {"where", line.where}, {"text", line.text}}) + "\n";
    else
      text += fmt::format("{}{}: {}\n", line.where.empty() ? "" : line.where + ": ", line.kind, one_line(line.text));
  }
  return text;
}

int exit_with(const base::Status& status, int result = kSuccess) { return status ? result : complain(status.error()); }

}  // namespace

int check_flow(const FlowFileOptions& options) {
  const auto found = import_and_look(options);
  if (!found) return complain(found.error());
  auto text = render(*found, options.output);
  if (found->empty() && options.output != OutputFormat::Json) text = fmt::format("{}: nothing to say\n", options.file);
  const bool invalid = std::ranges::any_of(*found, [](const auto& line) { return line.kind == "problem"; });
  return exit_with(print(text), invalid ? kFailure : kSuccess);
}

int show_flow(const FlowFileOptions& options) {
  const auto flow = read(options.file, options.sensitive_key);
  if (!flow) return complain(flow.error());
  if (options.output != OutputFormat::Json) return exit_with(print(flow::outline_text(*flow)));
  std::string lines;
  for (const auto& entry : flow::outline(*flow)) lines += json::serialize(flow::outline_json(entry)) + "\n";
  return exit_with(print(lines));
}

int diff_flows(const FlowFileOptions& options) {
  const auto before = read(options.file, options.sensitive_key);
  if (!before) return complain(before.error());
  const auto after = read(options.other, options.sensitive_key);
  if (!after) return complain(after.error());
  const auto lines = flow::differences(*before, *after);
  std::string text;
  for (const auto& line : lines)
    text += options.output == OutputFormat::Json ? json::serialize(json::object{{"difference", line}}) + "\n"
                                                 : one_line(line) + "\n";
  return exit_with(print(text), lines.empty() ? kSuccess : kFailure);
}

int convert_flow(const FlowFileOptions& options) {
  const auto flow = read(options.file, options.sensitive_key);
  if (!flow) return complain(flow.error());
  const auto definition =
      flow::write_definition(*flow, options.migrate ? flow::WrittenKeys::Current : flow::WrittenKeys::AsSaved);
  const auto text = options.to_text
                        ? flow::write_text(definition, options.without_layout ? flow::Layout::No : flow::Layout::Yes)
                        : flow::definition_text(definition);
  if (options.out.empty()) return exit_with(print(text));
  base::PosixDisk disk;
  return exit_with(disk.replace_all(options.out, text));
}

}  // namespace cli
