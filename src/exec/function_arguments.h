#pragma once

#include <optional>
#include <string>

#include "catalog/record.h"
#include "exec/table_functions.h"

namespace exec {

/// Reads the named arguments of a table function; each getter is nothing for one that is missing or NULL.
class ArgumentReader {
 public:
  ArgumentReader(std::string_view function, Running& running, const FunctionArguments& arguments)
      : function_(function), running_(running), arguments_(arguments) {}

  std::optional<std::string> text(std::string_view name) const;
  base::Result<std::optional<std::int64_t>> number(std::string_view name) const;
  base::Result<std::optional<bool>> flag(std::string_view name) const;
  /// A timestamp of any kind, or a date. A wall clock without zone is one in the session's zone.
  base::Result<std::optional<base::Instant>> instant(std::string_view name) const;
  /// The object that a text names. Errors: NotFound; InvalidValue when it is missing.
  base::Result<catalog::RecordPtr> object(std::string_view name, catalog::ObjectKind kind) const;
  /// Errors: an argument that is none of these.
  base::Status only(std::initializer_list<std::string_view> known) const;

 private:
  const engine::Value* find(std::string_view name) const;
  base::Error wrong(std::string_view name) const;

  std::string_view function_;
  Running& running_;
  const FunctionArguments& arguments_;
};

}  // namespace exec
