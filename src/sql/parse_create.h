#pragma once

// CREATE by kind of object. CREATE, OR REPLACE | OR ALTER and the words of the kind have been taken; each starts at
// [IF NOT EXISTS] name.

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

/// The adjectives between CREATE and the kind.
struct CreateWords {
  CreateMode mode;
  std::size_t first = 0;  // index of the token CREATE
  bool temporary = false, transient = false, secure = false, recursive = false, materialized = false, aggregate = false;
  bool external = false, dynamic = false, event = false, hybrid = false;
};

/// [IF NOT EXISTS] name; OR REPLACE together with IF NOT EXISTS is an error.
base::Result<ObjectName> parse_created_name(Cursor& cursor, CreateMode& mode);
base::Result<std::optional<CloneSource>> parse_clone(Cursor& cursor);
/// CLUSTER BY (..) or CLUSTER BY LINEAR(..), if it is there.
base::Status parse_cluster_by(Cursor& cursor, std::vector<Expr>& keys);
/// One statement or a block, kept as text; its syntax is checked, its names are not.
base::Result<TaskBody> parse_body(Cursor& cursor);

base::Result<Statement> parse_create_table(Cursor& cursor, CreateWords words);
base::Result<Statement> parse_create_view(Cursor& cursor, CreateWords words);
base::Result<Statement> parse_create_pipe(Cursor& cursor, CreateWords words);
base::Result<Statement> parse_create_stream(Cursor& cursor, CreateWords words);
base::Result<Statement> parse_create_task(Cursor& cursor, CreateWords words);
base::Result<Statement> parse_create_alert(Cursor& cursor, CreateWords words);
base::Result<Statement> parse_create_routine(Cursor& cursor, CreateWords words, CreateRoutine::Kind kind);

}  // namespace sql
