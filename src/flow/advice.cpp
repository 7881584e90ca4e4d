#include "flow/advice.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/description.h"
#include "flow/engine/quantity.h"
#include "flow/parameters.h"

namespace flow {
namespace {

class Adviser {
 public:
  Adviser(const FlowDefinition& flow, const std::set<std::string>& given) : flow_(flow), given_(given) {}

  std::vector<Finding> run() {
    findings_ = check_parameters(flow_, given_);
    for (const auto& processor : flow_.processors) {
      look_at_secrets(processor, "processor");
      look_at_failures(processor);
      look_at_sources(processor);
    }
    for (const auto& service : flow_.services) look_at_secrets(service, "controller service");
    for (const auto& connection : flow_.connections) look_at_queue(connection);
    return std::move(findings_);
  }

 private:
  void trap(const ConfiguredDefinition& component, std::string text) {
    findings_.push_back(
        {Finding::Kind::Trap, component.place, fmt::format("processor '{}': {}", component.name, std::move(text))});
  }

  static std::optional<std::string> value_of(const ConfiguredDefinition& component, std::string_view key) {
    const auto found = component.properties.find(std::string(key));
    return found == component.properties.end() ? std::nullopt : found->second;
  }

  void look_at_secrets(const ConfiguredDefinition& component, std::string_view kind) {
    const bool has_credentials = value_of(component, "AWS Credentials Provider Service").value_or("") != "" ||
                                 value_of(component, "AWS Credentials Provider service").value_or("") != "";
    for (const auto& key : component.sensitive) {
      const auto value = value_of(component, key);
      const auto say = [&](Finding::Kind what, std::string_view text) {
        findings_.push_back({what, component.place,
                             fmt::format("{} '{}': sensitive property '{}' {}", kind, component.name, key, text)});
      };
      const bool replaced = has_credentials && (key == "Access Key" || key == "Secret Key");
      const auto told = [&](const Finding& finding) {
        return finding.kind == Finding::Kind::MissingSecret &&
               finding.text.find(fmt::format("'{}': '{}' is encrypted", component.name, key)) != std::string::npos;
      };
      if (!value && !replaced && std::ranges::none_of(flow_.findings, told))
        say(Finding::Kind::MissingSecret, "is not in the file; when it was set, set it again");
      else if (value && !value->empty() && referred_parameters(*value).empty() && flow_.form == FlowForm::Definition &&
               component.saved != nullptr)
        say(Finding::Kind::Trap, "stands in the file; a sensitive parameter would keep it out");
    }
  }

  void look_at_failures(const ProcessorDefinition& processor) {
    const auto* description = find_description(processor.type);
    for (const auto& relationship : processor.auto_terminated) {
      const bool fails = description == nullptr
                             ? relationship == "failure"
                             : std::ranges::any_of(description->relationships, [&](const auto& known) {
                                 return known.failure && known.name == relationship;
                               });
      if (fails)
        trap(processor,
             fmt::format("what goes to '{}' is dropped (auto-terminated); it is counted, and gone", relationship));
    }
  }

  void look_at_sources(const ProcessorDefinition& processor) {
    const auto type = std::string_view(processor.type).substr(processor.type.rfind('.') + 1);
    const auto period = parse_duration(processor.scheduling_period);
    if (type == "GenerateFlowFile" && processor.scheduling_strategy == "TIMER_DRIVEN" && period && period->count() == 0)
      trap(processor, "makes flowfiles as fast as it can (scheduling period 0)");
    if (type == "GetFile" && value_of(processor, "Keep Source File") == "true")
      trap(processor, "keeps its source files and so reads them again at each run");
    if (type == "PutS3Object") {
      const auto key = value_of(processor, "Object Key");
      if (key && !key->empty() && key->find("${") == std::string::npos && referred_parameters(*key).empty())
        trap(processor,
             fmt::format("'Object Key' is '{}' for every flowfile: each object replaces the one before", *key));
    }
  }

  void look_at_queue(const ConnectionDefinition& connection) {
    const auto bytes = parse_data_size(connection.bytes_max);
    const auto say = [&](std::string text) {
      findings_.push_back({Finding::Kind::Trap, "",
                           fmt::format("the connection from '{}' to '{}' {}", connection.source_name,
                                       connection.destination_name, std::move(text))});
    };
    if (connection.objects_max == 0 && bytes && *bytes == 0) say("has no limits: no back pressure");
    const auto expiration = parse_duration(connection.expiration);
    if (expiration && expiration->count() > 0)
      say(fmt::format("drops flowfiles that are older than {}", connection.expiration));
  }

  const FlowDefinition& flow_;
  const std::set<std::string>& given_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> advise(const FlowDefinition& flow, const std::set<std::string>& given) {
  return Adviser(flow, given).run();
}

}  // namespace flow
