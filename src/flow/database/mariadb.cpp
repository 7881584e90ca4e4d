#include <fmt/format.h>
#include <mysql.h>

#include <algorithm>
#include <cstdlib>

#include "flow/database/database.h"
#include "flow/database/placeholders.h"
#include "flow/database/sql_values.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

constexpr unsigned kBinaryCharset = 63;

base::ErrorKind kind_of(unsigned number) {
  switch (number) {
    case 1040:  // too many connections
    case 1053:  // server shutdown
    case 2002:
    case 2003:
    case 2006:
    case 2013: return base::ErrorKind::Unavailable;
    case 1205:  // lock wait timeout
    case 1213: return base::ErrorKind::Conflict;
    case 1969:  // max_statement_time
    case 3024: return base::ErrorKind::Cancelled;
    case 1044:
    case 1045:
    case 1142: return base::ErrorKind::Denied;
    case 1049:
    case 1146: return base::ErrorKind::NotFound;
    default: return base::ErrorKind::InvalidValue;
  }
}

base::Failure<base::Error> failure(MYSQL* handle) {
  const auto number = mysql_errno(handle);
  return base::fail(base::Error{kind_of(number), static_cast<int>(number), mysql_sqlstate(handle), mysql_error(handle),
                                std::nullopt});
}

Type type_of(const MYSQL_FIELD& field) {
  const bool binary = field.charsetnr == kBinaryCharset;
  switch (field.type) {
    case MYSQL_TYPE_TINY: return field.length == 1 ? Type::Bit : Type::TinyInt;
    case MYSQL_TYPE_BIT: return field.length == 1 ? Type::Bit : Type::VarBinary;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR: return Type::SmallInt;
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG: return (field.flags & UNSIGNED_FLAG) != 0 ? Type::BigInt : Type::Integer;
    case MYSQL_TYPE_LONGLONG: return Type::BigInt;
    case MYSQL_TYPE_FLOAT: return Type::Real;
    case MYSQL_TYPE_DOUBLE: return Type::Double;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: return Type::Decimal;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE: return Type::Date;
    case MYSQL_TYPE_TIME: return Type::Time;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP: return Type::Timestamp;
    case MYSQL_TYPE_STRING: return binary ? Type::Binary : Type::Char;
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING: return binary ? Type::VarBinary : Type::VarChar;
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB: return binary ? Type::LongVarBinary : Type::LongVarChar;
    default: return Type::VarChar;
  }
}

Column column_of(const MYSQL_FIELD& field) {
  Column column{.name = field.name, .type = type_of(field), .table = field.org_table};
  if (column.type == Type::Decimal) {
    column.scale = static_cast<int>(field.decimals);
    // Room for the sign, and for the point.
    const int sign = (field.flags & UNSIGNED_FLAG) != 0 ? 0 : 1;
    column.precision = static_cast<int>(field.length) - sign - (column.scale > 0 ? 1 : 0);
  }
  return column;
}

/// Rows come one by one: the server's answer is never in memory as a whole.
class MariaRows final : public Rows {
 public:
  MariaRows(MYSQL* handle, MYSQL_RES* result, MariaRows** open) : handle_(handle), result_(result), open_(open) {
    const auto count = mysql_num_fields(result_);
    const auto* fields = mysql_fetch_fields(result_);
    for (unsigned i = 0; i < count; ++i) columns_.push_back(column_of(fields[i]));
    *open_ = this;
  }
  ~MariaRows() override { close(); }
  void close() {
    if (result_ == nullptr) return;
    mysql_free_result(std::exchange(result_, nullptr));  // reads what is left
    *open_ = nullptr;
  }
  const std::vector<Column>& columns() const override { return columns_; }

  base::Result<bool> next(std::span<Value> into) override {
    if (result_ == nullptr) return false;
    const auto row = mysql_fetch_row(result_);
    if (row == nullptr) return mysql_errno(handle_) != 0 ? base::Result<bool>(failure(handle_)) : false;
    const auto* lengths = mysql_fetch_lengths(result_);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (row[i] == nullptr) {
        into[i] = Value{};
        continue;
      }
      const std::string_view text(row[i], lengths[i]);
      if (columns_[i].type == Type::Bit) {  // a TINYINT is digits, a BIT a byte
        into[i] = Value::of(Kind::Boolean, std::int64_t{!text.empty() && text != "0" && text[0] != '\0'});
        continue;
      }
      TRY(into[i], value_of_text(columns_[i].type, text, columns_[i].name));
    }
    return true;
  }

 private:
  MYSQL* handle_;
  MYSQL_RES* result_;
  MariaRows** open_;
  std::vector<Column> columns_;
};

class MariaConnection final : public Connection {
 public:
  ~MariaConnection() override {
    if (open_ != nullptr) open_->close();
    if (handle_ != nullptr) mysql_close(handle_);
  }

  static base::Result<std::unique_ptr<Connection>> open(const Address& address) {
    auto url = parse_network_url(std::string_view(address.url).substr(address.url.find(':') + 1));
    for (const auto& [name, value] : address.properties) url.properties.insert_or_assign(name, value);
    const auto property = [&](const std::string& name) {
      const auto found = url.properties.find(name);
      return found == url.properties.end() ? std::string() : found->second;
    };
    auto connection = std::make_unique<MariaConnection>();
    auto* handle = connection->handle_ = mysql_init(nullptr);
    if (handle == nullptr) return base::fail(base::ErrorKind::Internal, "no memory for a connection");
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const auto timeout_ms = property("connectTimeout");
    const unsigned timeout = timeout_ms.empty() ? 10 : static_cast<unsigned>(std::atoi(timeout_ms.c_str()) / 1000 + 1);
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    // "localhost" would mean a socket to this library, and TCP to Java.
    const auto host = url.host.empty() || url.host == "localhost" ? std::string("127.0.0.1") : url.host;
    const auto port = url.port.empty() ? 3306u : static_cast<unsigned>(std::atoi(url.port.c_str()));
    const auto user = property("user"), password = property("password"), socket = property("localSocket");
    if (mysql_real_connect(handle, socket.empty() ? host.c_str() : nullptr, user.c_str(), password.c_str(),
                           url.name.empty() ? nullptr : url.name.c_str(), port,
                           socket.empty() ? nullptr : socket.c_str(), CLIENT_FOUND_ROWS) == nullptr)
      return failure(handle);
    TRY_VOID(connection->run("SET time_zone = '+00:00'"));
    return std::unique_ptr<Connection>(std::move(connection));
  }

  base::Result<Outcome> execute(std::string_view sql, std::span<const Parameter> parameters,
                                const ExecuteOptions& options) override {
    if (open_ != nullptr) open_->close();
    if (options.timeout_s != timeout_s_) {
      TRY_VOID(run(fmt::format("SET max_statement_time = {}", options.timeout_s)));
      timeout_s_ = options.timeout_s;
    }
    std::string text;
    const auto wanted = replace_parameters(sql, text, [&](std::size_t i, std::string& out) {
      if (i < parameters.size()) append_literal(out, parameters[i].value);
    });
    if (wanted != parameters.size())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the statement has {} parameters, and {} are given", wanted, parameters.size()));
    if (mysql_real_query(handle_, text.data(), text.size()) != 0) return failure(handle_);
    Outcome outcome;
    if (auto* result = mysql_use_result(handle_)) {
      outcome.rows = std::make_unique<MariaRows>(handle_, result, &open_);
      return outcome;
    }
    if (mysql_field_count(handle_) != 0) return failure(handle_);
    outcome.changed = static_cast<std::int64_t>(mysql_affected_rows(handle_));
    if (options.wants_generated_key) outcome.generated_key = std::to_string(mysql_insert_id(handle_));
    return outcome;
  }

  base::Status set_auto_commit(bool on) override {
    if (mysql_autocommit(handle_, on ? 1 : 0) != 0) return failure(handle_);
    auto_commit_ = on;
    return {};
  }
  bool auto_commit() const override { return auto_commit_; }
  base::Status commit() override {
    if (open_ != nullptr) open_->close();
    return mysql_commit(handle_) != 0 ? base::Status(failure(handle_)) : base::Status{};
  }
  base::Status rollback() override {
    if (open_ != nullptr) open_->close();
    return mysql_rollback(handle_) != 0 ? base::Status(failure(handle_)) : base::Status{};
  }

  base::Result<Table> describe(const TableName& name) override {
    constexpr std::string_view kColumns =
        "SELECT column_name, data_type, is_nullable, column_default IS NOT NULL OR extra LIKE '%auto_increment%', "
        "column_key FROM information_schema.columns WHERE table_schema = IF(? = '', DATABASE(), ?) AND table_name = ? "
        "ORDER BY ordinal_position";
    const auto text = [](const std::string& value) { return Parameter{Type::VarChar, Value::of(Kind::String, value)}; };
    // What JDBC calls a catalog is a database here; some write it as the schema.
    const auto& catalog = name.catalog.empty() ? name.schema : name.catalog;
    const Parameters parameters{text(catalog), text(catalog), text(name.table)};
    TRY(auto outcome, execute(kColumns, parameters, {}));
    Table described;
    std::vector<Value> row(5);
    for (;;) {
      TRY(const bool more, outcome.rows->next(row));
      if (!more) break;
      TableColumn column{.name = std::string(row[0].text()),
                         .type = type_named(row[1].text()),
                         .nullable = row[2].text() == "YES",
                         .required = row[2].text() == "NO" && row[3].whole == 0};
      if (row[4].text() == "PRI") described.keys.push_back(column.name);
      described.columns.push_back(std::move(column));
    }
    if (described.columns.empty())
      return base::fail(base::ErrorKind::NotFound, fmt::format("there is no table '{}'", name.table));
    return described;
  }

  std::string_view quote() const override { return "`"; }
  base::Status check() override {
    if (open_ != nullptr) open_->close();
    return mysql_ping(handle_) != 0 ? base::Status(failure(handle_)) : base::Status{};
  }

 private:
  base::Status run(const std::string& sql) {
    return mysql_real_query(handle_, sql.data(), sql.size()) != 0 ? base::Status(failure(handle_)) : base::Status{};
  }
  /// As JDBC's driver sends statements by default: with the parameters in the text.
  void append_literal(std::string& out, const Value& value) {
    if (value.is_null()) {
      out += "NULL";
    } else if (value.is_number() || value.kind == Kind::Boolean) {
      out += value.kind == Kind::Boolean ? (value.whole != 0 ? "1" : "0") : sql_text(value);
    } else {
      const auto text = sql_text(value);
      std::string escaped(text.size() * 2 + 1, '\0');
      escaped.resize(mysql_real_escape_string(handle_, escaped.data(), text.data(), text.size()));
      out += value.kind == Kind::Bytes ? "_binary'" : "'";
      out += escaped;
      out += '\'';
    }
  }

  MYSQL* handle_ = nullptr;
  MariaRows* open_ = nullptr;  // whose rows are still to come
  bool auto_commit_ = true;
  int timeout_s_ = 0;
};

class MariaDriver final : public Driver {
 public:
  base::Result<std::unique_ptr<Connection>> connect(const Address& address) const override {
    return MariaConnection::open(address);
  }
};
const MariaDriver kDriver;

}  // namespace

const Driver& kMariaDb = kDriver;

}  // namespace flow::database
