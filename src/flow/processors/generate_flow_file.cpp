#include "flow/processors/generate_flow_file.h"

#include <algorithm>

#include "base/random.h"
#include "flow/content/character_set.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr Allowed kFormats[] = {{"Text"}, {"Binary"}};
constexpr Allowed kCharacterSets[] = {{"UTF-8"}, {"US-ASCII"}};
constexpr Property kProperties[] = {
    {.name = "File Size",
     .fallback = "0B",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Size},
    {.name = "Batch Size", .fallback = "1", .required = true, .kind = Property::Kind::Integer},
    {.name = "Data Format", .fallback = "Text", .required = true, .allowed = kFormats},
    {.name = "Unique FlowFiles", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Custom Text", .old_name = "generate-ff-custom-text", .scope = Scope::FlowFile},
    {.name = "Character Set",
     .old_name = "character-set",
     .fallback = "UTF-8",
     .required = true,
     .allowed = kCharacterSets},
    {.name = "Mime Type", .old_name = "mime-type"},
};
constexpr Relationship kRelationships[] = {{"success"}};
constexpr std::uint64_t kStretch = 64 << 10;  // of bytes that are made at once

class GenerateFlowFile final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    const bool custom = configuration.is_set("Custom Text") && configuration.text("Custom Text") != "";
    if (custom && (configuration.flag("Unique FlowFiles") || configuration.text("Data Format") != "Text"))
      return base::fail(base::ErrorKind::InvalidValue,
                        configuration.error_prefix() +
                            ": with Custom Text, Data Format must be Text and Unique FlowFiles must be false");
    return {};
  }
  bool endless(const Configuration&) const override { return true; }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    const auto size = configuration.size("File Size").value_or(0);
    const bool text = configuration.text("Data Format") == "Text";
    const bool unique = configuration.flag("Unique FlowFiles");
    const FlowFile none;
    TRY(auto custom, configuration.evaluate("Custom Text", session, none));
    if (custom && configuration.text("Character Set") == "US-ASCII") {
      TRY(custom, as_ascii(*custom));
    }
    std::optional<ContentClaim> shared;
    Attributes attributes;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(attributes[dynamic.name], session.evaluate(dynamic.value, none));
    }
    if (const auto type = configuration.text("Mime Type"); type && !type->empty()) attributes["mime.type"] = *type;
    auto count = std::strtoull(configuration.text_or("Batch Size", "1").c_str(), nullptr, 10);
    for (; count > 0; --count) {
      auto& file = session.create();
      for (const auto& [name, value] : attributes) session.put_attribute(file, name, value);
      if (!shared || unique) {
        TRY(auto writer, session.begin_write());
        if (custom && !custom->empty()) {
          TRY_VOID(writer.append(*custom));
        } else {
          TRY_VOID(append_random(writer, file, size, text));
        }
        shared = writer.finish();
      }
      session.set_content(file, *shared);
      session.transfer(file, "success");
    }
    return {};
  }

 private:
  /// What ASCII lacks is "?", as in Java.
  static base::Result<std::string> as_ascii(std::string_view text) {
    TRY(auto transcoder, Transcoder::make("UTF-8", "US-ASCII"));
    std::string ascii;
    TRY_VOID(transcoder.feed(text, ascii));
    TRY_VOID(transcoder.finish(ascii));
    return ascii;
  }
  /// Seeded by the flowfile: the same run makes the same bytes.
  static base::Status append_random(ContentWriter& writer, const FlowFile& file, std::uint64_t size, bool text) {
    base::Random random(file.id);
    for (std::uint64_t done = 0; done < size; done += kStretch) {
      std::string bytes(std::min(kStretch, size - done), '\0');
      for (char& c : bytes) c = static_cast<char>(text ? ' ' + random.below(95) : random.below(256));
      TRY_VOID(writer.append(bytes));
    }
    return {};
  }
};

}  // namespace

const Description kGenerateFlowFile{
    .type = "org.apache.nifi.processors.standard.GenerateFlowFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes flowfiles of given or random content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .batches = true,
    .dynamic = true,
    .default_period = "1 min",
    .make = [] { return std::unique_ptr<Processor>(new GenerateFlowFile); },
};

}  // namespace flow
