#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "catalog/logical_type.h"

namespace catalog {

using ObjectId = base::Id<struct ObjectTag>;
using ColumnId = base::Id<struct ColumnTag>;
using SegmentId = base::Id<struct SegmentTag>;
/// Identifies a transaction: stamped on every row image that it made or ended. 0 is before everything.
using TransactionId = base::Id<struct TransactionTag>;
/// Counts commits: the state of all tables after the n-th.
using Version = base::Id<struct VersionTag>;

enum class ObjectKind : std::uint8_t {
  Database,
  Schema,
  Table,
  View,
  Stage,
  FileFormat,
  Pipe,
  Sequence,
  Stream,
  Task,
  Procedure,
  Function,
  Warehouse,
  Role,
  User,
  Integration,
};

/// "Table", "File format": how messages begin.
std::string_view noun(ObjectKind kind);

/// An ordered list of properties as they were written: NAME = value, the value as SQL text.
using Properties = std::vector<std::pair<std::string, std::string>>;

struct Column {
  ColumnId id;  // the physical column is c<id> in every segment that has it
  std::string name;
  LogicalType type;
  bool nullable = true;
  bool wide = false;                        // its carrier has been widened
  std::optional<std::string> default_text;  // SQL
  std::optional<std::int64_t> identity_start, identity_step;
  std::optional<ObjectId> identity_sequence;
  std::string comment;
};

/// A segment is a pair of physical tables, live and past rows. The last one of a table is current; earlier ones ended
/// as a whole (TRUNCATE, INSERT OVERWRITE) with the transaction `ended_by`.
struct Segment {
  SegmentId id;
  std::optional<TransactionId> ended_by;
};

enum class TableKind : std::uint8_t { Permanent, Transient, Temporary };

struct Constraint {
  std::string kind;  // PRIMARY KEY, UNIQUE, FOREIGN KEY
  std::string name;
  std::vector<std::string> columns;
};

struct TableBody {
  TableKind kind = TableKind::Permanent;
  std::vector<Column> columns;
  std::vector<Segment> segments;
  std::uint64_t next_column = 1;
  std::uint64_t row_space = 0;           // with the row id makes METADATA$ROW_ID; kept by clones
  std::optional<Version> tracked_since;  // change tracking is on, for changes after this version
  std::int64_t retention_days = 1;
  std::int64_t extension_days = 14;
  std::vector<Constraint> constraints;
  std::string cluster_by;
  std::int64_t session = 0;  // owner of a temporary table
};
struct ViewBody {
  std::string query_text;
  std::string definition_text;
  std::vector<std::string> column_names;
  bool secure = false;
};
struct SequenceBody {
  std::int64_t start = 1, step = 1;
  std::int64_t next = 1;
  bool ordered = false;
};
struct StageBody {
  std::string url;  // empty: internal
  std::string integration;
  bool has_credentials = false;
  std::string endpoint;                    // of an s3compat URL; empty: none
  std::string key_id, sealed_credentials;  // for a bucket elsewhere; who holds the data directory's keys can open them
  std::optional<ObjectId> format;          // a named file format
  Properties format_options;               // or an inline one
  Properties copy_options;
  bool directory = false;
  bool temporary = false;
  std::int64_t session = 0;
};
struct FileFormatBody {
  std::string type = "CSV";
  Properties options;
  bool temporary = false;
  std::int64_t session = 0;
};
struct PipeBody {
  std::string definition_text;
  bool auto_ingest = false;
  bool paused = false;
  std::optional<ObjectId> table, stage, format;
  std::string pattern;
  std::string stop_reason;  // STOPPED_STAGE_ALTERED ..., empty while it runs
  std::string table_name;   // qualified, as resolved at creation
};
enum class StreamMode : std::uint8_t { Default, AppendOnly, InsertOnly };
struct StreamBody {
  ObjectId source;  // table or view
  bool on_view = false;
  std::vector<ObjectId> base_tables;
  StreamMode mode = StreamMode::Default;
  Version offset;
  bool initial_rows = false;  // SHOW_INITIAL_ROWS and not consumed yet
  base::Instant consumed_at;
  std::string source_name;  // qualified, for messages after the source is gone
};
struct TaskBody {
  std::string warehouse, schedule, condition, definition;
  std::vector<std::string> predecessors;  // names, in the task's schema
  std::string finalize;
  Properties parameters;  // session parameters
  Properties options;     // everything else, as written
  bool started = false;
  std::uint64_t graph_version = 1;
  std::string uuid;
  std::optional<base::Instant> schedule_base, last_committed, last_suspended;
  std::string last_suspended_reason;
  std::uint64_t consecutive_failures = 0;
};
struct Argument {
  std::string name;
  LogicalType type;
  std::optional<std::string> default_text;
};
struct ProcedureBody {
  std::vector<Argument> arguments;
  LogicalType returns;
  bool returns_table = false;
  bool not_null = false;
  std::string language = "SQL";
  bool strict = false;
  bool caller_rights = false;
  std::string body;
  bool is_function = false;
};
/// Databases, schemas, roles, warehouses, users, integrations: a name and properties.
struct PlainBody {
  Properties properties;
};

/// What an object is beside its name. Its members are in record.cpp: compiled once, not in every file that makes
/// records.
struct Body : std::variant<PlainBody, TableBody, ViewBody, SequenceBody, StageBody, FileFormatBody, PipeBody,
                           StreamBody, TaskBody, ProcedureBody> {
  Body() noexcept;
  Body(PlainBody body);
  Body(TableBody body);
  Body(ViewBody body);
  Body(SequenceBody body);
  Body(StageBody body);
  Body(FileFormatBody body);
  Body(PipeBody body);
  Body(StreamBody body);
  Body(TaskBody body);
  Body(ProcedureBody body);
  Body(const Body& other);
  Body(Body&& other) noexcept;
  Body& operator=(const Body& other);
  Body& operator=(Body&& other) noexcept;
  ~Body();
};

/// One object of the catalog. Records are immutable once published: a change makes a new one with the same id.
struct Record {
  ObjectId id;
  ObjectKind kind = ObjectKind::Table;
  ObjectId container;  // schema of a schema object, database of a schema, 0 of an account object
  std::string name;
  std::string owner = "ACCOUNTADMIN";
  std::string comment;
  base::Instant created;
  std::optional<base::Instant> dropped;  // kept for UNDROP until retention ends
  Body body;
};

/// The stored text (JSON) of a record and back. The text holds every field; unknown fields of a newer version are
/// refused by the format version of the data directory, not here.
std::string to_stored(const Record& record);
Record from_stored(std::string_view text);

}  // namespace catalog
