#pragma once

#include <quickjs.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "catalog/logical_type.h"
#include "engine/values/value.h"
#include "proc/js_runtime.h"

namespace proc {

/// NULL as the language sees it: `undefined` in arguments, `null` in the columns of a result.
enum class JsNull { Undefined, Null };

/// A SQL value in JavaScript; may be an exception (no memory left). Timestamps and dates become Date.
/// Source: streams-tasks-sql.md 5.2, type map in.
JsValue to_js(JSContext* context, const engine::Value& value, JsNull null);

/// Seconds and nanoseconds of a timestamp or date as the class SfDate is made from them.
std::optional<engine::Timestamp> sf_date_parts(const engine::Value& value);

/// A returned value cast to the declared type. `stringify` is the prelude's canonical JSON text of a value.
/// Errors: InvalidValue 100071 "Failed to cast variant value V to TYPE".
base::Result<engine::Value> from_js(JSContext* context, JSValueConst value, const catalog::LogicalType& type,
                                    JSValueConst stringify);

/// The text of a cell, as getColumnValueAsString answers it; timestamps in ISO form, of LTZ and TZ the instant's own
/// offset.
std::string cell_text(const engine::Value& value, const catalog::LogicalType& type);

/// The exact decimal text of a NUMBER.
std::string number_text(const engine::Decimal& value);

}  // namespace proc
