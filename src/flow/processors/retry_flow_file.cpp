#include "flow/processors/retry_flow_file.h"

#include <fmt/format.h>

#include <charconv>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr Allowed kReuses[] = {{"fail", "Fail on Reuse"}, {"warn", "Warn on Reuse"}, {"reset", "Reset Reuse"}};
constexpr Property kProperties[] = {
    {.name = "Retry Attribute",
     .old_name = "retry-attribute",
     .help = "Counts the retries",
     .fallback = "flowfile.retries",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Maximum Retries",
     .old_name = "maximum-retries",
     .fallback = "3",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Penalize Retries",
     .old_name = "penalize-retries",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Fail on Nonnumerical Overwrite",
     .old_name = "Fail on Non-numerical Overwrite",
     .help = "When the attribute is there and is no number; else it begins with 1",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Reuse Mode",
     .old_name = "reuse-mode",
     .help = "When another processor of this kind has counted in the attribute",
     .fallback = "fail",
     .required = true,
     .allowed = kReuses},
};
constexpr Relationship kRelationships[] = {{"retry"}, {"retries_exceeded"}, {"failure", true}};

std::optional<int> whole_number(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class RetryFlowFile final : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto attribute = configuration.text_or("Retry Attribute", "flowfile.retries");
    const auto counter = attribute + ".uuid";
    const auto fail = [&](std::string reason) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), reason));
      session.transfer(*file, "failure", std::move(reason));
      return base::Status{};
    };
    int retry = 1;
    if (const auto found = file->attributes.find(attribute); found != file->attributes.end()) {
      const auto count = whole_number(found->second);
      if (!count && configuration.flag("Fail on Nonnumerical Overwrite"))
        return fail(fmt::format("attribute '{}' is not a whole number: '{}'", attribute, found->second));
      retry = count.value_or(0) + 1;
    }
    const auto& counted_by = file->attribute(counter);
    if (!counted_by.empty() && counted_by != configuration.processor_id()) {
      const auto text = fmt::format("attribute '{}' was counted by the processor {}", attribute, counted_by);
      const auto mode = configuration.text("Reuse Mode");
      if (mode == "fail") return fail(text);
      if (mode == "warn")
        session.log_error(fmt::format("{}: {}; it begins with 1", configuration.error_prefix(), text));
      retry = 1;
    }
    TRY(const auto most_text, configuration.evaluate_or("Maximum Retries", session, *file, ""));
    const auto most = whole_number(most_text);
    if (!most) return fail(fmt::format("'Maximum Retries' is not a whole number: '{}'", most_text));
    if (retry > *most) {
      Attributes more;
      for (const auto& dynamic : configuration.dynamic()) {
        TRY(auto value, session.evaluate(dynamic.value, *file));
        if (value.find_first_not_of(" \t\r\n") != std::string::npos) more[dynamic.name] = std::move(value);
      }
      for (auto& [name, value] : more) session.put_attribute(*file, name, std::move(value));
      session.remove_attribute(*file, attribute);
      session.remove_attribute(*file, counter);
      session.transfer(*file, "retries_exceeded");
      return {};
    }
    if (configuration.flag("Penalize Retries")) session.penalize(*file);
    session.put_attribute(*file, attribute, std::to_string(retry));
    session.put_attribute(*file, counter, configuration.processor_id());
    session.transfer(*file, "retry");
    return {};
  }
};

}  // namespace

const Description kRetryFlowFile{
    .type = "org.apache.nifi.processors.standard.RetryFlowFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Counts how often a flowfile came by, and lets it go when that was too often.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new RetryFlowFile); },
};

}  // namespace flow
