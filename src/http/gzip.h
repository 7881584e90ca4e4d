#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace http {

bool is_gzip(std::string_view bytes);
/// Errors: InvalidValue for broken data, and for more than `limit` bytes.
base::Result<std::string> gunzip(std::string_view bytes, std::size_t limit);
/// At the fastest level: clients are near.
std::string gzip(std::string_view bytes);

}  // namespace http
