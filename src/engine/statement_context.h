#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/logical_type.h"
#include "catalog/name_resolution.h"
#include "catalog/snapshot.h"
#include "engine/locks.h"
#include "engine/parameters.h"
#include "engine/values/value.h"

namespace engine {

class Work;

/// A value that SQL names `:name`, with the type that the value alone does not tell.
struct NamedBind {
  Value value;
  catalog::LogicalType type;
};
using NamedBinds = std::map<std::string, NamedBind, std::less<>>;

/// All that a statement sees besides its text, fixed when it starts. exec/ fills it.
struct StatementContext {
  std::int64_t session = 0;
  std::string user, role, query_id;
  std::optional<std::string> warehouse;
  catalog::NameScope names;  // where the names of the text look; a view's body gets its own
  const Parameters* parameters = nullptr;
  const std::map<std::string, Value>* variables = nullptr;  // session variables, upper case
  std::span<const Value> binds;                             // `?` and `:1`
  const NamedBinds* named_binds = nullptr;                  // `:name` of scripting, stored form
  base::Instant now;                                        // the one value of CURRENT_TIMESTAMP and its like
  CancelToken* cancel = nullptr;
  std::string last_query_id;
  /// Values of context functions that only exec/ knows: upper-case name -> value (CURRENT_CLIENT, CURRENT_VERSION ...).
  std::map<std::string, Value> context_functions;
};

}  // namespace engine
