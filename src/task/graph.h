#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/snapshot.h"

namespace task {

const catalog::TaskBody& body_of(const catalog::Record& task);

/// Tasks of a schema that have `name` as a predecessor, by name.
std::vector<catalog::RecordPtr> children_of(const catalog::Snapshot& catalog, catalog::ObjectId schema,
                                            std::string_view name);
/// The finalizer of a root, or null.
catalog::RecordPtr finalizer_of(const catalog::Snapshot& catalog, const catalog::Record& root);
/// The root of the graph that a task is in; a finalizer's is the root that it finalizes.
catalog::RecordPtr root_of(const catalog::Snapshot& catalog, catalog::RecordPtr task);
/// Root first, then every child after all of its predecessors, by name where that leaves a choice. Without the
/// finalizer.
std::vector<catalog::RecordPtr> graph_of(const catalog::Snapshot& catalog, const catalog::RecordPtr& root);

/// A task with a schedule or a WHEN over a stream that starts by itself.
bool is_triggered(const catalog::TaskBody& task);
/// An option as it was written, or what it is without it.
std::string option_of(const catalog::TaskBody& task, std::string_view name, std::string_view otherwise = {});
std::int64_t number_option(const catalog::TaskBody& task, std::string_view name, std::int64_t otherwise);

/// Limits and cycles of the graph as it would be with `changed` in place of its old state.
/// Errors: InvalidValue.
base::Status check_graph(const catalog::Snapshot& catalog, const catalog::Record& changed);

}  // namespace task
