#include "flow/services/json_path_reader.h"

#include <fmt/format.h>

#include "flow/json_path.h"
#include "flow/json_text.h"
#include "flow/record/json_reader.h"
#include "flow/services/properties.h"
#include "flow/services/schema_access.h"

namespace flow {
namespace {

constexpr Allowed kSchemas[] = {kSchemaInferred,      kSchemaByName,        kSchemaByText,       kSchemaReferences[0],
                                kSchemaReferences[1], kSchemaReferences[2], kSchemaReferences[3]};
constexpr Allowed kParsings[] = {{"STANDARD", "Standard"}, {"LENIENT", "Lenient"}};
constexpr std::array<Property, 3> kOwn{{
    {.name = "Max String Length", .fallback = "20 MB", .required = true, .kind = Property::Kind::Size},
    {.name = "Allow Comments",
     .help = "Of NiFi 1.x",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Parsing Strategy",
     .help = "Lenient: comments are allowed",
     .fallback = "STANDARD",
     .required = true,
     .allowed = kParsings},
}};
constexpr auto kProperties = joined(schema_properties(kSchemas), kTimeFormats, kOwn);

using Paths = std::vector<std::pair<std::string, JsonPath>>;

/// The fields of a schema by paths into each object of a text.
class PathReader final : public record::Reader {
 public:
  PathReader(std::unique_ptr<record::TextSource> source, const record::JsonReadOptions& options,
             record::SchemaPtr schema, const Paths& paths)
      : objects_(std::move(source), options.rules, ""),
        converter_(options.formats),
        options_(options),
        schema_(std::move(schema)),
        paths_(paths) {}
  base::Status begin() { return converter_.check(); }
  const record::SchemaPtr& schema() const override { return schema_; }

  base::Status read(record::Batch& batch) override {
    batch.clear();
    while (batch.rows.size() < 1000) {
      bool waited = false;
      TRY(const auto object, objects_.next(batch.arena, batch.rows.empty(), waited));
      if (!object) return {};
      std::string text;
      record::append_json(text, *object, {});
      TRY(const auto document, parse_json(text));
      std::vector<record::Entry> found;
      for (const auto& [name, path] : paths_) {
        auto value = path.read(document);
        if (!value && value.error().kind == base::ErrorKind::NotFound) {
          found.push_back({name, {}});
          continue;
        }
        if (!value) return std::move(value).failure();
        TRY(const auto made, record::parse_json(batch.arena.text(json_text(*value)), batch.arena));
        found.push_back({name, made});
      }
      const auto fields = batch.arena.copy(std::span<const record::Entry>(found));
      TRY(auto row, record::json_row(record::Value::of(std::span<const record::Entry>(fields)), *schema_, converter_,
                                     options_.read, batch.arena));
      row.original = nullptr;  // that was another object
      batch.rows.push_back(row);
    }
    return {};
  }

 private:
  record::JsonObjects objects_;
  const record::Converter converter_;
  const record::JsonReadOptions options_;
  const record::SchemaPtr schema_;
  const Paths& paths_;  // of the service
};

class JsonPathReader final : public ControllerService, public record::ReaderFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    configuration_ = &configuration;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(const auto text, dynamic.value.evaluate({.find = [](std::string_view) { return std::nullopt; }}));
      auto path = JsonPath::compile(text);
      if (!path)
        return base::fail(
            base::ErrorKind::InvalidValue,
            fmt::format("{}, property '{}': {}", configuration.error_prefix(), dynamic.name, path.error().message));
      paths_.emplace_back(dynamic.name, std::move(*path));
    }
    if (paths_.empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        configuration.error_prefix() + ": needs a property whose value is a JSON path");
    rules_.comments = configuration.flag("Allow Comments") || configuration.text("Parsing Strategy") == "LENIENT";
    rules_.string_bytes_max = configuration.size("Max String Length").value_or(rules_.string_bytes_max);
    return access_.configure(configuration);
  }
  base::Result<std::unique_ptr<record::Reader>> open(const record::ReadRequest& request) const override {
    const record::JsonReadOptions options{
        .formats = time_formats(*configuration_, request.session), .rules = rules_, .read = request.options};
    SchemaAccess::Found found{.schema = {}, .input = request.input};
    if (access_.is(kSchemaInferred.value)) {
      TRY(found.schema, record::infer_json(request.input, options));
    } else {
      TRY(found, access_.find(request));
    }
    TRY(auto source, record::TextSource::open(found.input, "UTF-8"));
    auto reader = std::make_unique<PathReader>(std::move(source), options, std::move(found.schema), paths_);
    TRY_VOID(reader->begin());
    return std::unique_ptr<record::Reader>(std::move(reader));
  }

 private:
  const Configuration* configuration_ = nullptr;
  SchemaAccess access_;
  record::JsonRules rules_;
  Paths paths_;
};

constexpr std::string_view kApis[] = {record::ReaderFactory::kApi};

}  // namespace

const Description kJsonPathReaderService{
    .type = "org.apache.nifi.json.JsonPathReader",
    .bundle = "org.apache.nifi:nifi-record-serialization-services-nar",
    .help = "Reads each JSON object as a record whose fields are what paths select: a dynamic property each.",
    .properties = kProperties,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new JsonPathReader); },
};

}  // namespace flow
