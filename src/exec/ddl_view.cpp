#include <fmt/format.h>

#include <set>

#include "exec/create_object.h"
#include "exec/running.h"

namespace exec {

using catalog::ObjectKind;

base::Result<Outcome> create_view(Running& running, const sql::CreateView& node) {
  if (node.materialized) return base::fail(unsupported("CREATE MATERIALIZED VIEW"));
  if (node.recursive) return base::fail(unsupported("CREATE RECURSIVE VIEW"));
  TRY(auto creation, Creation::plan(running, ObjectKind::View, node.mode, node.name, "CREATE VIEW"));
  if (creation.done) return *creation.done;
  TRY(auto work, creation.begin(running));
  // A view that cannot be read is refused; what its names mean is found in its own schema, now and later.
  running.context.names.schema = creation.place.schema;
  if (const auto schema = work->catalog().find(creation.place.schema))
    running.context.names.database = schema->container;
  running.context.names.public_too = false;
  auto context = running.bind_context(*work);
  TRY(auto bound, engine::bind_query(node.query, context));
  catalog::ViewBody body{.query_text = node.query_text.text,
                         .definition_text = std::string(running.text),
                         .column_names = {},
                         .secure = node.secure};
  if (!node.columns.empty() && node.columns.size() != bound.columns.size())
    return base::fail(compilation_error(
        2042, "42601",
        fmt::format("The view definition has {} columns and its query {}", node.columns.size(), bound.columns.size())));
  std::set<std::string> names;
  for (std::size_t i = 0; i < bound.columns.size(); ++i) {
    const std::string& name = node.columns.empty() ? bound.columns[i].name : node.columns[i].name.name;
    if (!names.insert(name).second)
      return base::fail(compilation_error(2025, "42S21", fmt::format("duplicate column name '{}'", name)));
  }
  for (const sql::ViewColumn& column : node.columns) body.column_names.push_back(column.name.name);
  return creation.finish(
      running, *work,
      creation.record(running, *work, std::move(body), option_text(node.options, "COMMENT").value_or("")));
}

base::Result<Outcome> create_sequence(Running& running, const sql::CreateSequence& node) {
  TRY(auto creation, Creation::plan(running, ObjectKind::Sequence, node.mode, node.name, "CREATE SEQUENCE"));
  if (creation.done) return *creation.done;
  catalog::SequenceBody body;
  if (node.start) body.start = std::stoll(*node.start);
  if (node.increment) body.step = std::stoll(*node.increment);
  if (body.step == 0)
    return base::fail(compilation_error(1008, "22023", "invalid value [0] for parameter 'INCREMENT'"));
  body.next = body.start;
  body.ordered = node.ordered.value_or(!running.session.parameters().flag("NOORDER_SEQUENCE_AS_DEFAULT"));
  TRY(auto work, creation.begin(running));
  return creation.finish(running, *work,
                         creation.record(running, *work, body, option_text(node.options, "COMMENT").value_or("")));
}

}  // namespace exec
