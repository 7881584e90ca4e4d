#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

/// METADATA$ROW_ID in the engine's SQL: 40 lower-case hex characters of a row space (TableBody::row_space) and a row id
/// column.
std::string row_id_sql(std::uint64_t row_space, std::string_view row);

}  // namespace engine
