#pragma once

namespace base {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

/// Guards what only a bug can break: stays on in release and ends the process. No input may reach it.
#define ASSERT(condition)                                       \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::base::assertion_failed(#condition, __FILE__, __LINE__); \
  } while (false)
