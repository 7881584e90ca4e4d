#include "flow/processors/log_message.h"

#include "base/log.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "Log Level",
     .old_name = "log-level",
     .help = "trace, debug, info, warn or error",
     .fallback = "info",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Log Prefix",
     .old_name = "log-prefix",
     .help = "Stands before the message, to tell apart several processors of this kind",
     .scope = Scope::FlowFile},
    {.name = "Log Message",
     .old_name = "log-message",
     .help = "What is logged for each flowfile",
     .scope = Scope::FlowFile},
};
constexpr Relationship kRelationships[] = {{"success"}};

/// Errors: InvalidValue for what is no level.
base::Result<base::LogLevel> level_of(std::string name) {
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (name == "error") return base::LogLevel::Error;
  if (name == "warn") return base::LogLevel::Warn;
  if (name == "info") return base::LogLevel::Info;
  if (name == "debug" || name == "trace") return base::LogLevel::Debug;
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("'{}' must be one of trace, debug, info, warn, error", name));
}

class LogMessage final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    const auto level = configuration.text("Log Level");  // nothing: known per flowfile
    if (!level) return {};
    const auto known = level_of(*level);
    return known ? base::Status{} : in_property(configuration, "Log Level", known.error());
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto level_name, configuration.evaluate_or("Log Level", session, *file, "info"));
    TRY(const auto level, level_of(level_name));
    TRY(const auto prefix, configuration.evaluate_or("Log Prefix", session, *file, ""));
    TRY(const auto message, configuration.evaluate_or("Log Message", session, *file, ""));
    const auto text = prefix + message;
    switch (level) {
      case base::LogLevel::Error: session.log_error(text); break;
      case base::LogLevel::Warn: session.log_warning(text); break;
      case base::LogLevel::Info: session.log_info(text); break;
      case base::LogLevel::Debug: session.log(BulletinLevel::Debug, text); break;
    }
    session.transfer(*file, "success");
    return {};
  }
};

}  // namespace

const Description kLogMessage{
    .type = "org.apache.nifi.processors.standard.LogMessage",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Writes a message to the log for each flowfile.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new LogMessage); },
};

}  // namespace flow
