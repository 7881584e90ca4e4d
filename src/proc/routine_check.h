#pragma once

#include <string_view>

#include "base/result.h"
#include "catalog/record.h"

namespace proc {

/// What CREATE PROCEDURE and CREATE FUNCTION refuse, beside syntax: types that the language cannot take, names that it
/// cannot declare, unknown languages. Bodies are not compiled here: a broken one fails at its call. Errors: Unsupported
/// 000002 (0A000) with the texts of streams-tasks-sql.md 5.2; PYTHON, JAVA and SCALA are stored.
base::Status check_routine(std::string_view name, const catalog::ProcedureBody& routine);

/// What a call refuses by name: languages that are stored but do not run here. Errors: Unsupported 000002 (0A000).
base::Status check_callable(std::string_view name, const catalog::ProcedureBody& routine);

}  // namespace proc
