#include "flow/processors/monitor_activity.h"

#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr std::size_t kPolledMax = 50;
constexpr std::string_view kStateKey = "local.flow.activity.info";

constexpr Allowed kScopes[] = {{"node"}, {"cluster"}};
constexpr Allowed kReporters[] = {{"all"}, {"primary"}};
constexpr Property kProperties[] = {
    {.name = "Threshold Duration",
     .help = "Without a flowfile for so long it is inactive",
     .fallback = "5 min",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Duration},
    {.name = "Continually Send Messages",
     .help = "A message after each such time, not just after the first",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Activity Restored Message",
     .help = "The content of what goes to 'activity.restored'",
     .fallback = "Activity restored at time: ${now():format('yyyy/MM/dd HH:mm:ss')} after being inactive for "
                 "${inactivityDurationMillis:toNumber():divide(60000)} minutes",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Wait for Activity",
     .help = "No message before the first flowfile",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Reset State on Restart",
     .help = "Begins as active after a start; else inactivity goes on",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Inactivity Message",
     .help = "The content of what goes to 'inactive'",
     .fallback = "Lacking activity as of time: ${now():format('yyyy/MM/dd HH:mm:ss')}; flow has been inactive for "
                 "${inactivityDurationMillis:toNumber():divide(60000)} minutes",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Copy Attributes",
     .help = "'activity.restored' gets those of the flowfile that came",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Monitoring Scope",
     .help = "One node: no difference",
     .fallback = "node",
     .required = true,
     .allowed = kScopes},
    {.name = "Reporting Node",
     .help = "One node: no difference",
     .fallback = "all",
     .required = true,
     .allowed = kReporters},
};
constexpr Relationship kRelationships[] = {{"success"}, {"inactive"}, {"activity.restored"}};

std::string ms_text(std::int64_t ns) { return std::to_string(ns / 1'000'000); }

class MonitorActivity final : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto now = services.clock.now();
    const auto threshold = configuration.duration("Threshold Duration").value_or(std::chrono::minutes{5});
    if (!started_) start(configuration, session, now, threshold);
    const auto files = session.get(kPolledMax);
    const auto last_before = last_activity_;
    if (!files.empty()) {
      last_activity_ = now;
      seen_ = true;
    }
    for (auto* file : files) session.transfer(*file, "success");
    const bool active = !files.empty() || now - last_activity_ < threshold;
    if (files.empty()) session.yield();
    if (configuration.flag("Wait for Activity") && !seen_) return {};
    if (active && !was_active_) {
      auto& message = session.create();
      if (configuration.flag("Copy Attributes"))
        for (const auto& [name, value] : files.front()->attributes) session.put_attribute(message, name, value);
      TRY_VOID(say(configuration, session, message, "Activity Restored Message", last_before, now));
      session.transfer(message, "activity.restored");
      session.set_state({});
    }
    if (!active &&
        (was_active_ || (configuration.flag("Continually Send Messages") && now - last_message_ >= threshold))) {
      auto& message = session.create();
      TRY_VOID(say(configuration, session, message, "Inactivity Message", last_activity_, now));
      session.transfer(message, "inactive");
      session.set_state({{std::string(kStateKey), ms_text(last_activity_.ns)}});
      last_message_ = now;
    }
    was_active_ = active;
    return {};
  }

  void stopped() override { started_ = false; }

 private:
  void start(const Configuration& configuration, const Session& session, base::Instant now,
             std::chrono::nanoseconds threshold) {
    started_ = true;
    seen_ = false;
    last_activity_ = now;
    was_active_ = true;
    const auto stored = session.state().find(std::string(kStateKey));
    if (configuration.flag("Reset State on Restart") || stored == session.state().end()) return;
    seen_ = true;
    last_activity_ = {std::strtoll(stored->second.c_str(), nullptr, 10) * 1'000'000};
    was_active_ = now - last_activity_ < threshold;
  }

  static base::Status say(const Configuration& configuration, Session& session, FlowFile& message,
                          std::string_view property, base::Instant since, base::Instant now) {
    session.put_attribute(message, "inactivityStartMillis", ms_text(since.ns));
    session.put_attribute(message, "inactivityDurationMillis", ms_text((now - since).count()));
    TRY(const auto text, configuration.evaluate_or(property, session, message, ""));
    TRY(auto writer, session.begin_write());
    TRY_VOID(writer.append(text));
    session.set_content(message, writer.finish());
    return {};
  }

  bool started_ = false;
  bool seen_ = false;  // a flowfile since the start
  bool was_active_ = true;
  base::Instant last_activity_, last_message_;
};

}  // namespace

const Description kMonitorActivity{
    .type = "org.apache.nifi.processors.standard.MonitorActivity",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Tells when no flowfile has come for some time, and when they come again.",
    .properties = kProperties,
    .relationships = kRelationships,
    .serial = true,
    .when_empty = true,
    .make = [] { return std::unique_ptr<Processor>(new MonitorActivity); },
};

}  // namespace flow
