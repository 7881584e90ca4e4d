#pragma once

#include "proc/js_runtime.h"

namespace proc {

/// The script that builds the objects `snowflake`, Statement, ResultSet and SfDate from the native functions handed to
/// it. It evaluates to a function of {execute, value, text, trace, statements} that answers {snowflake, stringify,
/// SfDate, isSqlError}.
const JsProgram& js_prelude();

}  // namespace proc
