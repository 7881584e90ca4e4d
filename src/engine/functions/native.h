#pragma once

struct _duckdb_connection;

namespace engine {

/// Makes our scalar functions (fr_...) known to the whole instance of the connection. Once per instance.
/// They fail with "\x01NUMBER\x1fSQLSTATE\x1fmessage\x02", which the adapter of the engine decodes.
void register_native_functions(_duckdb_connection* connection);

}  // namespace engine
