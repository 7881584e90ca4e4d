#include "proc/script_scope.h"

#include <algorithm>

namespace proc {

ScriptEntry* ScriptScopes::find(std::string_view name) {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
    for (Names* names : {&block->let, &block->declared})
      if (const auto found = names->find(name); found != names->end()) return &found->second;
  return nullptr;
}

std::optional<engine::NamedBind> ScriptScopes::value(std::string_view name) {
  if (const auto* variable = find_as<ScriptValue>(name)) return variable->bind;
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto* row = find_as<ScriptRow>(name.substr(0, dot));
  if (!row) return std::nullopt;
  const auto& columns = row->result->columns();
  const auto column = std::ranges::find(columns, name.substr(dot + 1), &engine::ResultColumn::name);
  if (column == columns.end()) return std::nullopt;
  return engine::NamedBind{row->result->value(row->at, static_cast<std::size_t>(column - columns.begin())),
                           column->type};
}

}  // namespace proc
