// Templates of NiFi 1.x: files that are left here, and put into groups.
#include <fmt/format.h>

#include <algorithm>

#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"
#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/dates.h"
#include "server/nifi/document.h"
#include "server/nifi/entities.h"
#include "server/nifi/import.h"
#include "server/nifi/multipart.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

/// Each {id, groupId, name, description, timestamp, text}.
base::Result<json::array> kept_templates(const Context& context) {
  TRY(const auto text, context.flow.templates());
  if (text.empty()) return json::array();
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_array()) return base::fail(base::ErrorKind::Internal, "the file of templates is damaged");
  return std::move(value.get_array());
}

base::Status keep(Context& context, const json::array& templates) {
  return context.flow.set_templates(json::serialize(templates));
}

base::Result<json::object> find(const Context& context, const std::string& id) {
  TRY(const auto templates, kept_templates(context));
  for (const auto& value : templates)
    if (value.is_object() && text_at(value.get_object(), "id") == id) return value.get_object();
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to locate template with id '{}'.", id));
}

json::object entity(const json::object& kept) {
  const auto id = text_at(kept, "id");
  json::object made{{"uri", "/nifi-api/templates/" + id}, {"encoding-version", "1.3"}};
  copy_given(kept, made, {"id", "groupId", "name", "description"});
  if (parse_date(text_at(kept, "timestamp"))) copy_given(kept, made, {"timestamp"});  // once it was a time of day
  return {{"id", id}, {"permissions", permissions()}, {"template", std::move(made)}};
}

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text)
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : std::string(1, c);
  return escaped;
}

/// NiFi answers an upload in XML.
Answer xml_answer(const json::object& kept) {
  std::string fields;
  for (const auto* name : {"description", "groupId", "id", "name", "timestamp"})
    fields += fmt::format("<{0}>{1}</{0}>", name, escape_xml(text_at(kept, name)));
  return {.status = 201,
          .content_type = "application/xml",
          .body = fmt::format(R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?><templateEntity><template )"
                              R"(encoding-version="1.3">{}</template></templateEntity>)",
                              fields)};
}

base::Result<Answer> list(Context& context, const Call&, const Ids&) {
  TRY(const auto templates, kept_templates(context));
  json::array entities;
  for (const auto& kept : templates) entities.push_back(entity(kept.as_object()));
  return json_answer({{"generated", time_of_day(context.flow.now())}, {"templates", std::move(entities)}});
}

base::Result<Answer> upload(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  TRY(const auto parts, parse_form(call.content_type, call.body));
  const auto part = std::ranges::find_if(parts, [](const auto& p) { return p.name == "template"; });
  if (part == parts.end()) return base::fail(base::ErrorKind::InvalidValue, "the form has no field 'template'");
  const std::string text(part->content);
  TRY(const auto definition, flow::read_definition(text, "the template"));
  TRY(auto templates, kept_templates(context));
  for (const auto& kept : templates)
    if (text_at(kept.as_object(), "name") == definition.name && text_at(kept.as_object(), "groupId") == scope.id)
      return base::fail(base::ErrorKind::AlreadyExists,
                        fmt::format("A template named '{}' already exists in this group.", definition.name));
  json::object made{{"id", new_uuid()},
                    {"groupId", scope.id},
                    {"name", definition.name},
                    {"description", ""},
                    {"timestamp", date_time_text(context.flow.now())},
                    {"text", text}};
  templates.push_back(made);
  TRY_VOID(keep(context, templates));
  return xml_answer(made);
}

/// What is in the template comes into the group itself.
base::Result<Answer> instantiate(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto kept, find(context, text_at(body, "templateId")));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  TRY(auto definition, flow::read_definition(text_at(kept, "text"), text_at(kept, "name")));
  TRY(auto shown, add_definition(context, scope, std::move(definition)));
  return json_answer({{"flow", std::move(shown)}}, 201);
}

base::Result<Answer> download(Context& context, const Call&, const Ids& ids) {
  TRY(const auto kept, find(context, ids[0]));
  return Answer{
      .content_type = "application/xml", .body = text_at(kept, "text"), .file_name = text_at(kept, "name") + ".xml"};
}

base::Result<Answer> remove(Context& context, const Call&, const Ids& ids) {
  TRY(const auto kept, find(context, ids[0]));
  TRY(auto templates, kept_templates(context));
  for (auto at = templates.begin(); at != templates.end();)
    at = text_at(at->as_object(), "id") == ids[0] ? templates.erase(at) : at + 1;
  TRY_VOID(keep(context, templates));
  return json_answer(entity(kept));
}

constexpr Route kRoutes[] = {
    {"GET", "flow/templates", &list},
    {"POST", "process-groups/*/templates/upload", &upload},
    {"POST", "process-groups/*/template-instance", &instantiate},
    {"GET", "templates/*/download", &download},
    {"DELETE", "templates/*", &remove},
};

}  // namespace

std::span<const Route> template_routes() { return kRoutes; }

}  // namespace server::nifi
