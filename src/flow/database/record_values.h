#pragma once

#include <string_view>

#include "base/result.h"
#include "flow/database/database.h"
#include "flow/record/value.h"

namespace flow::database {

/// What texts are in columns of bytes.
enum class BinaryText { Utf8, Hexadecimal, Base64 };

/// The value of a field as a column of a type takes it. What cannot be converted stays what it was: the database says
/// what is wrong with it. Records, maps and arrays are JSON. Errors: InvalidValue, for bytes that are not of the form.
base::Result<record::Value> column_value(const record::Value& value, Type type, BinaryText form, record::Arena& arena);

}  // namespace flow::database
