#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/record/value.h"

/// Databases as flows see them: what JDBC is to NiFi. One driver for each kind of URL.
namespace flow::database {

/// The codes of java.sql.Types, which flows carry in attributes ("sql.args.1.type").
enum class Type : int {
  LongNVarChar = -16,
  NChar = -15,
  NVarChar = -9,
  RowId = -8,
  Bit = -7,
  TinyInt = -6,
  BigInt = -5,
  LongVarBinary = -4,
  VarBinary = -3,
  Binary = -2,
  LongVarChar = -1,
  Null = 0,
  Char = 1,
  Numeric = 2,
  Decimal = 3,
  Integer = 4,
  SmallInt = 5,
  Float = 6,
  Real = 7,
  Double = 8,
  VarChar = 12,
  Boolean = 16,
  Date = 91,
  Time = 92,
  Timestamp = 93,
  Other = 1111,
  Array = 2003,
  Blob = 2004,
  Clob = 2005,
  SqlXml = 2009,
  NClob = 2011,
  TimeWithZone = 2013,
  TimestampWithZone = 2014,
};

/// By what a declared type is called in most databases: "NUMBER(10,2)", "character varying", "timestamptz".
Type type_named(std::string_view declared);
bool is_text(Type type);
bool is_number(Type type);

/// A column of a result.
struct Column {
  std::string name;
  Type type = Type::VarChar;
  int precision = 0;  // 0: not known
  int scale = 0;
  std::string table = {};  // empty: not known
};

/// A column of a table.
struct TableColumn {
  std::string name;
  Type type = Type::VarChar;
  int precision = 0;
  int scale = 0;
  bool nullable = true;
  bool required = false;  // may not be null, and the database gives it no value by itself
};
struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::string> keys;  // of the primary key
};
struct TableName {
  std::string catalog = {};  // empty: the connection's
  std::string schema = {};
  std::string table = {};
};

/// A value for a "?" of a statement, of the type that the sender says.
struct Parameter {
  Type type = Type::VarChar;
  record::Value value = {};
};
using Parameters = std::vector<Parameter>;

/// The rows of a query, one after the other: no more of them are in memory than the driver needs.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual const std::vector<Column>& columns() const = 0;
  /// One value for each column, good until the next call; false at the end. Timestamps without a zone are read as UTC.
  virtual base::Result<bool> next(std::span<record::Value> into) = 0;
};

struct Outcome {
  std::unique_ptr<Rows> rows;                     // null: the statement answers none
  std::int64_t changed = 0;                       // rows, of a statement that changes some
  std::optional<std::string> generated_key = {};  // of the last row inserted, where the driver knows it
};

struct ExecuteOptions {
  int timeout_s = 0;  // 0: none
  bool wants_generated_key = false;
  int fetch_rows = 0;  // 0: the driver's choice
};

/// One session with a database. One thread at a time. Errors: Unavailable or Conflict when the same may succeed later
/// (no connection, a deadlock, a lock that did not come); NotFound for what does not exist; else InvalidValue, or what
/// fits better. The number is the vendor's, `sqlstate` the database's.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Runs one statement. Rows of an earlier one are closed by it.
  virtual base::Result<Outcome> execute(std::string_view sql, std::span<const Parameter> parameters = {},
                                        const ExecuteOptions& options = {}) = 0;
  /// The same statement for several rows of parameters; answers with the number of rows changed by all. When it fails
  /// nothing is promised about those before: roll back. `failed_at`, if not null, is set to the row at fault.
  virtual base::Result<std::int64_t> execute_batch(std::string_view sql, std::span<const Parameters> rows,
                                                   const ExecuteOptions& options, std::size_t* failed_at);
  /// Off: statements are one transaction until commit or rollback.
  virtual base::Status set_auto_commit(bool on) = 0;
  virtual bool auto_commit() const = 0;
  virtual base::Status commit() = 0;
  virtual base::Status rollback() = 0;
  /// NotFound: there is no such table, or it has no columns.
  virtual base::Result<Table> describe(const TableName& name) = 0;
  virtual std::string_view quote() const { return "\""; }  // of identifiers
  /// Whether claim() does anything.
  virtual bool keeps_tokens() const { return false; }
  /// First in a transaction: keeps the token with it. False: it was kept before, so that what would be written now was
  /// written then.
  virtual base::Result<bool> claim(std::string_view source, std::string_view token);
  virtual base::Status check() = 0;  // that the other side is still there
};

/// What a connection is made of: a URL without "jdbc:", and properties (user, password, those of the driver).
struct Address {
  std::string url;
  std::map<std::string, std::string> properties;
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual base::Result<std::unique_ptr<Connection>> connect(const Address& address) const = 0;
  /// Tokens of claim() that will not be asked for again.
  virtual base::Status forget_tokens(std::string_view, std::span<const std::string>) const { return {}; }
};

/// The driver for a JDBC URL. `warehouse` is the program's own engine, for jdbc:snowflake: null where there is none.
/// Errors: Unsupported, with the scheme named.
base::Result<const Driver*> driver_of(std::string_view jdbc_url, const Driver* warehouse);

extern const Driver& kSqlite;
extern const Driver& kPostgres;
extern const Driver& kMariaDb;

/// "//host:port/name?a=b&c=d" or the same with ';': as JDBC URLs of network databases are.
struct NetworkUrl {
  std::string host;
  std::string port;
  std::string name;
  std::map<std::string, std::string> properties;
};
NetworkUrl parse_network_url(std::string_view url);

}  // namespace flow::database
