#include "task/task_definition.h"

#include <boost/json.hpp>
#include <cctype>
#include <charconv>
#include <set>

#include "base/overloaded.h"
#include "engine/parameters.h"
#include "sql/parser.h"
#include "task/condition.h"
#include "task/graph.h"
#include "task/schedule.h"

namespace task {
namespace {

using catalog::Record;
using catalog::RecordPtr;
using catalog::TaskBody;

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string option_text(const sql::OptionValue& value) {
  return std::visit(base::Overloaded{
                        [](const sql::OptionWord& word) { return word.written; },
                        [](const sql::OptionString& text) { return text.value; },
                        [](const sql::OptionNumber& number) { return number.text; },
                        [](const sql::OptionList&) { return std::string(); },
                        [](const sql::OptionGroup&) { return std::string(); },
                    },
                    value.node);
}

struct Bounds {
  std::int64_t low, high;
};
const std::map<std::string_view, Bounds> kNumbers{{"USER_TASK_TIMEOUT_MS", {0, 604'800'000}},
                                                  {"SUSPEND_TASK_AFTER_NUM_FAILURES", {0, 1'000'000}},
                                                  {"TASK_AUTO_RETRY_ATTEMPTS", {0, 30}},
                                                  {"USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS", {10, 604'800}}};
const std::set<std::string_view> kTexts{"CONFIG",
                                        "ERROR_INTEGRATION",
                                        "SUCCESS_INTEGRATION",
                                        "LOG_LEVEL",
                                        "TARGET_COMPLETION_INTERVAL",
                                        "SERVERLESS_TASK_MIN_STATEMENT_SIZE",
                                        "SERVERLESS_TASK_MAX_STATEMENT_SIZE",
                                        "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE",
                                        "OVERLAP_POLICY",
                                        "ALLOW_OVERLAPPING_EXECUTION"};

auto refuse(std::string message) { return base::fail(base::ErrorKind::InvalidValue, std::move(message)); }
auto compilation(std::string message, int number, std::string state) {
  return base::fail(
      {base::ErrorKind::InvalidValue, number, std::move(state), "SQL compilation error:\n" + message, {}});
}

void put(catalog::Properties& properties, const std::string& name, std::string value) {
  for (auto& [key, old] : properties)
    if (key == name) {
      old = std::move(value);
      return;
    }
  properties.emplace_back(name, std::move(value));
}

bool is_object(const std::string& text) {
  boost::system::error_code problem;
  const auto value = boost::json::parse(text, problem);
  return !problem && value.is_object();
}

base::Status apply_parameter(TaskBody& body, const std::string& name, const std::string& value) {
  if (!engine::known_parameters().contains(name))
    return compilation(fmt::format("invalid property '{}' for 'TASK'", name), 1420, "42601");
  if (name == "AUTOCOMMIT" && upper(value) == "FALSE")
    return refuse("The parameter AUTOCOMMIT = false is not supported with Tasks. Remove the parameter and try again.");
  if (name == "SEARCH_PATH")
    return refuse("The parameter SEARCH_PATH is not supported with Tasks. Remove the parameter and try again.");
  engine::Parameters check;
  TRY_VOID(check.set(name, value));
  put(body.parameters, name, value);
  return {};
}

}  // namespace

base::Status apply_option(Record& task, const sql::Option& option) {
  TaskBody& body = std::get<TaskBody>(task.body);
  const std::string name = upper(option.name.name);
  std::string value = option_text(option.value);
  if (name == "COMMENT")
    task.comment = value;
  else if (name == "SCHEDULE") {
    TRY_VOID(parse_schedule(value));
    body.schedule = value;
  } else if (name == "WAREHOUSE") {
    const auto* word = std::get_if<sql::OptionWord>(&option.value.node);
    body.warehouse = word != nullptr && word->name.parts.size() == 1 ? word->name.parts[0].name : value;
  } else if (const auto number = kNumbers.find(name); number != kNumbers.end()) {
    std::int64_t n = -1;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), n).ptr;
    if (value.empty() || end != value.data() + value.size() || n < number->second.low || n > number->second.high)
      return compilation(fmt::format("invalid value [{}] for parameter '{}'", value, name), 1008, "22023");
    put(body.options, name, value);
  } else if (name == "OVERLAP_POLICY") {
    value = upper(value);
    if (value != "NO_OVERLAP" && value != "ALLOW_CHILD_OVERLAP" && value != "ALLOW_ALL_OVERLAP")
      return compilation(fmt::format("invalid value '{}' for property 'OVERLAP_POLICY'", value), 1008, "22023");
    put(body.options, name, value);
  } else if (name == "ALLOW_OVERLAPPING_EXECUTION") {
    value = upper(value);
    if (value != "TRUE" && value != "FALSE")
      return compilation(fmt::format("invalid value [{}] for parameter '{}'", value, name), 1008, "22023");
    put(body.options, name, value);
  } else if (name == "CONFIG") {
    if (!is_object(value)) return refuse("Invalid config. Must be a string representation of a valid JSON Object.");
    put(body.options, name, value);
  } else if (kTexts.contains(name))
    put(body.options, name, value);
  else
    return apply_parameter(body, name, value);
  return {};
}

base::Status remove_option(Record& task, std::string_view given) {
  TaskBody& body = std::get<TaskBody>(task.body);
  const std::string name = upper(std::string(given));
  const auto erase = [&](catalog::Properties& properties) {
    std::erase_if(properties, [&](const auto& p) { return p.first == name; });
  };
  if (name == "COMMENT")
    task.comment.clear();
  else if (name == "SCHEDULE")
    body.schedule.clear();
  else if (name == "WAREHOUSE")
    body.warehouse.clear();
  else if (name == "FINALIZE")
    body.finalize.clear();
  else if (kNumbers.contains(name) || kTexts.contains(name))
    erase(body.options);
  else if (engine::known_parameters().contains(name))
    erase(body.parameters);
  else
    return compilation(fmt::format("invalid property '{}' for 'TASK'", name), 1420, "42601");
  return {};
}

base::Result<std::string> linked_task(const catalog::Snapshot& catalog, const Record& task, const sql::ObjectName& name,
                                      LinkKind kind) {
  const std::string last = name.parts.empty() ? std::string() : name.parts.back().name;
  const RecordPtr schema = catalog.find(task.container);
  bool elsewhere = name.parts.size() > 1 && schema != nullptr && name.parts[name.parts.size() - 2].name != schema->name;
  if (name.parts.size() == 3 && schema != nullptr)
    if (const RecordPtr database = catalog.find(schema->container))
      elsewhere = elsewhere || name.parts[0].name != database->name;
  if (elsewhere)
    return refuse(kind == LinkKind::Predecessor
                      ? fmt::format("Cannot have predecessor {} from a different schema.", last)
                      : fmt::format("Cannot finalize graph {}.{} in a different schema.",
                                    name.parts[name.parts.size() - 2].name, last));
  if (last == task.name)
    return refuse(kind == LinkKind::Predecessor ? fmt::format("Task {} cannot use itself as its predecessor.", last)
                                                : fmt::format("Task {} cannot finalize itself.", last));
  if (catalog.find(catalog::ObjectKind::Task, task.container, last) == nullptr)
    return refuse(kind == LinkKind::Predecessor ? fmt::format("Invalid predecessor {} was specified.", last)
                                                : fmt::format("Invalid finalized root task {} was specified.", last));
  return last;
}

base::Status check_root_suspended(const catalog::Snapshot& catalog, const RecordPtr& task) {
  const RecordPtr root = root_of(catalog, task);
  if (root == nullptr || !body_of(*root).started) return {};
  return base::fail(base::ErrorKind::Conflict,
                    fmt::format("Unable to update graph with root task {} since that root task is not suspended.",
                                catalog.qualified_name(*root)));
}

base::Status check_task(const catalog::Snapshot& catalog, const Record& task) {
  const TaskBody& body = body_of(task);
  const std::string qualified = catalog.qualified_name(task);
  const bool child = !body.predecessors.empty();
  const std::string overlap = option_of(body, "OVERLAP_POLICY"), allow = option_of(body, "ALLOW_OVERLAPPING_EXECUTION");
  if (!overlap.empty() && !allow.empty() &&
      (allow == "TRUE" ? overlap != "ALLOW_CHILD_OVERLAP" : overlap != "NO_OVERLAP"))
    return refuse(
        "Cannot specify ALLOW_OVERLAPPING_EXECUTION and OVERLAP_POLICY to different values in the same command.");
  if (!body.warehouse.empty() && !option_of(body, "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE").empty())
    return refuse("Cannot specify both WAREHOUSE and USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE for task " + qualified +
                  ".");
  if (!body.finalize.empty()) {
    if (!body.schedule.empty())
      return refuse(fmt::format("Task {} cannot have a schedule and be a finalizer task.", task.name));
    if (child) return refuse(fmt::format("Task {} cannot have predecessors as a finalizer task.", qualified));
    if (!children_of(catalog, task.container, task.name).empty())
      return refuse(fmt::format("Task {} cannot have children as a finalizer task.", qualified));
    const RecordPtr root = catalog.find(catalog::ObjectKind::Task, task.container, body.finalize);
    if (root != nullptr && !body_of(*root).predecessors.empty())
      return refuse(
          fmt::format("Task {} cannot finalize a non-root task {}.", qualified, catalog.qualified_name(*root)));
    if (root != nullptr)
      if (const RecordPtr other = finalizer_of(catalog, *root);
          other != nullptr && other->id != task.id && other->name != task.name)
        return refuse(fmt::format("Finalize target {} already have finalizer.", root->name));
  }
  if (child) {
    if (!body.schedule.empty())
      return refuse(fmt::format("Task {} cannot have both a schedule and a predecessor.", task.name));
    if (!option_of(body, "CONFIG").empty())
      return refuse(fmt::format("Task {} cannot both be a non-root task and have a config.", qualified));
    if (!allow.empty())
      return refuse(fmt::format("Cannot set allow_overlapping_execution on non-root task {}.", qualified));
    if (!overlap.empty()) return refuse(fmt::format("Cannot set overlap policy on non-root task {}.", qualified));
    if (!option_of(body, "TASK_AUTO_RETRY_ATTEMPTS").empty())
      return refuse(
          fmt::format("Cannot set parameter TASK_AUTO_RETRY_ATTEMPTS on non-root task {}. Non-root tasks use the "
                      "parameter setting from their root "
                      "task. Please set this on the root task for this task instead.",
                      task.name));
    for (const std::string& name : body.predecessors)
      if (const RecordPtr above = catalog.find(catalog::ObjectKind::Task, task.container, name);
          above != nullptr && !body_of(*above).finalize.empty())
        return refuse(fmt::format("Task {} cannot have children as a finalizer task.", catalog.qualified_name(*above)));
  }
  return check_graph(catalog, task);
}

base::Result<DefinitionChange> create_task(const DefinitionContext& context, const sql::CreateTask& statement) {
  const RecordPtr old = context.catalog.find(catalog::ObjectKind::Task, context.schema, context.name);
  Record task;
  task.kind = catalog::ObjectKind::Task;
  task.container = context.schema;
  task.name = context.name;
  task.owner = context.owner;
  task.created = context.now;
  TaskBody body;
  if (statement.clone) {
    TRY(const std::string source, linked_task(context.catalog, task, statement.clone->name, LinkKind::Predecessor));
    const RecordPtr original = context.catalog.find(catalog::ObjectKind::Task, context.schema, source);
    body = body_of(*original);
    task.comment = original->comment;
    body.started = false;
    body.graph_version = 1;
    body.consecutive_failures = 0;
    body.schedule_base = body.last_committed = body.last_suspended = std::nullopt;
    body.last_suspended_reason.clear();
  }
  body.uuid = context.new_uuid();
  if (!statement.clone) body.definition = statement.body.text;
  task.body = body;
  std::set<std::string> given;
  std::optional<sql::ObjectName> finalize;
  for (const sql::Option& option : statement.options) {
    const std::string name = upper(option.name.name);
    if (!given.insert(name).second) return compilation(fmt::format("duplicate property '{}';", name), 1425, "42601");
    if (name == "FINALIZE") {
      if (const auto* word = std::get_if<sql::OptionWord>(&option.value.node))
        finalize = word->name;
      else
        return refuse(fmt::format("Invalid finalized root task {} was specified.", option_text(option.value)));
    } else {
      TRY_VOID(apply_option(task, option));
    }
  }
  if (statement.when) {
    TRY_VOID(check_condition(*statement.when));
    std::get<TaskBody>(task.body).condition = statement.when_text.text;
  }
  if (old != nullptr && statement.mode.if_not_exists)
    return DefinitionChange{{}, fmt::format("{} already exists, statement succeeded.", context.name)};
  if (old != nullptr && !statement.mode.or_replace && !statement.mode.or_alter)
    return base::fail(
        {base::ErrorKind::AlreadyExists,
         2002,
         "42710",
         fmt::format("SQL compilation error:\nObject '{}' already exists.", context.catalog.qualified_name(*old)),
         {}});
  auto& made = std::get<TaskBody>(task.body);
  for (const sql::ObjectName& name : statement.after) {
    TRY(std::string stored, linked_task(context.catalog, task, name, LinkKind::Predecessor));
    made.predecessors.push_back(std::move(stored));
  }
  std::sort(made.predecessors.begin(), made.predecessors.end());
  made.predecessors.erase(std::unique(made.predecessors.begin(), made.predecessors.end()), made.predecessors.end());
  if (finalize) {
    TRY(made.finalize, linked_task(context.catalog, task, *finalize, LinkKind::FinalizedRoot));
  }
  if (old != nullptr && !made.predecessors.empty() && finalizer_of(context.catalog, *old) != nullptr)
    return refuse(
        fmt::format("Cannot replace task {} with a non-root task because it has a finalizer task. Please remove the "
                    "finalizer task first.",
                    context.catalog.qualified_name(*old)));
  // A root may be replaced while it is started; a member of a started graph may not, nor may one join it.
  if (old != nullptr && root_of(context.catalog, old) != old) TRY_VOID(check_root_suspended(context.catalog, old));
  for (const std::string& name : made.predecessors)
    TRY_VOID(
        check_root_suspended(context.catalog, context.catalog.find(catalog::ObjectKind::Task, context.schema, name)));
  if (finalize)
    TRY_VOID(check_root_suspended(context.catalog,
                                  context.catalog.find(catalog::ObjectKind::Task, context.schema, made.finalize)));
  task.id = old != nullptr && statement.mode.or_alter ? old->id : context.new_id();
  TRY_VOID(check_task(context.catalog, task));
  DefinitionChange change{{}, fmt::format("Task {} successfully created.", context.name)};
  if (old != nullptr && task.id != old->id) change.change.erase.push_back(old->id);
  change.change.put.push_back(std::make_shared<const Record>(std::move(task)));
  return change;
}

}  // namespace task
