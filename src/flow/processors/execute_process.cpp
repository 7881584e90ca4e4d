#include "flow/processors/execute_process.h"

#include <algorithm>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/child_process.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "Command",
     .help = "A program, by its path or found on the PATH; no shell",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Command Arguments",
     .help = "With the delimiter between them, but for what is in double quotes",
     .scope = Scope::Environment},
    {.name = "Batch Duration",
     .help = "A flowfile with the lines of each such time, while the program goes on; else one when it has ended",
     .kind = Property::Kind::Duration},
    {.name = "Redirect Error Stream",
     .help = "Errors are a part of the output",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Working Directory", .scope = Scope::Environment},
    {.name = "Argument Delimiter", .help = "One character", .fallback = " ", .required = true},
    {.name = "MIME Type",
     .old_name = "Output MIME type",
     .help = "The attribute mime.type of the output, without 'Batch Duration'"},
};
constexpr Relationship kRelationships[] = {{"success"}};

/// Passes on whole lines.
class Lines final : public ByteSink {
 public:
  explicit Lines(ByteSink& sink, std::string& rest) : sink_(sink), rest_(rest) {}
  base::Status append(std::string_view bytes) override {
    rest_ += bytes;
    const auto end = rest_.rfind('\n');
    if (end == std::string::npos) return {};
    TRY_VOID(sink_.append(std::string_view(rest_).substr(0, end + 1)));
    rest_.erase(0, end + 1);
    return {};
  }
  base::Status finish() {
    if (!rest_.empty()) TRY_VOID(sink_.append(rest_ + "\n"));
    rest_.clear();
    return {};
  }

 private:
  ByteSink& sink_;
  std::string& rest_;
};

class ExecuteProcess final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(const char delimiter, one_character(configuration, "Argument Delimiter"));
    options_.command = {configuration.text_or("Command", "")};
    arguments_ = configuration.text("Command Arguments");
    if (arguments_)
      for (auto& argument : split_arguments(*arguments_, delimiter)) options_.command.push_back(std::move(argument));
    options_.directory = configuration.text_or("Working Directory", "");
    options_.errors_to_output = configuration.flag("Redirect Error Stream");
    batch_ = configuration.duration("Batch Duration");
    type_ = configuration.text_or("MIME Type", "");
    return {};
  }
  /// It can be run again and again.
  bool endless(const Configuration&) const override { return true; }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    TRY(auto* child, running(configuration, session));
    if (child == nullptr) {
      session.yield();
      return {};
    }
    TRY(auto writer, session.begin_write());
    std::string errors;
    const auto keep_errors = [&](std::string_view bytes) { log_lines(configuration, session, errors, bytes); };
    Lines lines(writer, rest_);
    auto& output = batch_ ? static_cast<ByteSink&>(lines) : writer;
    TRY(const bool ended, child->pump({.output = output, .errors = keep_errors}, batch_));
    if (ended) {
      TRY_VOID(lines.finish());
      if (!errors.empty()) session.log_error(fmt::format("{}: {}", configuration.error_prefix(), errors));
      const std::lock_guard lock(child_mutex_);
      child_.reset();
    }
    auto content = writer.finish();
    if (content.length == 0) return {};
    auto& file = session.create();
    session.set_content(file, std::move(content));
    session.put_attribute(file, "command", options_.command.front());
    if (arguments_) session.put_attribute(file, "command.arguments", *arguments_);
    if (!batch_ && !type_.empty()) session.put_attribute(file, "mime.type", type_);
    session.report(EventType::Create, file, {.details = "What the command wrote"});
    session.transfer(file, "success");
    return {};
  }

  void stopping() override {
    const std::lock_guard lock(child_mutex_);
    stopping_ = true;
    if (child_ != nullptr) child_->kill();
  }
  void stopped() override {
    const std::lock_guard lock(child_mutex_);
    stopping_ = false;
    child_.reset();
    rest_.clear();
  }

 private:
  /// The program that runs, or a new one; null when it cannot be run.
  base::Result<ChildProcess*> running(const Configuration& configuration, Session& session) {
    if (auto* child = current()) return child;
    auto options = options_;
    const FlowFile none;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(auto value, session.evaluate(dynamic.value, none));
      options.environment.emplace_back(dynamic.name, std::move(value));
    }
    auto started = ChildProcess::start(options);
    if (!started) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), started.error().message));
      return nullptr;
    }
    const std::lock_guard lock(child_mutex_);
    child_ = std::move(*started);
    if (stopping_) child_->kill();  // it was too late to be seen
    return child_.get();
  }

  ChildProcess* current() {
    const std::lock_guard lock(child_mutex_);
    return child_.get();
  }

  static void log_lines(const Configuration& configuration, Session& session, std::string& rest,
                        std::string_view bytes) {
    rest += bytes;
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      if (end > 0) session.log_error(fmt::format("{}: {}", configuration.error_prefix(), rest.substr(0, end)));
      rest.erase(0, end + 1);
    }
  }

  ChildProcess::Options options_;
  std::optional<std::string> arguments_;
  std::optional<std::chrono::nanoseconds> batch_;
  std::string type_;
  std::string rest_;  // the beginning of a line that is not complete
  std::mutex child_mutex_;
  std::unique_ptr<ChildProcess> child_;
  bool stopping_ = false;
};

}  // namespace

const Description kExecuteProcess{
    .type = "org.apache.nifi.processors.standard.ExecuteProcess",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Runs a program; its output is the content of a flowfile.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .make = [] { return std::unique_ptr<Processor>(new ExecuteProcess); },
};

}  // namespace flow
