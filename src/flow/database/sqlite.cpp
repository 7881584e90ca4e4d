#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>

#include "flow/database/database.h"
#include "flow/database/sql_values.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

constexpr int kBusyMs = 3000;  // as the usual driver waits for another connection's lock

base::Failure<base::Error> failure(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  const auto kind = [&] {
    switch (code & 0xFF) {
      case SQLITE_BUSY:
      case SQLITE_LOCKED: return base::ErrorKind::Conflict;
      case SQLITE_CANTOPEN:
      case SQLITE_IOERR:
      case SQLITE_FULL: return base::ErrorKind::Unavailable;
      case SQLITE_INTERRUPT: return base::ErrorKind::Cancelled;
      default: return base::ErrorKind::InvalidValue;
    }
  }();
  return base::fail(base::Error{kind, code, {}, sqlite3_errmsg(handle), std::nullopt});
}

class Statement {
 public:
  explicit Statement(sqlite3_stmt* raw) : raw_(raw) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(raw_); }
  sqlite3_stmt* raw() const { return raw_; }

 private:
  sqlite3_stmt* raw_;
};

base::Status bind(sqlite3* handle, sqlite3_stmt* statement, int index, const Value& value) {
  const auto text = [&](std::string_view bytes) {
    return sqlite3_bind_text(statement, index, bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
  };
  const int code = [&] {
    switch (value.kind) {
      case Kind::Missing:
      case Kind::Null: return sqlite3_bind_null(statement, index);
      case Kind::Boolean:
      case Kind::Byte:
      case Kind::Short:
      case Kind::Int:
      case Kind::Long: return sqlite3_bind_int64(statement, index, value.whole);
      case Kind::Float:
      case Kind::Double: return sqlite3_bind_double(statement, index, value.real);
      case Kind::Bytes:
        return sqlite3_bind_blob(statement, index, value.text().data(), static_cast<int>(value.size), SQLITE_TRANSIENT);
      default: return text(sql_text(value));
    }
  }();
  return code == SQLITE_OK ? base::Status{} : failure(handle);
}

/// "DECIMAL(10, 2)": 10 and 2.
std::pair<int, int> precision_of(std::string_view declared) {
  const auto open = declared.find('(');
  if (open == std::string_view::npos) return {0, 0};
  const auto comma = declared.find(',', open);
  const std::string precision(declared.substr(open + 1)),
      scale(comma == std::string_view::npos ? std::string_view("0") : declared.substr(comma + 1));
  return {std::atoi(precision.c_str()), std::atoi(scale.c_str())};
}

class SqliteRows final : public Rows {
 public:
  SqliteRows(sqlite3* handle, std::shared_ptr<Statement> statement, bool has_row)
      : handle_(handle), statement_(std::move(statement)), has_row_(has_row) {
    auto* raw = statement_->raw();
    for (int i = 0; i < sqlite3_column_count(raw); ++i) {
      const char* declared = sqlite3_column_decltype(raw, i);
      const char* table = sqlite3_column_table_name(raw, i);
      Column column{.name = sqlite3_column_name(raw, i), .table = table != nullptr ? table : ""};
      if (declared != nullptr && *declared != '\0') {
        column.type = type_named(declared);
        std::tie(column.precision, column.scale) = precision_of(declared);
      } else {
        column.type = type_of_first(raw, i);
      }
      columns_.push_back(std::move(column));
    }
    texts_.resize(columns_.size());
  }
  const std::vector<Column>& columns() const override { return columns_; }

  base::Result<bool> next(std::span<Value> into) override {
    auto* raw = statement_->raw();
    if (!std::exchange(has_row_, false)) {
      if (ended_) return false;
      const int code = sqlite3_step(raw);
      if (code == SQLITE_DONE) {
        ended_ = true;
        sqlite3_reset(raw);
        return false;
      }
      if (code != SQLITE_ROW) return failure(handle_);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      TRY(into[i], read(static_cast<int>(i)));
    }
    return true;
  }
  void set_ended() { ended_ = true; }

 private:
  Type type_of_first(sqlite3_stmt* raw, int i) const {
    if (!has_row_) return Type::VarChar;
    switch (sqlite3_column_type(raw, i)) {
      case SQLITE_INTEGER: {
        const auto value = sqlite3_column_int64(raw, i);
        return value == static_cast<std::int32_t>(value) ? Type::Integer : Type::BigInt;
      }
      case SQLITE_FLOAT: return Type::Double;
      case SQLITE_BLOB: return Type::Blob;
      default: return Type::VarChar;
    }
  }

  base::Result<Value> read(int i) {
    auto* raw = statement_->raw();
    const auto& column = columns_[static_cast<std::size_t>(i)];
    const int storage = sqlite3_column_type(raw, i);
    if (storage == SQLITE_NULL) return Value{};
    if (storage == SQLITE_INTEGER) {
      const std::int64_t whole = sqlite3_column_int64(raw, i);
      switch (column.type) {
        case Type::Timestamp:
        case Type::TimestampWithZone: return Value::of(Kind::Timestamp, whole * 1000);  // milliseconds, as JDBC writes
        case Type::Date: {
          constexpr std::int64_t kDayMs = 86'400'000;
          return Value::of(Kind::Date, whole / kDayMs - (whole % kDayMs < 0 ? 1 : 0));
        }
        case Type::TinyInt:
        case Type::SmallInt:
        case Type::Integer:
        case Type::BigInt: return Value::of(Kind::Long, whole);
        case Type::Bit:
        case Type::Boolean: return Value::of(Kind::Boolean, std::int64_t{whole != 0});
        default: break;
      }
    }
    if (storage == SQLITE_FLOAT && (column.type == Type::Double || column.type == Type::Real))
      return Value::of(Kind::Double, sqlite3_column_double(raw, i));
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw, i));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw, i));
    auto& text = texts_[static_cast<std::size_t>(i)];
    text.assign(bytes == nullptr ? "" : bytes, size);
    return value_of_text(column.type, text, column.name);
  }

  sqlite3* handle_;
  std::shared_ptr<Statement> statement_;
  std::vector<Column> columns_;
  std::vector<std::string> texts_;
  bool has_row_;
  bool ended_ = false;
};

/// While it lives, a statement that takes longer than that is interrupted; 0: none is.
class Deadline {
 public:
  Deadline(sqlite3* handle, int seconds)
      : handle_(handle), ends_(std::chrono::steady_clock::now() + std::chrono::seconds{seconds}) {
    if (seconds > 0) sqlite3_progress_handler(handle_, kStepsBetweenLooks, &Deadline::is_over, this);
  }
  ~Deadline() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  static constexpr int kStepsBetweenLooks = 10'000;
  static int is_over(void* deadline) {
    return std::chrono::steady_clock::now() > static_cast<const Deadline*>(deadline)->ends_ ? 1 : 0;
  }
  sqlite3* handle_;
  const std::chrono::steady_clock::time_point ends_;
};

class SqliteConnection final : public Connection {
 public:
  ~SqliteConnection() override {
    statement_.reset();
    sqlite3_close_v2(handle_);  // rows that are still held keep it open
  }

  static base::Result<std::unique_ptr<Connection>> open(const Address& address) {
    auto connection = std::make_unique<SqliteConnection>();
    auto path = address.url.substr(std::string_view("sqlite:").size());
    if (path.empty()) path = ":memory:";
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX;
    if (sqlite3_open_v2(path.c_str(), &connection->handle_, kFlags, nullptr) != SQLITE_OK) {
      auto failed = failure(connection->handle_);
      failed.error().message += fmt::format(": {}", path);
      return failed;
    }
    sqlite3_busy_timeout(connection->handle_, kBusyMs);
    return std::unique_ptr<Connection>(std::move(connection));
  }

  base::Result<Outcome> execute(std::string_view sql, std::span<const Parameter> parameters,
                                const ExecuteOptions& options) override {
    TRY_VOID(begin_if_needed());
    TRY(const auto statement, prepare(sql));
    if (statement->raw() == nullptr) return Outcome{};  // nothing but a comment
    auto* raw = statement->raw();
    const int wanted = sqlite3_bind_parameter_count(raw);
    if (static_cast<std::size_t>(wanted) != parameters.size())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the statement has {} parameters, and {} are given", wanted, parameters.size()));
    for (int i = 0; i < wanted; ++i) TRY_VOID(bind(handle_, raw, i + 1, parameters[static_cast<std::size_t>(i)].value));
    const auto before = sqlite3_total_changes(handle_);
    const Deadline deadline(handle_, options.timeout_s);
    const int code = sqlite3_step(raw);
    if (code == SQLITE_INTERRUPT) {
      sqlite3_reset(raw);
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the statement took longer than {} s", options.timeout_s));
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      auto failed = failure(handle_);
      sqlite3_reset(raw);
      return failed;
    }
    Outcome outcome;
    if (sqlite3_column_count(raw) > 0) {
      auto rows = std::make_unique<SqliteRows>(handle_, statement, code == SQLITE_ROW);
      if (code == SQLITE_DONE) rows->set_ended();
      statement_.reset();  // it is the rows' now
      outcome.rows = std::move(rows);
    } else {
      sqlite3_reset(raw);
      sqlite3_clear_bindings(raw);
    }
    outcome.changed = sqlite3_total_changes(handle_) - before;
    if (options.wants_generated_key) outcome.generated_key = std::to_string(sqlite3_last_insert_rowid(handle_));
    return outcome;
  }

  base::Status set_auto_commit(bool on) override {
    if (on && !auto_commit_) TRY_VOID(commit());
    auto_commit_ = on;
    return {};
  }
  bool auto_commit() const override { return auto_commit_; }
  base::Status commit() override { return end("COMMIT"); }
  base::Status rollback() override { return end("ROLLBACK"); }

  base::Result<Table> describe(const TableName& name) override {
    const Parameter table{Type::VarChar, Value::of(Kind::String, name.table)};
    TRY(auto outcome, execute("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?) ORDER BY cid",
                              std::span(&table, 1), {}));
    Table described;
    std::map<std::int64_t, std::string> keys;
    std::vector<Value> row(5);
    for (;;) {
      TRY(const bool more, outcome.rows->next(row));
      if (!more) break;
      const std::string declared(row[1].is_null() ? "" : row[1].text());
      TableColumn column{.name = std::string(row[0].text()), .type = type_named(declared)};
      std::tie(column.precision, column.scale) = precision_of(declared);
      const auto key = row[4].whole;
      column.nullable = row[2].whole == 0;
      column.required = row[2].whole != 0 && row[3].is_null() && !(key > 0 && column.type == Type::Integer);
      if (key > 0) keys.emplace(key, column.name);
      described.columns.push_back(std::move(column));
    }
    if (described.columns.empty())
      return base::fail(base::ErrorKind::NotFound, fmt::format("there is no table '{}'", name.table));
    for (auto& [place, column] : keys) described.keys.push_back(std::move(column));
    return described;
  }

  base::Status check() override { return {}; }

 private:
  /// The statement that ran last stays prepared: batches run it again.
  base::Result<std::shared_ptr<Statement>> prepare(std::string_view sql) {
    if (statement_ != nullptr && sql == sql_) return statement_;
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &raw, &rest) != SQLITE_OK)
      return failure(handle_);
    auto prepared = std::make_shared<Statement>(raw);
    const std::string_view after(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
    if (after.find_first_not_of(" \t\r\n;") != std::string_view::npos)
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("more than one statement at once is not supported: {}", after.substr(0, 60)));
    statement_ = std::move(prepared);
    sql_ = sql;
    return statement_;
  }
  base::Status begin_if_needed() {
    if (auto_commit_ || sqlite3_get_autocommit(handle_) == 0) return {};
    return sqlite3_exec(handle_, "BEGIN", nullptr, nullptr, nullptr) == SQLITE_OK ? base::Status{} : failure(handle_);
  }
  base::Status end(const char* how) {
    if (sqlite3_get_autocommit(handle_) != 0) return {};
    return sqlite3_exec(handle_, how, nullptr, nullptr, nullptr) == SQLITE_OK ? base::Status{} : failure(handle_);
  }

  sqlite3* handle_ = nullptr;
  std::shared_ptr<Statement> statement_;
  std::string sql_;
  bool auto_commit_ = true;
};

class SqliteDriver final : public Driver {
 public:
  base::Result<std::unique_ptr<Connection>> connect(const Address& address) const override {
    return SqliteConnection::open(address);
  }
};
const SqliteDriver kDriver;

}  // namespace

const Driver& kSqlite = kDriver;

}  // namespace flow::database
