#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace engine::duck {

/// What failed, in the analytical engine's own classes, as far as translation needs them.
enum class Failure { OutOfRange, Conversion, DivideByZero, Interrupt, OutOfMemory, Io, Transaction, Constraint, Other };

/// An error of the dialect for one of the engine's. Our own functions report theirs as
/// "\x01NUMBER\x1fSQLSTATE\x1fMESSAGE" (up to an optional \x02): it is taken as it stands. The engine's names and words
/// stay in the log.
base::Error translate(Failure failure, std::string_view message);

/// SQL that fails with an error of the dialect when it is evaluated.
std::string raise_sql(int number, std::string_view sqlstate, std::string_view message);

/// 'text' with quotes doubled.
std::string quoted(std::string_view text);

}  // namespace engine::duck
