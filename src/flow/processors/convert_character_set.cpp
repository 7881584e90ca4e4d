#include "flow/processors/convert_character_set.h"

#include "flow/content/character_set.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "Input Character Set", .help = "That the content has", .required = true, .scope = Scope::FlowFile},
    {.name = "Output Character Set", .help = "That it should have", .required = true, .scope = Scope::FlowFile},
};
constexpr Relationship kRelationships[] = {{"success"}};

class ConvertCharacterSet final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    for (const auto* name : {"Input Character Set", "Output Character Set"})
      if (configuration.text(name)) {
        const auto known = character_set(configuration, name);
        if (!known) return base::fail(known.error());
      }
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto from, configuration.evaluate_or("Input Character Set", session, *file, ""));
    TRY(const auto into, configuration.evaluate_or("Output Character Set", session, *file, ""));
    TRY(auto transcoder, Transcoder::make(from, into));
    transcoder.mark_with_question();
    auto reader = session.read(*file);
    TRY(auto writer, session.begin_write());
    std::string text;
    for (bool last = false; !last;) {
      TRY(const auto bytes, reader.next());
      last = bytes.empty();
      text.clear();
      TRY_VOID(last ? transcoder.finish(text) : transcoder.feed(bytes, text));
      TRY_VOID(writer.append(text));
    }
    session.set_content(*file, writer.finish());
    session.transfer(*file, "success");
    return {};
  }
};

}  // namespace

const Description kConvertCharacterSet{
    .type = "org.apache.nifi.processors.standard.ConvertCharacterSet",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Changes the character set of the content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new ConvertCharacterSet); },
};

}  // namespace flow
