#pragma once

#include "sql/ast_query.h"

// One line per node where it fits: the trees read as a grammar.
// clang-format off
namespace sql {

struct Statement;

// ---- Options: KEY = value lists ---------------------------------------------------------------------------------

struct Option;
/// TRUE, CSV, my_format, db.schema.name: `written` is what stands in the text, for messages and case-insensitive words.
struct OptionWord { ObjectName name; std::string written; bool operator==(const OptionWord& o) const { return name == o.name; } };
/// 'text', "text" or $$text$$; double quotes are a quirk of the dialect that public scripts rely on.
struct OptionString { std::string value; bool double_quoted = false; bool operator==(const OptionString& o) const { return value == o.value; } };
struct OptionNumber { std::string text; bool operator==(const OptionNumber&) const = default; };
struct OptionList;
/// ( TYPE = CSV, SKIP_HEADER = 1 ); an empty pair of parentheses is this too
struct OptionGroup { std::vector<Option> options; bool operator==(const OptionGroup&) const = default; };
struct OptionValue;
/// ( 'a', 'b' ), (1, 2), (word, word)
struct OptionList { std::vector<OptionValue> values; bool operator==(const OptionList&) const = default; };
struct OptionValue {
  std::variant<OptionWord, OptionString, OptionNumber, OptionList, OptionGroup> node;
  base::SourceSpan at{};
  bool operator==(const OptionValue&) const = default;
};
struct Option { Identifier name; OptionValue value; base::SourceSpan at{}; bool operator==(const Option&) const = default; };
using Options = std::vector<Option>;

/// CREATE [OR REPLACE | OR ALTER] .. [IF NOT EXISTS]
struct CreateMode { bool or_replace = false; bool or_alter = false; bool if_not_exists = false; bool operator==(const CreateMode&) const = default; };
struct CloneSource { ObjectName name; std::optional<TimePoint> at{}; bool operator==(const CloneSource&) const = default; };

// ---- Queries and DML --------------------------------------------------------------------------------------------

/// `q ->> q2 ->> ..`: each next query may read `$1` etc. as tables; one query without it.
struct QueryStatement { Query query; bool operator==(const QueryStatement&) const = default; };
struct PipeChain { std::vector<Statement> steps; bool operator==(const PipeChain&) const = default; };

/// A column that DML names, possibly with the alias of the target before it.
using TargetColumn = ColumnRef;
struct Insert {
  bool overwrite = false;
  ObjectName table;
  std::vector<TargetColumn> columns{};
  Query source;  // its body is Values for INSERT .. VALUES
  bool operator==(const Insert&) const = default;
};
struct IntoClause { ObjectName table; std::vector<TargetColumn> columns{}; std::vector<Expr> values{}; bool operator==(const IntoClause&) const = default; };
struct InsertBranch { std::optional<Expr> when{}; std::vector<IntoClause> into; bool operator==(const InsertBranch&) const = default; };
/// Unconditional: one branch without `when`. Conditional: branches with it and at the end perhaps the ELSE without.
struct MultiInsert { bool overwrite = false; bool first = false; std::vector<InsertBranch> branches; Query source; bool operator==(const MultiInsert&) const = default; };
struct SetClause { TargetColumn column; Expr value; bool operator==(const SetClause&) const = default; };
struct Update {
  ObjectName table;
  std::optional<Identifier> alias{};
  std::vector<SetClause> set;
  std::vector<TableRef> from{};
  std::optional<Expr> where{};
  bool operator==(const Update&) const = default;
};
struct Delete {
  ObjectName table;
  std::optional<Identifier> alias{};
  std::vector<TableRef> using_tables{};
  std::optional<Expr> where{};
  bool operator==(const Delete&) const = default;
};
struct MergeUpdate { bool all_by_name = false; std::vector<SetClause> set{}; bool operator==(const MergeUpdate&) const = default; };
struct MergeDelete { bool operator==(const MergeDelete&) const = default; };
struct MergeInsert { bool all_by_name = false; std::vector<TargetColumn> columns{}; std::vector<Expr> values{}; bool operator==(const MergeInsert&) const = default; };
struct MergeClause {
  bool matched = true;
  std::optional<Expr> condition{};
  std::variant<MergeUpdate, MergeDelete, MergeInsert> action;
  base::SourceSpan at{};
  bool operator==(const MergeClause&) const = default;
};
struct Merge {
  ObjectName table;
  std::optional<Identifier> alias{};
  TableRef source;
  Expr on;
  std::vector<MergeClause> clauses;
  bool operator==(const Merge&) const = default;
};
struct Truncate { bool if_exists = false; ObjectName table; bool operator==(const Truncate&) const = default; };

// ---- Loading ----------------------------------------------------------------------------------------------------

/// @stage/path, or a quoted URL.
using Location = std::variant<StageRef, StringLiteral>;
struct CopyIntoTable {
  ObjectName table;
  std::vector<TargetColumn> columns{};
  std::variant<std::monostate, Location, Box<Query>> from{};  // monostate: the table's own stage
  Options options{};                                          // FILES, PATTERN, FILE_FORMAT and all others, as written
  bool operator==(const CopyIntoTable&) const = default;
};
struct CopyIntoLocation {
  Location location;
  std::variant<ObjectName, Box<Query>> from;
  std::optional<Expr> partition_by{};
  Options options{};
  bool operator==(const CopyIntoLocation&) const = default;
};
struct ListFiles { StageRef stage; std::optional<std::string> pattern{}; bool operator==(const ListFiles&) const = default; };
struct RemoveFiles { StageRef stage; std::optional<std::string> pattern{}; bool operator==(const RemoveFiles&) const = default; };
struct PutFiles { std::string file_uri; StageRef stage; Options options{}; bool operator==(const PutFiles&) const = default; };
struct GetFiles { StageRef stage; std::string file_uri; Options options{}; bool operator==(const GetFiles&) const = default; };

// ---- Calls, transactions, session -------------------------------------------------------------------------------

struct Call { ObjectName name; std::vector<Argument> arguments{}; std::optional<Identifier> into{}; bool operator==(const Call&) const = default; };
struct ExecuteTask {
  ObjectName task;
  bool retry_last = false;
  std::optional<std::string> config{}, retry_graph_run_group{};
  bool operator==(const ExecuteTask&) const = default;
};
/// The text to run as an expression: a string, a variable, or (for a block in $$ .. $$) a string too.
struct ExecuteImmediate { Expr text; std::vector<Expr> using_values{}; bool operator==(const ExecuteImmediate&) const = default; };
struct BeginTransaction { std::optional<Identifier> name{}; bool operator==(const BeginTransaction&) const = default; };
struct CommitTransaction { bool operator==(const CommitTransaction&) const = default; };
struct RollbackTransaction { bool operator==(const RollbackTransaction&) const = default; };
/// `kind`: DATABASE, SCHEMA, WAREHOUSE, ROLE, SECONDARY ROLES; empty for the bare USE x (a database, or db.schema).
struct Use { std::string kind; ObjectName name; bool operator==(const Use&) const = default; };
struct SetVariables { std::vector<Identifier> names; std::vector<Expr> values; bool operator==(const SetVariables&) const = default; };
struct UnsetVariables { std::vector<Identifier> names; bool operator==(const UnsetVariables&) const = default; };
struct AlterSession { Options set{}; std::vector<Identifier> unset{}; bool operator==(const AlterSession&) const = default; };
/// GRANT and REVOKE. `privileges` are words joined by blanks ("CREATE TABLE", "ALL"). `on_kind`: "ACCOUNT", "TABLE", "ALL TABLES IN
/// SCHEMA", "FUTURE VIEWS IN DATABASE"; empty if a role is granted, which then is in `role`. `to_kind`: ROLE, USER, DATABASE ROLE,
/// SHARE, or empty where the word is missing.
struct Grant {
  bool revoke = false;
  std::vector<std::string> privileges{};
  std::optional<ObjectName> role{};
  std::string on_kind{};
  std::optional<ObjectName> on{};
  std::optional<std::vector<TypeName>> argument_types{};
  std::string to_kind{};
  ObjectName to;
  std::string tail{};  // WITH GRANT OPTION, COPY CURRENT GRANTS, CASCADE ..
  bool operator==(const Grant&) const = default;
};
struct CommentOn {
  bool if_exists = false;
  std::string kind;
  ObjectName name;
  std::optional<std::vector<TypeName>> argument_types{};
  std::string comment;
  bool operator==(const CommentOn&) const = default;
};
/// `format`: TABULAR, JSON, TEXT or empty.
struct Explain { std::string format; Box<Statement> statement; bool operator==(const Explain&) const = default; };

// ---- Creating ---------------------------------------------------------------------------------------------------

struct ForeignKey { ObjectName table; std::vector<Identifier> columns{}; bool operator==(const ForeignKey&) const = default; };
/// Inline (no `columns`) or out of line. `properties`: NOT ENFORCED, RELY, ON DELETE .. as written in upper case.
struct Constraint {
  enum class Kind { PrimaryKey, Unique, ForeignKey, Check };
  Kind kind;
  std::optional<Identifier> name{};
  std::vector<Identifier> columns{};
  std::optional<ForeignKey> references{};
  std::optional<Expr> check{};
  std::string properties{};
  bool operator==(const Constraint&) const = default;
};
/// AUTOINCREMENT | IDENTITY [(start, step)] [ORDER | NOORDER]
struct AutoIncrement { std::string start = "1", step = "1"; std::optional<bool> ordered{}; bool operator==(const AutoIncrement&) const = default; };
struct ColumnDef {
  Identifier name;
  std::optional<TypeName> type{};  // missing where AS SELECT gives it
  bool not_null = false;
  bool explicit_null = false;
  std::optional<Expr> default_value{};
  std::optional<AutoIncrement> autoincrement{};
  std::optional<Expr> computed{};  // AS (expression)
  std::optional<std::string> collate{}, comment{};
  std::vector<Constraint> constraints{};
  base::SourceSpan at{};
  bool operator==(const ColumnDef&) const = default;
};

struct CreateDatabase { CreateMode mode; bool transient = false; ObjectName name; std::optional<CloneSource> clone{}; Options options{}; bool operator==(const CreateDatabase&) const = default; };
struct CreateSchema {
  CreateMode mode;
  bool transient = false;
  ObjectName name;
  std::optional<CloneSource> clone{};
  bool managed_access = false;
  Options options{};
  bool operator==(const CreateSchema&) const = default;
};
enum class TableKind { Permanent, Transient, Temporary, External, Dynamic, Event, Hybrid };
struct CreateTable {
  CreateMode mode;
  TableKind kind = TableKind::Permanent;
  ObjectName name;
  std::vector<ColumnDef> columns{};
  std::vector<Constraint> constraints{};
  std::optional<ObjectName> like{};
  std::optional<CloneSource> clone{};
  std::optional<Box<Query>> as_query{};
  SourceText as_text{};
  std::optional<Box<Query>> using_template{};
  std::vector<Expr> cluster_by{};
  bool copy_grants = false;
  Options options{};
  bool operator==(const CreateTable&) const = default;
};
struct ViewColumn { Identifier name; std::optional<std::string> comment{}; bool operator==(const ViewColumn&) const = default; };
struct CreateView {
  CreateMode mode;
  bool secure = false, temporary = false, recursive = false, materialized = false, copy_grants = false;
  ObjectName name;
  std::vector<ViewColumn> columns{};
  std::vector<Expr> cluster_by{};
  Options options{};
  Query query;
  SourceText query_text{};
  bool operator==(const CreateView&) const = default;
};
struct CreateSequence { CreateMode mode; ObjectName name; std::optional<std::string> start{}, increment{}; std::optional<bool> ordered{}; Options options{}; bool operator==(const CreateSequence&) const = default; };
struct CreateStage { CreateMode mode; bool temporary = false; ObjectName name; std::optional<CloneSource> clone{}; Options options{}; bool operator==(const CreateStage&) const = default; };
struct CreateFileFormat { CreateMode mode; bool temporary = false; ObjectName name; std::optional<CloneSource> clone{}; Options options{}; bool operator==(const CreateFileFormat&) const = default; };
struct CreatePipe { CreateMode mode; ObjectName name; Options options{}; Box<Statement> copy; SourceText copy_text{}; bool operator==(const CreatePipe&) const = default; };
/// `source_kind`: TABLE, VIEW, EXTERNAL TABLE, STAGE, DYNAMIC TABLE, EVENT TABLE; empty for a clone. Options: APPEND_ONLY, COMMENT ..
struct CreateStream {
  CreateMode mode;
  ObjectName name;
  bool copy_grants = false;
  std::optional<CloneSource> clone{};
  std::string source_kind{};
  ObjectName source{};
  std::optional<TimePoint> at{};
  Options options{};
  bool operator==(const CreateStream&) const = default;
};
/// `body` is the exact text after AS, without blanks and `;` around it.
struct TaskBody { std::string text; base::SourceSpan at{}; bool operator==(const TaskBody&) const = default; };
struct CreateTask {
  CreateMode mode;
  ObjectName name;
  std::optional<CloneSource> clone{};
  Options options{};
  std::vector<ObjectName> after{};
  std::optional<ObjectName> execute_as_user{};
  std::optional<Expr> when{};
  SourceText when_text{};
  TaskBody body{};
  bool operator==(const CreateTask&) const = default;
};
struct RoutineArgument { Identifier name; bool out = false; TypeName type; std::optional<Expr> default_value{}; bool operator==(const RoutineArgument&) const = default; };
struct RoutineBody {
  enum class Delimiter { None, Quote, Dollar, Block };  // Block: BEGIN .. END or DECLARE .. END without quotes
  Delimiter delimiter = Delimiter::None;
  std::string text;  // what the delimiters enclose, escapes of '..' resolved
  base::SourceSpan at{};
  bool operator==(const RoutineBody&) const = default;
};
struct TableColumnType { Identifier name; TypeName type; bool operator==(const TableColumnType&) const = default; };
/// CREATE PROCEDURE and CREATE FUNCTION. `null_handling`: STRICT, CALLED ON NULL INPUT, .. or empty.
struct CreateRoutine {
  enum class Kind { Procedure, Function };
  Kind kind;
  CreateMode mode;
  bool secure = false, temporary = false, aggregate = false, copy_grants = false;
  ObjectName name;
  std::vector<RoutineArgument> arguments{};
  std::optional<TypeName> returns{};
  bool returns_not_null = false;
  std::optional<std::vector<TableColumnType>> returns_table{};
  std::string language{}, null_handling{}, volatility{}, execute_as{};
  Options options{};  // COMMENT, RUNTIME_VERSION, PACKAGES, HANDLER ..
  RoutineBody body{};
  bool operator==(const CreateRoutine&) const = default;
};
struct CreateRole { CreateMode mode; ObjectName name; Options options{}; bool operator==(const CreateRole&) const = default; };
struct CreateUser { CreateMode mode; ObjectName name; Options options{}; bool operator==(const CreateUser&) const = default; };
struct CreateWarehouse { CreateMode mode; ObjectName name; Options options{}; bool operator==(const CreateWarehouse&) const = default; };
/// `kind`: STORAGE, NOTIFICATION, API, SECURITY, CATALOG, EXTERNAL ACCESS.
struct CreateIntegration { CreateMode mode; std::string kind; ObjectName name; Options options{}; bool operator==(const CreateIntegration&) const = default; };
/// ALERT: IF (EXISTS (condition)) THEN action, the action as text.
struct CreateAlert { CreateMode mode; ObjectName name; Options options{}; Query condition; TaskBody action{}; bool operator==(const CreateAlert&) const = default; };
/// Objects that the grammar knows by name only (TAG, RESOURCE MONITOR, MASKING POLICY ..): what follows the name is text.
struct CreateOther { CreateMode mode; std::string kind; ObjectName name; std::string rest; bool operator==(const CreateOther&) const = default; };

// ---- Altering ---------------------------------------------------------------------------------------------------

struct RenameTo { ObjectName name; bool operator==(const RenameTo&) const = default; };
struct SwapWith { ObjectName name; bool operator==(const SwapWith&) const = default; };
struct SetOptions { Options options; bool operator==(const SetOptions&) const = default; };
struct UnsetOptions { std::vector<Identifier> names; bool operator==(const UnsetOptions&) const = default; };
struct AddColumns { bool if_not_exists = false; std::vector<ColumnDef> columns; bool operator==(const AddColumns&) const = default; };
struct DropColumns { bool if_exists = false; std::vector<Identifier> columns; bool operator==(const DropColumns&) const = default; };
struct RenameColumn { Identifier from, to; bool operator==(const RenameColumn&) const = default; };
struct AlterColumn {
  enum class Change { SetType, SetNotNull, DropNotNull, SetDefault, DropDefault, SetComment, UnsetComment };
  Identifier column;
  Change change;
  std::optional<TypeName> type{};
  std::optional<Expr> default_value{};
  std::string comment{};
  bool operator==(const AlterColumn&) const = default;
};
struct AlterColumns { std::vector<AlterColumn> changes; bool operator==(const AlterColumns&) const = default; };
struct ClusterBy { std::vector<Expr> keys; bool operator==(const ClusterBy&) const = default; };  // empty: DROP CLUSTERING KEY
struct AddConstraint { Constraint constraint; bool operator==(const AddConstraint&) const = default; };
/// DROP CONSTRAINT name | PRIMARY KEY | UNIQUE (..) | FOREIGN KEY (..)
struct DropConstraint { std::optional<Identifier> name{}; std::optional<Constraint> constraint{}; bool operator==(const DropConstraint&) const = default; };
struct RenameConstraint { Identifier from, to; bool operator==(const RenameConstraint&) const = default; };
/// One or more words that need nothing else: RESUME, SUSPEND, ABORT ALL QUERIES, RESUME RECLUSTER, SUSPEND RECLUSTER, REMOVE WHEN.
struct AlterWords { std::string words; bool operator==(const AlterWords&) const = default; };
/// REFRESH [PREFIX = ..] of a pipe, REFRESH [SUBPATH = ..] of a stage, REFRESH of a dynamic table.
struct Refresh { Options options{}; bool operator==(const Refresh&) const = default; };
struct AddAfter { std::vector<ObjectName> tasks; bool operator==(const AddAfter&) const = default; };
struct RemoveAfter { std::vector<ObjectName> tasks; bool operator==(const RemoveAfter&) const = default; };
struct ModifyBody { TaskBody body; bool operator==(const ModifyBody&) const = default; };
struct ModifyWhen { Expr when; SourceText text{}; bool operator==(const ModifyWhen&) const = default; };
struct ExecuteAs { std::string rights; bool operator==(const ExecuteAs&) const = default; };  // of a procedure: OWNER, CALLER

/// Its members are in ast.cpp, as those of ExprNode.
struct AlterAction : std::variant<RenameTo, SwapWith, SetOptions, UnsetOptions, AddColumns, DropColumns, RenameColumn, AlterColumns,
                  ClusterBy, AddConstraint, DropConstraint, RenameConstraint, AlterWords, Refresh, AddAfter, RemoveAfter, ModifyBody,
                  ModifyWhen, ExecuteAs> {
  AlterAction() noexcept;
  template <Alternative<AlterAction> T>
  AlterAction(T node) : AlterAction(of(std::move(node))) {}
  AlterAction(const AlterAction& other);
  AlterAction(AlterAction&& other) noexcept;
  AlterAction& operator=(const AlterAction& other);
  AlterAction& operator=(AlterAction&& other) noexcept;
  ~AlterAction();
  bool operator==(const AlterAction& other) const;

 private:
  template <class T>
  static AlterAction of(T node);
  friend struct Alternatives<AlterAction>;
};
/// ALTER of any named object. `kind` in upper case as in DROP: TABLE, TASK, PIPE, FILE FORMAT, STORAGE INTEGRATION, SCHEMA ..
struct Alter {
  std::string kind;
  bool if_exists = false;
  ObjectName name;
  std::optional<std::vector<TypeName>> argument_types{};
  AlterAction action;
  bool operator==(const Alter&) const = default;
};
struct Drop {
  std::string kind;
  bool if_exists = false;
  ObjectName name;
  std::optional<std::vector<TypeName>> argument_types{};
  bool cascade = false, restrict = false;
  bool operator==(const Drop&) const = default;
};
struct Undrop { std::string kind; ObjectName name; bool operator==(const Undrop&) const = default; };
/// DESC[RIBE]; `kind` RESULT has the query id as text in `text`.
struct Describe {
  std::string kind;
  ObjectName name{};
  std::optional<std::vector<TypeName>> argument_types{};
  std::string text{};
  bool operator==(const Describe&) const = default;
};
/// SHOW [TERSE] kind [HISTORY] [LIKE ..] [IN ..] [STARTS WITH ..] [LIMIT n [FROM ..]]. `kind` is plural as written ("TABLES", "FILE
/// FORMATS", "GRANTS", "PARAMETERS"). `scope_word` is IN, ON, TO, OF or FOR; `scope_kind` what follows ("SCHEMA", "ACCOUNT", "ROLE").
struct Show {
  bool terse = false;
  std::string kind;
  bool history = false;
  std::optional<std::string> like{};
  std::string scope_word{}, scope_kind{};
  std::optional<ObjectName> scope{};
  std::optional<std::vector<TypeName>> scope_types{};
  std::optional<std::string> starts_with{};
  std::optional<std::string> limit{};
  std::optional<std::string> limit_from{};
  bool operator==(const Show&) const = default;
};

/// BEGIN .. END or DECLARE .. END, kept as its exact text.
struct ScriptBlock { std::string text; bool operator==(const ScriptBlock&) const = default; };

/// Its members are in ast.cpp, as those of ExprNode.
struct StatementNode : std::variant<QueryStatement, PipeChain, Insert, MultiInsert, Update, Delete, Merge, Truncate, CopyIntoTable,
                  CopyIntoLocation, ListFiles, RemoveFiles, PutFiles, GetFiles, Call, ExecuteTask, ExecuteImmediate, BeginTransaction,
                  CommitTransaction, RollbackTransaction, Use, SetVariables, UnsetVariables, AlterSession, Grant, CommentOn, Explain,
                  CreateDatabase, CreateSchema, CreateTable, CreateView, CreateSequence, CreateStage, CreateFileFormat, CreatePipe,
                  CreateStream, CreateTask, CreateRoutine, CreateRole, CreateUser, CreateWarehouse, CreateIntegration, CreateAlert,
                  CreateOther, Alter, Drop, Undrop, Describe, Show, ScriptBlock> {
  StatementNode() noexcept;
  template <Alternative<StatementNode> T>
  StatementNode(T node) : StatementNode(of(std::move(node))) {}
  StatementNode(const StatementNode& other);
  StatementNode(StatementNode&& other) noexcept;
  StatementNode& operator=(const StatementNode& other);
  StatementNode& operator=(StatementNode&& other) noexcept;
  ~StatementNode();
  bool operator==(const StatementNode& other) const;

 private:
  template <class T>
  static StatementNode of(T node);
  friend struct Alternatives<StatementNode>;
};

struct Statement {
  StatementNode node;
  SourceText source{};  // from its first to its last token, without the `;`
  bool operator==(const Statement&) const = default;
};

}  // namespace sql
