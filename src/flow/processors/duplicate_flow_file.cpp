#include "flow/processors/duplicate_flow_file.h"

#include <charconv>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "Number of Copies",
     .help = "Beside the original",
     .fallback = "100",
     .required = true,
     .scope = Scope::FlowFile},
};
constexpr Relationship kRelationships[] = {{"success"}};

class DuplicateFlowFile final : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto text, configuration.evaluate_or("Number of Copies", session, *file, ""));
    std::int32_t copies = 0;  // less than 1: none
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), copies);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: 'Number of Copies' is not a whole number: '{}'",
                                                                   configuration.error_prefix(), text));
    for (std::int32_t n = 1; n <= copies; ++n) {
      auto& copy = session.clone(*file);
      session.put_attribute(copy, "copy.index", std::to_string(n));
      session.transfer(copy, "success");
    }
    session.put_attribute(*file, "copy.index", "0");
    session.transfer(*file, "success");
    return {};
  }
};

}  // namespace

const Description kDuplicateFlowFile{
    .type = "org.apache.nifi.processors.standard.DuplicateFlowFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes copies of flowfiles.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new DuplicateFlowFile); },
};

}  // namespace flow
