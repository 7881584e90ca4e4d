#include "engine/functions/native_support.h"

namespace engine::native {

void add_variant_functions(duckdb_connection) {}

}  // namespace engine::native
