#include "flow/processors/evaluate_json_path.h"

#include <fmt/format.h>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/json_path.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/json_content.h"

namespace flow {
namespace {

constexpr Allowed kDestinations[] = {{"flowfile-content"}, {"flowfile-attribute"}};
constexpr Allowed kTypes[] = {{"auto-detect"}, {"json"}, {"scalar"}};
constexpr Allowed kMissing[] = {{"warn"}, {"ignore"}, {"skip"}};
constexpr Allowed kNulls[] = {{"empty string"}, {"the string 'null'"}};
constexpr Property kProperties[] = {
    {.name = "Destination",
     .help = "Of what the paths give: an attribute for each, or the content from the only one",
     .fallback = "flowfile-content",
     .required = true,
     .allowed = kDestinations},
    {.name = "Return Type",
     .help = "Anything, or no objects and arrays; by default the first for the content, the second for attributes",
     .fallback = "auto-detect",
     .required = true,
     .allowed = kTypes},
    {.name = "Path Not Found Behavior",
     .help = "With attributes: an empty one, with or without a warning, or none",
     .fallback = "ignore",
     .required = true,
     .allowed = kMissing},
    {.name = "Null Value Representation", .fallback = "empty string", .required = true, .allowed = kNulls},
    {.name = "Max String Length",
     .help = "Of a text in the JSON",
     .fallback = "20 MB",
     .required = true,
     .kind = Property::Kind::Size},
};
constexpr Relationship kRelationships[] = {{"matched"}, {"unmatched"}, {"failure", true}};

class EvaluateJsonPath final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    into_content_ = configuration.text("Destination") == "flowfile-content";
    const auto type = configuration.text_or("Return Type", "auto-detect");
    scalar_ = type == "scalar" || (type == "auto-detect" && !into_content_);
    missing_ = configuration.text_or("Path Not Found Behavior", "ignore");
    null_text_ = null_text_of(configuration.text_or("Null Value Representation", ""));
    text_max_ = configuration.size("Max String Length").value_or(20 << 20);
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(const auto text, dynamic.value.evaluate({}));
      auto path = JsonPath::compile(text);
      if (!path) return in_property(configuration, dynamic.name, path.error());
      paths_.emplace_back(dynamic.name, std::move(*path));
    }
    if (into_content_ && paths_.size() != 1)
      return base::fail(
          base::ErrorKind::InvalidValue,
          fmt::format("{}: needs exactly one path for the destination flowfile-content", configuration.error_prefix()));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    auto outcome = evaluate(configuration, session, *file);
    if (outcome) {
      session.transfer(*file, *outcome ? "matched" : "unmatched");
      return {};
    }
    if (outcome.error().kind != base::ErrorKind::InvalidValue) return std::move(outcome).failure();
    send_to_failure(configuration, session, *file, outcome.error().message);
    return {};
  }

 private:
  /// True: it matched.
  base::Result<bool> evaluate(const Configuration& configuration, Session& session, FlowFile& file) const {
    TRY(const auto document, read_json(session, file, text_max_));
    Attributes found;
    for (const auto& [name, path] : paths_) {
      auto value = path.read(document);
      if (!value && value.error().kind != base::ErrorKind::NotFound) return std::move(value).failure();
      if (!value && into_content_) return false;
      if (!value) {
        if (missing_ == "warn")
          session.log_error(fmt::format("{}: the path of '{}' leads nowhere", configuration.error_prefix(), name));
        if (missing_ != "skip") found[name] = "";
        continue;
      }
      if (scalar_ && (value->is_object() || value->is_array()))
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("the path of '{}' gives an object or array, and 'Return Type' is scalar", name));
      auto text = json_result_text(*value, null_text_);
      if (!into_content_) {
        found[name] = std::move(text);
        continue;
      }
      TRY(auto writer, session.begin_write());
      TRY_VOID(writer.append(text));
      session.set_content(file, writer.finish());
    }
    for (auto& [name, text] : found) session.put_attribute(file, name, std::move(text));
    return true;
  }

  bool into_content_ = true;
  bool scalar_ = false;
  std::string missing_, null_text_;
  std::uint64_t text_max_ = 0;
  std::vector<std::pair<std::string, JsonPath>> paths_;
};

}  // namespace

const Description kEvaluateJsonPath{
    .type = "org.apache.nifi.processors.standard.EvaluateJsonPath",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Takes values out of JSON content by paths.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .make = [] { return std::unique_ptr<Processor>(new EvaluateJsonPath); },
};

}  // namespace flow
