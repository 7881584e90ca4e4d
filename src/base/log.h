#pragma once

#include <fmt/format.h>

#include <string_view>

namespace base {

enum class LogLevel { Error, Warn, Info, Debug };

/// Writes one line per outcome to standard error, event first, then key=value: never secrets, never row data.
void log_line(LogLevel level, std::string_view line);
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

}  // namespace base

#define FRESHET_LOG(level, ...)                                                        \
  do {                                                                                 \
    if (::base::log_enabled(level)) ::base::log_line(level, fmt::format(__VA_ARGS__)); \
  } while (false)
#define LOG_ERROR(...) FRESHET_LOG(::base::LogLevel::Error, __VA_ARGS__)
#define LOG_WARN(...) FRESHET_LOG(::base::LogLevel::Warn, __VA_ARGS__)
#define LOG_INFO(...) FRESHET_LOG(::base::LogLevel::Info, __VA_ARGS__)
#define LOG_DEBUG(...) FRESHET_LOG(::base::LogLevel::Debug, __VA_ARGS__)
