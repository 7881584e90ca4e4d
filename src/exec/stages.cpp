// Stages, file formats and their files; COPY INTO.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "exec/create_object.h"
#include "exec/loading.h"
#include "exec/running.h"
#include "load/file_format.h"
#include "load/stage.h"

namespace exec {

using catalog::ObjectKind;
using catalog::Record;
using catalog::StageBody;

namespace {

const sql::OptionValue* find_option(const sql::Options& options, std::string_view name) {
  for (const sql::Option& option : options)
    if (option.name.name == name) return &option.value;
  return nullptr;
}

// FILE_FORMAT = name | 'name' | (FORMAT_NAME = name) | (TYPE = .. options): a named one is bound by id here and now.
base::Status set_format(Running& running, const sql::OptionValue& value, StageBody& body) {
  body.format.reset();
  body.format_options.clear();
  std::vector<std::string> name;
  if (const auto* group = std::get_if<sql::OptionGroup>(&value.node)) {
    const sql::OptionValue* named = find_option(group->options, "FORMAT_NAME");
    if (!named) {
      TRY(auto format, load::FileFormat::read(group->options));
      (void)format;
      body.format_options = load::to_properties(group->options);
      return {};
    }
    if (find_option(group->options, "TYPE"))
      return base::fail(compilation_error(
          1003, "42000",
          "FORMAT_NAME and TYPE exclude each other in FILE_FORMAT; name the format or give its options."));
    if (const auto* word = std::get_if<sql::OptionWord>(&named->node))
      name = load::name_parts(word->name);
    else
      name = load::name_parts(load::plain_text(*named).value_or(""));
  } else if (const auto* word = std::get_if<sql::OptionWord>(&value.node)) {
    name = load::name_parts(word->name);
  } else {
    name = load::name_parts(load::plain_text(value).value_or(""));
  }
  TRY(auto format, catalog::resolve(*running.catalog(), running.context.names, ObjectKind::FileFormat, name));
  TRY_VOID(running.require(*format, {"USAGE"}));
  body.format = format->id;
  return {};
}

// Storage integrations bound a stage's URL: below an allowed and not below a blocked location.
base::Status check_integration(Running& running, const std::string& name, const std::string& url) {
  const auto integration = running.catalog()->find(ObjectKind::Integration, {}, name);
  if (!integration || !catalog::visible(running.context.names.access, *integration))
    return base::fail(catalog::not_found(ObjectKind::Integration, name));
  const auto& properties = std::get<catalog::PlainBody>(integration->body).properties;
  const auto covers = [&](std::string_view property) {
    for (const auto& [key, written] : properties) {
      if (key != property) continue;
      std::string_view rest = written;
      for (auto at = rest.find('\''); at != std::string_view::npos; at = rest.find('\'')) {
        rest.remove_prefix(at + 1);
        const auto end = rest.find('\'');
        if (end == std::string_view::npos) break;
        const std::string_view location = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        std::string below(url);
        if (!below.ends_with('/')) below += '/';
        if (location == "*" || url.starts_with(location) || below == location) return true;
      }
    }
    return false;
  };
  if (!covers("STORAGE_ALLOWED_LOCATIONS") || covers("STORAGE_BLOCKED_LOCATIONS"))
    return base::fail(compilation_error(3008, "42501",
                                        fmt::format("Location '{}' is not allowed by integration '{}'. Please use DESC "
                                                    "INTEGRATION to check out allowed and blocked locations.",
                                                    url, name)));
  return {};
}

base::Status apply_stage_options(Running& running, const sql::Options& options, StageBody& body, std::string& comment) {
  for (const sql::Option& option : options) {
    const std::string& name = option.name.name;
    const std::string text = option_plain(option.value);
    if (name == "URL") {
      TRY_VOID(load::check_url(text));
      body.url = text;
    } else if (name == "STORAGE_INTEGRATION") {
      body.integration = text;
    } else if (name == "CREDENTIALS") {
      const auto credentials = load::read_credentials(option.value);
      body.has_credentials = true;
      body.key_id = credentials.key_id;
      body.sealed_credentials.clear();
      if (running.services.loading && !credentials.secret.empty())
        body.sealed_credentials = running.services.loading->buckets.seal(credentials.secret, credentials.session_token);
    } else if (name == "ENDPOINT") {
      body.endpoint = text;
    } else if (name == "FILE_FORMAT" || name == "STAGE_FILE_FORMAT") {
      TRY_VOID(set_format(running, option.value, body));
    } else if (name == "COPY_OPTIONS" || name == "STAGE_COPY_OPTIONS") {
      if (const auto* group = std::get_if<sql::OptionGroup>(&option.value.node))
        body.copy_options = load::to_properties(group->options);
    } else if (name == "DIRECTORY") {
      if (const auto* group = std::get_if<sql::OptionGroup>(&option.value.node))
        if (const auto* enable = find_option(group->options, "ENABLE"))
          body.directory = load::plain_text(*enable).value_or("") == "TRUE";
    } else if (name == "COMMENT") {
      comment = text;
    } else if (name != "ENCRYPTION" && name != "AWS_ACCESS_POINT_ARN" && name != "USE_PRIVATELINK_ENDPOINT" &&
               name != "TAG" && name != "REGION") {
      return base::fail(load::invalid_parameter(name));
    }
  }
  if (!body.integration.empty()) {
    if (body.has_credentials)
      return base::fail(
          compilation_error(1003, "42000", "CREDENTIALS and STORAGE_INTEGRATION exclude each other; keep one."));
    TRY_VOID(check_integration(running, body.integration, body.url));
  }
  return {};
}

base::Result<Loading*> loading(Running& running) {
  if (!running.services.loading) return base::fail(unsupported("stages without an object store"));
  return running.services.loading;
}

}  // namespace

base::Result<Outcome> create_stage(Running& running, const sql::CreateStage& node) {
  TRY(auto creation, Creation::plan(running, ObjectKind::Stage, node.mode, node.name, "CREATE STAGE", node.temporary));
  if (creation.done) return *creation.done;
  StageBody body;
  std::string comment;
  if (node.clone) {
    TRY(auto source, running.find(ObjectKind::Stage, node.clone->name));
    body = std::get<StageBody>(source->body);
  }
  TRY_VOID(apply_stage_options(running, node.options, body, comment));
  body.temporary = node.temporary;
  body.session = node.temporary ? running.context.session : 0;
  TRY(auto work, creation.begin(running));
  return creation.finish(running, *work, creation.record(running, *work, std::move(body), std::move(comment)));
}

base::Result<Outcome> alter_stage(Running& running, const sql::Alter& node) {
  auto found = running.find(ObjectKind::Stage, node.name);
  if (!found) {
    if (node.if_exists) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  TRY_VOID(running.require(**found, {"OWNERSHIP"}));
  TRY(auto work, running.begin_ddl({(*found)->id}));
  Record record = **found;
  auto& body = std::get<StageBody>(record.body);
  if (const auto* rename = std::get_if<sql::RenameTo>(&node.action)) {
    TRY(auto parts, running.parts(rename->name));
    TRY(auto place, catalog::place(work->catalog(), running.context.names, parts, "ALTER STAGE"));
    if (work->catalog().find(ObjectKind::Stage, place.schema, place.name))
      return base::fail(catalog::already_exists(place.name));
    record.container = place.schema;
    record.name = place.name;
  } else if (const auto* set = std::get_if<sql::SetOptions>(&node.action)) {
    const bool internal = body.url.empty();
    const std::string url = body.url, endpoint = body.endpoint;
    TRY_VOID(apply_stage_options(running, set->options, body, record.comment));
    if (internal && !body.url.empty())
      return base::fail(
          compilation_error(1003, "42000", "An internal stage cannot become an external one; create a new stage."));
    // A pipe does not follow its stage to another place: it stops until it is made anew (loading.md 2.3).
    if (body.url != url || body.endpoint != endpoint)
      for (const auto& pipe : work->catalog().list(ObjectKind::Pipe, std::nullopt)) {
        if (std::get<catalog::PipeBody>(pipe->body).stage != record.id) continue;
        Record stopped = *pipe;
        std::get<catalog::PipeBody>(stopped.body).stop_reason = "STOPPED_STAGE_ALTERED";
        TRY_VOID(work->put(std::move(stopped)));
      }
  } else if (const auto* unset = std::get_if<sql::UnsetOptions>(&node.action)) {
    for (const sql::Identifier& name : unset->names)
      if (name.name == "COMMENT") record.comment.clear();
  } else {
    return base::fail(unsupported("this ALTER STAGE"));
  }
  TRY_VOID(work->put(std::move(record)));
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

base::Result<Outcome> create_file_format(Running& running, const sql::CreateFileFormat& node) {
  TRY(auto creation,
      Creation::plan(running, ObjectKind::FileFormat, node.mode, node.name, "CREATE FILE FORMAT", node.temporary));
  if (creation.done) return *creation.done;
  catalog::FileFormatBody body;
  if (node.clone) {
    TRY(auto source, running.find(ObjectKind::FileFormat, node.clone->name));
    body = std::get<catalog::FileFormatBody>(source->body);
  } else {
    sql::Options format;
    std::ranges::copy_if(node.options, std::back_inserter(format),
                         [](const sql::Option& option) { return option.name.name != "COMMENT"; });
    TRY(auto read, load::FileFormat::read(format));
    body.type = std::string(load::name_of(read.type));
    body.options = load::to_properties(format);
    std::erase_if(body.options, [](const auto& option) { return option.first == "TYPE"; });
  }
  body.temporary = node.temporary;
  body.session = node.temporary ? running.context.session : 0;
  TRY(auto work, creation.begin(running));
  return creation.finish(
      running, *work,
      creation.record(running, *work, std::move(body), option_text(node.options, "COMMENT").value_or("")));
}

base::Result<Outcome> alter_file_format(Running& running, const sql::Alter& node) {
  auto found = running.find(ObjectKind::FileFormat, node.name);
  if (!found) {
    if (node.if_exists) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  TRY_VOID(running.require(**found, {"OWNERSHIP"}));
  TRY(auto work, running.begin_ddl({(*found)->id}));
  Record record = **found;
  auto& body = std::get<catalog::FileFormatBody>(record.body);
  if (const auto* rename = std::get_if<sql::RenameTo>(&node.action)) {
    TRY(auto parts, running.parts(rename->name));
    TRY(auto place, catalog::place(work->catalog(), running.context.names, parts, "ALTER FILE FORMAT"));
    if (work->catalog().find(ObjectKind::FileFormat, place.schema, place.name))
      return base::fail(catalog::already_exists(place.name));
    record.container = place.schema;
    record.name = place.name;
  } else if (const auto* set = std::get_if<sql::SetOptions>(&node.action)) {
    for (const sql::Option& option : set->options) {
      if (option.name.name == "COMMENT") {
        record.comment = option_plain(option.value);
        continue;
      }
      if (option.name.name == "TYPE" && option_plain(option.value) != body.type)
        return base::fail(
            compilation_error(1003, "42000", "The TYPE of a file format cannot be changed; create a new one."));
      std::erase_if(body.options, [&](const auto& property) { return property.first == option.name.name; });
      if (option.name.name != "TYPE") body.options.emplace_back(option.name.name, load::to_property_text(option.value));
    }
    TRY(auto read, load::FileFormat::read(body));
    (void)read;
  } else {
    return base::fail(unsupported("this ALTER FILE FORMAT"));
  }
  TRY_VOID(work->put(std::move(record)));
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

base::Result<Outcome> copy_into_table(Running& running, const sql::CopyIntoTable& node) {
  TRY(auto* rooms, loading(running));
  if (!running.session.parameters().flag("AUTOCOMMIT")) {
    TRY_VOID(running.session.engine().begin(running.context.now));
  }
  TRY(auto result, rooms->copy.run(running.session.engine(), running.context, node));
  engine::RowCounts counts;
  const auto& columns = result->columns();
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == "rows_loaded")
      for (std::uint64_t row = 0; row < result->row_count(); ++row)
        if (const auto value = result->value(row, i); const auto* rows = std::get_if<engine::Decimal>(&value))
          counts.loaded = counts.loaded.value_or(0) + static_cast<std::int64_t>(rows->digits);
  return Outcome{.result = std::move(result), .counts = counts, .query_id = {}, .type_id = statement_type::kCopy};
}

base::Result<Outcome> list_files(Running& running, const sql::ListFiles& node) {
  TRY(auto* rooms, loading(running));
  TRY(auto location, load::locate(*running.catalog(), running.context.names, running.context.user, node.stage));
  TRY(auto result, load::list_stage(rooms->buckets, location, node.pattern));
  return Outcome{.result = std::move(result), .counts = {}, .query_id = {}, .type_id = statement_type::kList};
}

base::Result<Outcome> remove_files(Running& running, const sql::RemoveFiles& node) {
  TRY(auto* rooms, loading(running));
  TRY(auto location,
      load::locate(*running.catalog(), running.context.names, running.context.user, node.stage, load::StageUse::Write));
  TRY(auto result, load::remove_staged(rooms->buckets, location, node.pattern));
  return Outcome{.result = std::move(result), .counts = {}, .query_id = {}, .type_id = statement_type::kRemove};
}

}  // namespace exec
