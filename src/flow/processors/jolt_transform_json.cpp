#include "flow/processors/jolt_transform_json.h"

#include <fmt/format.h>

#include "flow/content/lines.h"
#include "flow/content/pretty_json.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/jolt/foreign.h"
#include "flow/json_text.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/jolt_specification.h"
#include "flow/processors/json_content.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kLineBytesMax = 1 << 30;

constexpr Allowed kSources[] = {{"FLOW_FILE"}, {"ATTRIBUTE"}, {"JSON_LINES"}};

constexpr Property kProperties[] = {
    {.name = "Jolt Transform",
     .old_name = "jolt-transform",
     .help = "What the specification is of",
     .fallback = "jolt-transform-chain",
     .required = true,
     .allowed = kJoltTransforms},
    {.name = "Jolt Specification",
     .old_name = "jolt-spec",
     .help = "JSON, or the path of a file of it; Sort needs none",
     .scope = Scope::FlowFile},
    {.name = "Custom Transformation Class Name",
     .old_name = "jolt-custom-class",
     .scope = Scope::FlowFile,
     .unsupported = true},
    {.name = "Custom Module Directory",
     .old_name = "jolt-custom-modules",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Transform Cache Size",
     .help = "Compiled specifications that are kept, where expressions make several",
     .fallback = "1",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "JSON Source",
     .help = "Where the JSON is",
     .fallback = "FLOW_FILE",
     .required = true,
     .allowed = kSources},
    {.name = "JSON Source Attribute", .help = "Of the source ATTRIBUTE"},
    {.name = "Pretty Print",
     .old_name = "pretty_print",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Max String Length", .fallback = "20 MB", .required = true, .kind = Property::Kind::Size},
    {.name = "Retain Unicode Escape Sequences",
     .help = "Characters beyond ASCII are written as they are",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class JoltTransformJson final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    source_ = configuration.text_or("JSON Source", "FLOW_FILE");
    attribute_ = configuration.text_or("JSON Source Attribute", "");
    pretty_ = configuration.flag("Pretty Print") && source_ != "JSON_LINES";
    text_max_ = configuration.size("Max String Length").value_or(20 << 20);
    if (source_ == "ATTRIBUTE" && attribute_.empty())
      return in_property(configuration, "JSON Source Attribute", "is required for the source ATTRIBUTE");
    return specification_.prepare(configuration);
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto done = change(configuration, session, *file);
    if (done) {
      session.transfer(*file, "success");
      return {};
    }
    const auto kind = done.error().kind;
    if (kind == base::ErrorKind::Internal || kind == base::ErrorKind::Unavailable) return done;
    session.log_error(fmt::format("{}: {}", configuration.error_prefix(), done.error().message));
    session.transfer(*file, "failure", done.error().message);
    return {};
  }

 private:
  base::Status change(const Configuration& configuration, Session& session, FlowFile& file) {
    TRY(const auto transform_made, specification_.of(configuration, session, file));
    if (source_ == "ATTRIBUTE") {
      const auto value = file.attribute(attribute_);
      if (value.find_first_not_of(" \t\r\n") == std::string::npos)
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("there is no attribute '{}'", attribute_));
      TRY(auto input, parse_json(value));
      TRY(const auto output, changed(*transform_made, std::move(input)));
      session.put_attribute(file, attribute_, text_of(output));
      return {};
    }
    TRY(auto writer, session.begin_write());
    if (source_ == "JSON_LINES") {
      TRY_VOID(change_lines(session, file, *transform_made, writer));
    } else {
      TRY(auto input, read_json(session, file, text_max_));
      TRY(const auto output, changed(*transform_made, std::move(input)));
      TRY_VOID(writer.append(text_of(output)));
    }
    session.set_content(file, writer.finish());
    session.put_attribute(file, "mime.type", source_ == "JSON_LINES" ? "application/jsonl" : "application/json");
    return {};
  }

  base::Status change_lines(Session& session, const FlowFile& file, const jolt::Transform& transform_made,
                            ContentWriter& writer) const {
    auto reader = session.read(file);
    LineReader lines(reader, kLineBytesMax);
    for (;;) {
      TRY(const auto text, lines.next());
      if (!text) return {};
      if (text->find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
      TRY(auto input, parse_json(*text));
      TRY(const auto output, changed(transform_made, std::move(input)));
      TRY_VOID(writer.append(json_text(output) + "\n"));
    }
  }

  static base::Result<json::value> changed(const jolt::Transform& transform_made, json::value input) {
    TRY(auto output, transform_made.apply(std::move(input)));
    return jolt::without_longs(std::move(output));
  }
  std::string text_of(const json::value& value) const { return pretty_ ? pretty_json_text(value) : json_text(value); }

  JoltSpecification specification_;
  std::string source_;
  std::string attribute_;
  bool pretty_ = false;
  std::uint64_t text_max_ = 0;
};

constexpr std::string_view kAliases[] = {"org.apache.nifi.processors.jolt.JoltTransformJSON"};  // NiFi 2

}  // namespace

const Description kJoltTransformJson{
    .type = "org.apache.nifi.processors.standard.JoltTransformJSON",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Changes JSON by a specification in the language of Jolt.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new JoltTransformJson); },
    .aliases = kAliases,
};

}  // namespace flow
