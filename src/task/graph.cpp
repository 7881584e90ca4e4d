#include "task/graph.h"

#include <charconv>
#include <set>

namespace task {

using catalog::RecordPtr;

const catalog::TaskBody& body_of(const catalog::Record& task) { return std::get<catalog::TaskBody>(task.body); }

namespace {

bool has_predecessor(const catalog::Record& task, std::string_view name) {
  const auto& names = body_of(task).predecessors;
  return std::find(names.begin(), names.end(), name) != names.end();
}
RecordPtr find_task(const catalog::Snapshot& catalog, catalog::ObjectId schema, std::string_view name) {
  return catalog.find(catalog::ObjectKind::Task, schema, name);
}

}  // namespace

std::vector<RecordPtr> children_of(const catalog::Snapshot& catalog, catalog::ObjectId schema, std::string_view name) {
  std::vector<RecordPtr> children;
  for (const RecordPtr& task : catalog.list(catalog::ObjectKind::Task, schema))
    if (has_predecessor(*task, name)) children.push_back(task);
  return children;
}

RecordPtr finalizer_of(const catalog::Snapshot& catalog, const catalog::Record& root) {
  for (const RecordPtr& task : catalog.list(catalog::ObjectKind::Task, root.container))
    if (body_of(*task).finalize == root.name) return task;
  return nullptr;
}

RecordPtr root_of(const catalog::Snapshot& catalog, RecordPtr task) {
  for (int depth = 0; depth < 1001 && task != nullptr; ++depth) {
    const catalog::TaskBody& body = body_of(*task);
    const std::string up = !body.finalize.empty()      ? body.finalize
                           : body.predecessors.empty() ? std::string()
                                                       : body.predecessors.front();
    const RecordPtr above = up.empty() ? nullptr : find_task(catalog, task->container, up);
    if (above == nullptr) return task;
    task = above;
  }
  return task;
}

std::vector<RecordPtr> graph_of(const catalog::Snapshot& catalog, const RecordPtr& root) {
  std::map<std::string, RecordPtr> members;
  std::vector<RecordPtr> reached{root};
  const auto all = catalog.list(catalog::ObjectKind::Task, root->container);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (!members.emplace(reached[i]->name, reached[i]).second) continue;
    for (const RecordPtr& task : all)
      if (has_predecessor(*task, reached[i]->name) && !members.contains(task->name)) reached.push_back(task);
  }
  std::vector<RecordPtr> order;
  std::set<std::string> placed;
  while (order.size() < members.size()) {
    const std::size_t before = order.size();
    for (const auto& [name, task] : members) {
      if (placed.contains(name)) continue;
      const auto& predecessors = body_of(*task).predecessors;
      if (!std::all_of(predecessors.begin(), predecessors.end(),
                       [&](const auto& p) { return !members.contains(p) || placed.contains(p); }))
        continue;
      order.push_back(task);
      placed.insert(name);
    }
    if (order.size() == before) break;  // a cycle; check_graph keeps them out
  }
  return order;
}

bool is_triggered(const catalog::TaskBody& task) {
  return task.schedule.empty() && task.predecessors.empty() && task.finalize.empty() && !task.condition.empty();
}

std::string option_of(const catalog::TaskBody& task, std::string_view name, std::string_view otherwise) {
  for (const auto& [key, value] : task.options)
    if (key == name) return value;
  return std::string(otherwise);
}

std::int64_t number_option(const catalog::TaskBody& task, std::string_view name, std::int64_t otherwise) {
  const std::string text = option_of(task, name);
  std::int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

base::Status check_graph(const catalog::Snapshot& catalog, const catalog::Record& changed) {
  const auto after = catalog.with({.put = {std::make_shared<const catalog::Record>(changed)}, .erase = {}});
  const std::string name = after->qualified_name(changed);
  const auto refuse = [&](std::string_view message) {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: {}", message, name));
  };
  const auto& predecessors = body_of(changed).predecessors;
  if (predecessors.size() > 100) return refuse("A task has at most 100 predecessors");
  // Walk up: the task above itself is a cycle, two tops are two roots.
  std::set<std::string> seen, roots;
  std::vector<std::string> open(predecessors.begin(), predecessors.end());
  while (!open.empty()) {
    const std::string up = open.back();
    open.pop_back();
    if (up == changed.name) return refuse("Task graphs cannot have cycles");
    if (!seen.insert(up).second) continue;
    if (after->find(catalog::ObjectKind::Task, changed.container, up) == nullptr) continue;
    if (children_of(*after, changed.container, up).size() > 100)
      return refuse("A task has at most 100 children, more would be those of " + up);
    const auto above = after->find(catalog::ObjectKind::Task, changed.container, up);
    if (body_of(*above).predecessors.empty()) roots.insert(up);
    open.insert(open.end(), body_of(*above).predecessors.begin(), body_of(*above).predecessors.end());
  }
  if (roots.size() > 1) return refuse("A task graph has exactly one root task");
  const RecordPtr root = root_of(*after, std::make_shared<const catalog::Record>(changed));
  if (graph_of(*after, root).size() > 1000) return refuse("A task graph has at most 1000 tasks");
  return {};
}

}  // namespace task
