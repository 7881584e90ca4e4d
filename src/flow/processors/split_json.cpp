#include "flow/processors/split_json.h"

#include <boost/json.hpp>

#include "flow/content/buffered_content.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/json_path.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/fragments.h"
#include "flow/processors/json_content.h"

namespace flow {
namespace {

constexpr Allowed kNulls[] = {{"empty string"}, {"the string 'null'"}};
constexpr Property kProperties[] = {
    {.name = "JsonPath Expression", .help = "Leads to an array, or to several values", .required = true},
    {.name = "Null Value Representation", .fallback = "empty string", .required = true, .allowed = kNulls},
    {.name = "Max String Length",
     .help = "Of a text in the JSON",
     .fallback = "20 MB",
     .required = true,
     .kind = Property::Kind::Size},
};
constexpr Relationship kRelationships[] = {{"original"}, {"split"}, {"failure", true}};

class SplitJson final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    auto path = JsonPath::compile(configuration.text_or("JsonPath Expression", ""));
    if (!path) return in_property(configuration, "JsonPath Expression", path.error());
    path_.emplace(std::move(*path));
    null_text_ = null_text_of(configuration.text_or("Null Value Representation", ""));
    text_max_ = configuration.size("Max String Length").value_or(20 << 20);
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto texts = split(session, *file);
    if (!texts) {
      if (texts.error().kind != base::ErrorKind::InvalidValue && texts.error().kind != base::ErrorKind::NotFound)
        return base::fail(texts.error());
      send_to_failure(configuration, session, *file, texts.error().message);
      return {};
    }
    Fragments fragments(session, *file, 0);
    for (const auto& text : *texts) {
      auto& piece = session.create(*file);
      BufferedContent content(session);
      TRY_VOID(content.append(text));
      TRY(auto claim, content.finish());
      session.set_content(piece, std::move(claim));
      fragments.add(piece);
    }
    fragments.transfer("split", "original");
    return {};
  }

 private:
  base::Result<std::vector<std::string>> split(Session& session, const FlowFile& file) const {
    TRY(const auto document, read_json(session, file, text_max_));
    TRY(const auto selected, path_->select(document));
    std::vector<std::string> texts;
    if (!path_->is_definite()) {
      for (const auto* value : selected.values) texts.push_back(json_result_text(*value, null_text_));
      return texts;
    }
    const auto* array = selected.values.front()->if_array();
    if (array == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the path does not lead to an array");
    for (const auto& value : *array) texts.push_back(json_result_text(value, null_text_));
    return texts;
  }

  std::optional<JsonPath> path_;
  std::string null_text_;
  std::uint64_t text_max_ = 0;
};

}  // namespace

const Description kSplitJson{
    .type = "org.apache.nifi.processors.standard.SplitJson",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes a flowfile of each element of an array in JSON content.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new SplitJson); },
};

}  // namespace flow
