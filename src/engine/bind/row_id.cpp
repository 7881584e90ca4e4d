#include "engine/bind/row_id.h"

#include <fmt/format.h>

namespace engine {

std::string row_id_sql(std::uint64_t row_space, std::string_view row) {
  return fmt::format("sha1('{}:' || CAST({} AS VARCHAR))", row_space, row);
}

}  // namespace engine
