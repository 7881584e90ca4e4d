#include "engine/duckdb/variant_text.h"

namespace engine::duck {

std::string variant_text(std::string_view cell) { return std::string(cell); }

}  // namespace engine::duck
