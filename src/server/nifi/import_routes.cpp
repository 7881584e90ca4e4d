#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/import.h"
#include "server/nifi/multipart.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

/// What a form of an upload may hold.
struct Upload {
  std::string text, file;
  std::map<std::string, std::string> fields;
  std::map<std::string, std::string> parameters;
  std::set<std::string> secrets;
};

base::Result<std::map<std::string, std::string>> parse_values(std::string_view text, std::string_view what) {
  std::map<std::string, std::string> values;
  TRY(const auto object, parse_object(text, what));
  for (const auto& [name, value] : object) {
    if (!value.is_string()) return base::fail(base::ErrorKind::InvalidValue, fmt::format("{} must hold texts", what));
    values[std::string(name)] = std::string(std::string_view(value.get_string()));
  }
  return values;
}

base::Result<Upload> parse_upload(const Call& call) {
  TRY(const auto parts, parse_form(call.content_type, call.body));
  Upload upload;
  bool has_file = false;
  for (const auto& part : parts) {
    if (part.name == "file") {
      has_file = true;
      upload.text = part.content;
      upload.file = part.file_name.empty() ? "the uploaded flow" : part.file_name;
    } else if (part.name == "parameters" || part.name == "secrets") {
      TRY(const auto values, parse_values(part.content, "the form field " + part.name));
      for (const auto& [name, value] : values) {
        upload.parameters[name] = value;
        if (part.name == "secrets") upload.secrets.insert(name);
      }
    } else {
      upload.fields[part.name] = part.content;
    }
  }
  if (!has_file) return base::fail(base::ErrorKind::InvalidValue, "the form has no field 'file'");
  return upload;
}

/// A flow under the ids of its file, as `freshet flow run` sends it.
base::Result<Answer> import_flow(Context& context, const Upload& upload, const std::string& parent) {
  const Canvas before(context);
  TRY(const auto scope, before.scope(parent));
  if (!scope.is_root())
    return base::fail(
        base::ErrorKind::Conflict,
        "a flow under the ids of its file can be put into the root group only; name a groupName: " + parent);
  const auto key = upload.fields.find("sensitiveKey");
  TRY(const auto report, context.flow.import_definition(upload.text, upload.file, upload.parameters, upload.secrets,
                                                        key == upload.fields.end() ? std::string{} : key->second));
  context.revisions.raise(report.id);
  const Canvas canvas(context);
  TRY(const auto made, canvas.scope(report.id));
  auto entity = ComponentEntities(context, canvas).group(made);
  entity["importReport"] = json::object{{"notes", json::array(report.notes.begin(), report.notes.end())},
                                        {"problems", json::array(report.problems.begin(), report.problems.end())}};
  return json_answer(entity, 201);
}

base::Result<Answer> answer_with(Context& context, const std::string& id) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(id));
  return json_answer(ComponentEntities(context, canvas).group(scope), 201);
}

double number(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto found = fields.find(name);
  double value = 0;
  if (found != fields.end()) std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

base::Result<Answer> upload(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto form, parse_upload(call));
  const auto name = form.fields.find("groupName");
  if (name == form.fields.end()) return import_flow(context, form, ids[0]);
  TRY(const auto id,
      import_as_group(context, {.text = form.text,
                                .file = form.file,
                                .parent = ids[0],
                                .name = name->second,
                                .placed = {{"position", json::object{{"x", number(form.fields, "positionX")},
                                                                     {"y", number(form.fields, "positionY")}}}}}));
  return answer_with(context, id);
}

base::Result<Answer> import_group(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const auto* snapshot = object_at(body, "versionedFlowSnapshot");
  if (snapshot == nullptr) return base::fail(base::ErrorKind::InvalidValue, "versionedFlowSnapshot is missing");
  const auto name = text_at(body, "groupName");
  if (name.empty())
    return import_flow(context,
                       {.text = json::serialize(*snapshot),
                        .file = "versionedFlowSnapshot",
                        .fields = {},
                        .parameters = {},
                        .secrets = {}},
                       ids[0]);
  json::object placed;
  for (const auto* key : {"positionDTO", "position"})
    if (const auto* position = object_at(body, key)) placed["position"] = *position;
  TRY(const auto id, import_as_group(context, {.text = json::serialize(*snapshot),
                                               .file = "versionedFlowSnapshot",
                                               .parent = ids[0],
                                               .name = name,
                                               .placed = std::move(placed)}));
  return answer_with(context, id);
}

base::Status replace(Context& context, const Call& call, const std::string& id) {
  TRY(const auto body, parse_object(call.body));
  const auto* snapshot = object_at(body, "versionedFlowSnapshot");
  if (snapshot == nullptr) return base::fail(base::ErrorKind::InvalidValue, "versionedFlowSnapshot is missing");
  TRY_VOID(context.revisions.check(call, &body, id));
  TRY_VOID(replace_group(context, id, json::serialize(*snapshot)));
  context.revisions.raise(id);
  return {};
}

base::Result<Answer> request_replace(Context& context, const Call& call, const Ids& ids) {
  TRY_VOID(replace(context, call, ids[0]));
  const auto id = new_uuid();
  json::object made{{"processGroupRevision", json::object{{"version", context.revisions.of(ids[0])}}},
                    {"request", json::object{{"requestId", id},
                                             {"uri", "/nifi-api/process-groups/replace-requests/" + id},
                                             {"processGroupId", ids[0]},
                                             {"complete", true},
                                             {"percentCompleted", 100},
                                             {"state", "Complete"}}}};
  context.requests.add(id, made);
  return json_answer(made);
}

base::Result<Answer> set_contents(Context& context, const Call& call, const Ids& ids) {
  TRY_VOID(replace(context, call, ids[0]));
  return json_answer({{"processGroupRevision", json::object{{"version", context.revisions.of(ids[0])}}}});
}

constexpr Route kRoutes[] = {
    {"POST", "process-groups/*/process-groups/upload", &upload},
    {"POST", "process-groups/*/process-groups/import", &import_group},
    {"POST", "process-groups/*/replace-requests", &request_replace},
    {"PUT", "process-groups/*/flow-contents", &set_contents},
};

}  // namespace

std::span<const Route> import_routes() { return kRoutes; }

}  // namespace server::nifi
