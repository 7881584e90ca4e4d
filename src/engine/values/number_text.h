#pragma once

#include <optional>
#include <string_view>

#include "base/int128.h"
#include "engine/values/value.h"

namespace engine {

enum class NumberProblem { None, NotRecognized, OutOfRange };

/// Reads sign, digits, fraction, exponent, blanks around; excess fraction digits are rounded half away from zero. The
/// digits of value * 10^scale. OutOfRange when more than `precision` digits are needed.
NumberProblem read_number(std::string_view text, int precision, int scale, base::Int128& digits);
/// The same, taking precision and scale from the text (38 digits at most).
std::optional<Decimal> read_decimal(std::string_view text);
/// As above plus inf, -inf, NaN.
std::optional<double> read_float(std::string_view text);
/// true t yes y on 1 / false f no n off 0, without case, trimmed.
std::optional<bool> read_boolean(std::string_view text);

}  // namespace engine
