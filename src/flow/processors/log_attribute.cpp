#include "flow/processors/log_attribute.h"

#include <algorithm>

#include "base/log.h"
#include "flow/database/statements.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr Allowed kLevels[] = {{"trace"}, {"debug"}, {"info"}, {"warn"}, {"error"}};
constexpr Allowed kFormats[] = {{"Line per Attribute"}, {"Single Line"}};
constexpr Property kProperties[] = {
    {.name = "Log Level", .fallback = "info", .required = true, .allowed = kLevels},
    {.name = "Log Payload",
     .help = "Contents are never logged here",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Attributes to Log", .help = "Names, comma between"},
    {.name = "Attributes to Log Regular Expression",
     .old_name = "attributes-to-log-regex",
     .fallback = ".*",
     .kind = Property::Kind::Pattern},
    {.name = "Attributes to Ignore"},
    {.name = "Attributes to Ignore Regular Expression",
     .old_name = "attributes-to-ignore-regex",
     .kind = Property::Kind::Pattern},
    {.name = "Log FlowFile Properties",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Output Format",
     .fallback = "Line per Attribute",
     .required = true,
     .allowed = kFormats,
     .no_effect = true},
    {.name = "Log Prefix", .old_name = "Log prefix", .scope = Scope::FlowFile},
    {.name = "Character Set",
     .old_name = "character-set",
     .fallback = "UTF-8",
     .required = true,
     .scope = Scope::FlowFile,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}};

class LogAttribute final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(wanted_, el::Pattern::compile(configuration.text_or("Attributes to Log Regular Expression", ".*")));
    if (const auto ignored = configuration.text("Attributes to Ignore Regular Expression")) {
      TRY(ignored_, el::Pattern::compile(*ignored));
    }
    names_ = database::split_names(configuration.text_or("Attributes to Log", ""));
    ignored_names_ = database::split_names(configuration.text_or("Attributes to Ignore", ""));
    const auto level = configuration.text_or("Log Level", "info");
    level_ = level == "error"  ? BulletinLevel::Error
             : level == "warn" ? BulletinLevel::Warning
             : level == "info" ? BulletinLevel::Info
                               : BulletinLevel::Debug;
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    for (auto* file : session.get(100)) {
      TRY(const auto prefix, configuration.evaluate("Log Prefix", session, *file));
      std::string line = fmt::format("flow.attributes processor={} prefix=\"{}\" bytes={}",
                                     configuration.processor_id(), prefix.value_or(""), file->size());
      for (const auto& [name, value] : file->attributes) {
        TRY(const bool shown, is_shown(name));
        if (shown) line += fmt::format(" {}=\"{}\"", name, value);
      }
      // Its default level is below what the program logs: who puts this into a flow wants to see it all the same.
      if (level_ == BulletinLevel::Info && !base::log_enabled(base::LogLevel::Info))
        base::log_line(base::LogLevel::Info, line);
      session.log(level_, std::move(line));
      session.transfer(*file, "success");
    }
    return {};
  }

 private:
  base::Result<bool> is_shown(const std::string& name) const {
    const auto has = [&](const std::vector<std::string>& list) { return std::ranges::find(list, name) != list.end(); };
    if (has(ignored_names_)) return false;
    if (ignored_) {
      TRY(const bool ignored, ignored_->matches(name));
      if (ignored) return false;
    }
    if (!names_.empty() && !has(names_)) return false;
    return wanted_->matches(name);
  }

  std::optional<el::Pattern> wanted_, ignored_;
  std::vector<std::string> names_, ignored_names_;
  BulletinLevel level_ = BulletinLevel::Info;
};

}  // namespace

const Description kLogAttribute{
    .type = "org.apache.nifi.processors.standard.LogAttribute",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Writes the attributes of flowfiles to the log, never their content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new LogAttribute); },
};

}  // namespace flow
