#pragma once

#include <cstdint>
#include <string>

namespace base {

/// Exact integers of up to 38 decimal digits. (`__extension__` because ISO C++ has no such type.)
__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

std::string to_string(Int128 value);

/// 10 to the power `exponent`, 0 to 38.
Int128 power_of_ten(int exponent);

}  // namespace base
