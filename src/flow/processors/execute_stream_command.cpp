#include "flow/processors/execute_stream_command.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "flow/content/text_ends.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/child_process.h"

namespace flow {
namespace {

constexpr std::size_t kErrorBytesMax = 4000;
constexpr std::chrono::seconds kGrace{10};  // of a command that runs when the processor is stopped
constexpr std::string_view kArgumentPrefix = "command.argument.";

constexpr Allowed kStrategies[] = {{"Command Arguments Property"}, {"Dynamic Property Arguments"}};
constexpr Property kProperties[] = {
    {.name = "Working Directory", .help = "Made when it is missing", .scope = Scope::FlowFile},
    {.name = "Command Path",
     .help = "A program, by its path or found on the PATH; no shell",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Command Arguments Strategy",
     .old_name = "argumentsStrategy",
     .help = "Arguments from 'Command Arguments', or from properties command.argument.<number>",
     .fallback = "Command Arguments Property",
     .allowed = kStrategies},
    {.name = "Command Arguments",
     .help = "With the delimiter between them, but for what is in double quotes",
     .scope = Scope::FlowFile},
    {.name = "Argument Delimiter", .help = "One character", .fallback = ";", .required = true},
    {.name = "Ignore STDIN",
     .help = "The command does not get the content",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Output Destination Attribute",
     .help = "The output becomes this attribute of the original; there are no other relationships then"},
    {.name = "Max Attribute Length",
     .help = "Of the output in an attribute; the rest is left out",
     .fallback = "256",
     .kind = Property::Kind::Integer},
    {.name = "Output MIME Type", .help = "The attribute mime.type of the output"},
};
constexpr Relationship kRelationships[] = {{"original"}, {"output stream"}, {"nonzero status", true}};

class ExecuteStreamCommand final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(delimiter_, one_character(configuration, "Argument Delimiter"));
    dynamic_arguments_ = configuration.text("Command Arguments Strategy") == "Dynamic Property Arguments";
    ignores_input_ = configuration.flag("Ignore STDIN");
    attribute_ = configuration.text_or("Output Destination Attribute", "");
    attribute_max_ = configuration.integer_or("Max Attribute Length", 256);
    type_ = configuration.text_or("Output MIME Type", "");
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration& configuration) const override {
    if (configuration.text_or("Output Destination Attribute", "").empty()) return std::nullopt;
    return std::vector<std::string>{"original"};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    ChildProcess::Options options;
    TRY(const auto line, command_of(configuration, session, *file, options));
    TRY(const auto child, ChildProcess::start(options));
    Beginning errors(kErrorBytesMax);
    const auto keep_errors = [&](std::string_view bytes) { (void)errors.append(bytes); };
    auto reader = ignores_input_ ? ContentReader({}) : session.read(*file);
    FlowFile* output = file;
    if (attribute_.empty()) {
      output = &session.create(*file);
      TRY(auto writer, session.begin_write());
      TRY_VOID(run(*child, {.input = &reader, .output = writer, .errors = keep_errors}));
      session.set_content(*output, writer.finish());
    } else {
      Beginning text(attribute_max_);
      TRY_VOID(run(*child, {.input = &reader, .output = text, .errors = keep_errors}));
      session.put_attribute(*file, attribute_, text.take());
    }
    const auto error_text = errors.take();
    if (child->status() != 0)
      session.log_error(fmt::format("{}: {} ended with status {}: {}", configuration.error_prefix(),
                                    options.command.front(), child->status(), error_text));
    for (auto* each : {output, file}) {
      session.put_attribute(*each, "execution.command", options.command.front());
      if (options.command.size() > 1) session.put_attribute(*each, "execution.command.args", line);
      session.put_attribute(*each, "execution.status", std::to_string(child->status()));
      session.put_attribute(*each, "execution.error", error_text);
      if (!type_.empty() && attribute_.empty()) session.put_attribute(*each, "mime.type", type_);
    }
    session.transfer(*file, "original");
    if (output == file) return {};
    if (child->status() != 0) session.penalize(*output);
    session.transfer(*output, child->status() == 0 ? "output stream" : "nonzero status", error_text);
    return {};
  }

  void stopping() override {
    const std::lock_guard lock(running_mutex_);
    stopping_ = true;
    for (auto* child : running_) child->kill(kGrace);
  }
  void stopped() override {
    const std::lock_guard lock(running_mutex_);
    stopping_ = false;
  }

 private:
  /// Answers with the arguments as the attribute shows them.
  base::Result<std::string> command_of(const Configuration& configuration, const Session& session, const FlowFile& file,
                                       ChildProcess::Options& options) const {
    TRY(auto command, configuration.evaluate_or("Command Path", session, file, ""));
    if (command.empty()) return base::fail(base::ErrorKind::InvalidValue, "'Command Path' is empty");
    options.command.push_back(std::move(command));
    TRY(options.directory, configuration.evaluate_or("Working Directory", session, file, ""));
    std::error_code error;
    if (!options.directory.empty() && !std::filesystem::exists(options.directory, error)) {
      std::filesystem::create_directories(options.directory, error);
      if (error)
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("cannot make the working directory {}: {}", options.directory, error.message()));
    }
    std::map<unsigned long, std::string> numbered;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(auto value, session.evaluate(dynamic.value, file));
      const auto number = std::string_view(dynamic.name).substr(std::min(kArgumentPrefix.size(), dynamic.name.size()));
      if (dynamic.name.starts_with(kArgumentPrefix) && !number.empty() &&
          number.find_first_not_of("0123456789") == std::string_view::npos)
        numbered[std::strtoul(number.data(), nullptr, 10)] = value;
      options.environment.emplace_back(dynamic.name, std::move(value));
    }
    std::string line;
    if (dynamic_arguments_) {
      for (const auto& [number, value] : numbered) {
        options.command.push_back(value);
        line += (line.empty() ? "" : "\t") + value;
      }
      return line;
    }
    TRY(line, configuration.evaluate_or("Command Arguments", session, file, ""));
    if (line.find_first_not_of(" \t\r\n") != std::string::npos)
      for (auto& argument : split_arguments(line, delimiter_)) options.command.push_back(std::move(argument));
    return line;
  }

  base::Status run(ChildProcess& child, const ChildProcess::Pipes& pipes) {
    {
      const std::lock_guard lock(running_mutex_);
      running_.insert(&child);
      if (stopping_) child.kill(kGrace);  // it was too late to be seen
    }
    auto outcome = child.pump(pipes);
    {
      const std::lock_guard lock(running_mutex_);
      running_.erase(&child);
    }
    return outcome ? base::Status{} : base::Status(std::move(outcome).failure());
  }

  bool dynamic_arguments_ = false;
  bool ignores_input_ = false;
  char delimiter_ = ';';
  std::string attribute_, type_;
  std::size_t attribute_max_ = 256;
  std::mutex running_mutex_;
  std::set<ChildProcess*> running_;
  bool stopping_ = false;
};

}  // namespace

const Description kExecuteStreamCommand{
    .type = "org.apache.nifi.processors.standard.ExecuteStreamCommand",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Runs a program for each flowfile, with its content as input.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new ExecuteStreamCommand); },
};

}  // namespace flow
