#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/database/database.h"
#include "flow/engine/attributes.h"
#include "flow/record/value.h"

namespace flow::database {

/// The parameters of a statement as attributes say them: sql.args.N.type (a code of java.sql.Types), .value and
/// .format, N from 1. Texts are in the arena. Errors: InvalidValue, with the attribute named.
/// Source: NiFi's JdbcCommon.
base::Result<Parameters> attribute_parameters(const Attributes& attributes, record::Arena& arena);

/// A text as a value of a type: as attributes and records without better types give them.
base::Result<record::Value> parameter_value(Type type, std::string_view text, std::string_view format,
                                            record::Arena& arena);

}  // namespace flow::database
