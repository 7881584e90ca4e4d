#include "flow/processors/notify.h"

#include <fmt/format.h>

#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/quantity.h"
#include "flow/engine/session.h"
#include "flow/processors/signal.h"

namespace flow {
namespace {

constexpr int kAttemptsMax = 1000;  // of one change of a signal, beside others

constexpr Property kProperties[] = {
    kReleaseSignal,
    {.name = "Signal Counter Name",
     .old_name = "signal-counter-name",
     .fallback = "default",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Signal Counter Delta",
     .old_name = "signal-counter-delta",
     .help = "0 sets the counter to 0",
     .fallback = "1",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Signal Buffer Count",
     .old_name = "signal-buffer-count",
     .help = "Flowfiles whose signals become one change",
     .fallback = "1",
     .required = true,
     .kind = Property::Kind::Integer},
    kSignalCache,
    {.name = "Attribute Cache Regular Expression",
     .old_name = "attribute-cache-regex",
     .help = "Attributes of these names go with the signal",
     .kind = Property::Kind::Pattern},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class Notify final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    cache_ = configuration.service<MapCache>(kSignalCache.name);
    together_ = std::max<std::size_t>(1, configuration.integer_or("Signal Buffer Count", 1));
    if (const auto names = configuration.text("Attribute Cache Regular Expression"); names && !names->empty()) {
      TRY(names_, el::Pattern::compile(*names));
    }
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    std::map<std::string, Change> changes;
    for (auto* file : session.get(together_)) TRY_VOID(collect(configuration, session, *file, changes));
    for (const auto& [id, change] : changes) {
      TRY_VOID(notify(configuration, id, change));
      for (auto* file : change.files) {
        session.put_attribute(*file, "notified", "true");
        session.transfer(*file, "success");
      }
    }
    return {};
  }

 private:
  /// What the flowfiles of one signal do to it, in their order.
  struct Change {
    std::vector<std::pair<std::string, std::int64_t>> deltas;
    std::map<std::string, std::string> attributes;
    std::vector<FlowFile*> files;
  };

  base::Status collect(const Configuration& configuration, Session& session, FlowFile& file,
                       std::map<std::string, Change>& changes) const {
    const auto refuse = [&](std::string reason) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), reason));
      session.put_attribute(file, "notified", "false");
      session.transfer(file, "failure", std::move(reason));
      return base::Status{};
    };
    TRY(const auto id, configuration.evaluate_or(kReleaseSignal.name, session, file, ""));
    if (id.find_first_not_of(" \t\r\n") == std::string::npos) return refuse("'Release Signal Identifier' is empty");
    TRY(auto counter, configuration.evaluate_or("Signal Counter Name", session, file, ""));
    if (counter.empty()) counter = "default";
    TRY(const auto text, configuration.evaluate_or("Signal Counter Delta", session, file, "1"));
    const auto delta = parse_whole_number(text);
    if (!delta) return refuse(fmt::format("'Signal Counter Delta' is no whole number: '{}'", text));
    auto& change = changes[id];
    change.deltas.emplace_back(std::move(counter), *delta);
    if (names_)
      for (const auto& [name, value] : file.attributes) {
        TRY(const bool wanted, names_->matches(name));
        if (wanted && name != "uuid") change.attributes.insert_or_assign(std::string(name), std::string(value));
      }
    change.files.push_back(&file);
    return {};
  }

  base::Status notify(const Configuration& configuration, const std::string& id, const Change& change) const {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      TRY(const auto found, find_signal(*cache_, id));
      auto signal = found.value_or(Signal{});
      for (const auto& [name, value] : change.attributes) signal.attributes[name] = value;
      for (const auto& [name, delta] : change.deltas) {
        auto& count = signal.counts[name];
        count = delta == 0 ? 0 : count + delta;
      }
      TRY(const bool kept, keep_signal(*cache_, id, signal));
      if (kept) return {};
    }
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("{}: others change the signal '{}' all the time", configuration.error_prefix(), id));
  }

  std::shared_ptr<MapCache> cache_;
  std::size_t together_ = 1;
  std::optional<el::Pattern> names_;
};

}  // namespace

const Description kNotify{
    .type = "org.apache.nifi.processors.standard.Notify",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Counts up a signal in a cache, for which Wait holds flowfiles back.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new Notify); },
};

}  // namespace flow
