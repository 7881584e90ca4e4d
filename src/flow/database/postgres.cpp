#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>

#include "flow/database/database.h"
#include "flow/database/placeholders.h"
#include "flow/database/sql_values.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

/// The server is told the types, as JDBC does: an "is null" of a parameter alone says none. 0: it finds out.
Oid oid_of(Type type) {
  switch (type) {
    case Type::Bit:
    case Type::Boolean: return 16;
    case Type::Binary:
    case Type::VarBinary:
    case Type::LongVarBinary:
    case Type::Blob: return 17;
    case Type::BigInt: return 20;
    case Type::TinyInt:
    case Type::SmallInt: return 21;
    case Type::Integer: return 23;
    case Type::Real: return 700;
    case Type::Float:
    case Type::Double: return 701;
    case Type::Char:
    case Type::VarChar:
    case Type::LongVarChar:
    case Type::NChar:
    case Type::NVarChar:
    case Type::LongNVarChar:
    case Type::Clob: return 1043;
    case Type::Date: return 1082;
    case Type::Time: return 1083;
    case Type::Timestamp: return 1114;
    case Type::TimestampWithZone: return 1184;
    case Type::Decimal:
    case Type::Numeric: return 1700;
    default: return 0;
  }
}

base::ErrorKind kind_of(std::string_view state) {
  const auto group = state.substr(0, 2);
  if (state.empty() || group == "08" || group == "53" || state == "57P01" || state == "57P02" || state == "57P03")
    return base::ErrorKind::Unavailable;
  if (group == "40" || state == "55P03") return base::ErrorKind::Conflict;
  if (state == "57014") return base::ErrorKind::Cancelled;
  if (state == "42P01" || state == "3F000") return base::ErrorKind::NotFound;
  if (state == "28P01" || state == "28000" || state == "42501") return base::ErrorKind::Denied;
  return base::ErrorKind::InvalidValue;
}

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

class PgResult {
 public:
  explicit PgResult(PGresult* raw) : raw_(raw) {}
  PgResult(PgResult&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  PgResult& operator=(PgResult other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~PgResult() { PQclear(raw_); }
  explicit operator bool() const { return raw_ != nullptr; }
  PGresult* raw() const { return raw_; }
  ExecStatusType status() const { return PQresultStatus(raw_); }
  bool failed() const { return status() == PGRES_FATAL_ERROR || status() == PGRES_BAD_RESPONSE; }

 private:
  PGresult* raw_;
};

base::Failure<base::Error> failure(PGconn* connection, const PgResult& result) {
  const char* state = result ? PQresultErrorField(result.raw(), PG_DIAG_SQLSTATE) : nullptr;
  const char* text = result ? PQresultErrorMessage(result.raw()) : "";
  const std::string_view message = *text != '\0' ? text : PQerrorMessage(connection);
  const std::string sqlstate = state != nullptr ? state : "";
  return base::fail(base::Error{kind_of(sqlstate), 0, sqlstate, std::string(without_line_end(message)), std::nullopt});
}

Column column_of(const PGresult* result, int i) {
  Column column{.name = PQfname(result, i)};
  const int modifier = PQfmod(result, i);
  switch (PQftype(result, i)) {
    case 16: column.type = Type::Bit; break;
    case 17: column.type = Type::Binary; break;
    case 20:
    case 26: column.type = Type::BigInt; break;
    case 21: column.type = Type::SmallInt; break;
    case 23: column.type = Type::Integer; break;
    case 700: column.type = Type::Real; break;
    case 701: column.type = Type::Double; break;
    case 1042: column.type = Type::Char; break;
    case 1082: column.type = Type::Date; break;
    case 1083:
    case 1266: column.type = Type::Time; break;
    case 1114:
    case 1184: column.type = Type::Timestamp; break;
    case 1700:
      column.type = Type::Numeric;
      if (modifier >= 4) {
        column.precision = (modifier - 4) >> 16 & 0xFFFF;
        column.scale = (modifier - 4) & 0xFFFF;
      }
      break;
    case 142: column.type = Type::SqlXml; break;
    case 114:
    case 2950:
    case 3802: column.type = Type::Other; break;
    default: column.type = Type::VarChar;
  }
  return column;
}

/// "\x6162": the bytes.
std::string bytes_of(std::string_view text) {
  std::string bytes;
  if (!text.starts_with("\\x")) return std::string(text);
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  return bytes;
}

/// Rows come one by one: the server's answer is never in memory as a whole.
class PgRows final : public Rows {
 public:
  PgRows(PGconn* connection, PgResult first, PgRows** open)
      : connection_(connection), next_(std::move(first)), open_(open) {
    for (int i = 0; i < PQnfields(next_.raw()); ++i) columns_.push_back(column_of(next_.raw(), i));
    bytes_.resize(columns_.size());
    *open_ = this;
  }
  ~PgRows() override { close(); }
  void close() {
    if (open_ == nullptr) return;
    if (!ended_) {
      if (auto* cancel = PQgetCancel(connection_)) {
        char message[256];
        PQcancel(cancel, message, sizeof message);
        PQfreeCancel(cancel);
      }
      while (PgResult(PQgetResult(connection_))) {
      }
    }
    *open_ = nullptr;
    open_ = nullptr;
    ended_ = true;
  }
  const std::vector<Column>& columns() const override { return columns_; }

  base::Result<bool> next(std::span<Value> into) override {
    if (ended_) return false;
    current_ = next_ ? std::move(next_) : PgResult(PQgetResult(connection_));
    next_ = PgResult(nullptr);
    if (!current_ || current_.status() != PGRES_SINGLE_TUPLE) {
      ended_ = true;
      if (current_ && current_.failed()) {
        auto failed = failure(connection_, current_);
        drain();
        return failed;
      }
      drain();
      return false;
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const int at = static_cast<int>(i);
      if (PQgetisnull(current_.raw(), 0, at) != 0) {
        into[i] = Value{};
        continue;
      }
      std::string_view text(PQgetvalue(current_.raw(), 0, at),
                            static_cast<std::size_t>(PQgetlength(current_.raw(), 0, at)));
      if (columns_[i].type == Type::Binary) text = bytes_[i] = bytes_of(text);
      TRY(into[i], value_of_text(columns_[i].type, text, columns_[i].name));
    }
    return true;
  }

 private:
  void drain() {
    while (PgResult(PQgetResult(connection_))) {
    }
  }

  PGconn* connection_;
  PgResult next_, current_{nullptr};
  PgRows** open_;
  std::vector<Column> columns_;
  std::vector<std::string> bytes_;
  bool ended_ = false;
};

/// What JDBC's parameters are called in libpq; others are not known to it.
std::string_view libpq_name(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"ApplicationName", "application_name"},
      {"connectTimeout", "connect_timeout"},
      {"password", "password"},
      {"sslcert", "sslcert"},
      {"sslkey", "sslkey"},
      {"sslmode", "sslmode"},
      {"sslrootcert", "sslrootcert"},
      {"user", "user"},
  };
  const auto found = std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
  return found == std::end(kNames) ? std::string_view() : found->second;
}

class PgConnection final : public Connection {
 public:
  ~PgConnection() override {
    if (open_ != nullptr) open_->close();
    PQfinish(raw_);
  }

  static base::Result<std::unique_ptr<Connection>> open(const Address& address) {
    auto url = parse_network_url(std::string_view(address.url).substr(std::string_view("postgresql:").size()));
    for (const auto& [name, value] : address.properties) url.properties.insert_or_assign(name, value);
    std::map<std::string, std::string> all{{"host", url.host.empty() ? "localhost" : url.host},
                                           {"port", url.port.empty() ? "5432" : url.port},
                                           {"client_encoding", "UTF8"},
                                           {"connect_timeout", "10"},
                                           {"application_name", "freshet"}};
    std::string options = "-c datestyle=ISO -c timezone=UTC";
    for (const auto& [name, value] : url.properties) {
      if (name == "currentSchema") options += " -c search_path=" + value;
      if (name == "ssl" && value == "true") all.emplace("sslmode", "require");
      if (const auto known = libpq_name(name); !known.empty()) all.insert_or_assign(std::string(known), value);
    }
    all["options"] = options;
    if (!url.name.empty())
      all["dbname"] = url.name;
    else if (const auto user = all.find("user"); user != all.end())
      all["dbname"] = user->second;
    std::vector<const char*> names, values;
    for (const auto& [name, value] : all) {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    auto connection = std::make_unique<PgConnection>();
    connection->raw_ = PQconnectdbParams(names.data(), values.data(), 0);
    if (PQstatus(connection->raw_) != CONNECTION_OK) return failure(connection->raw_, PgResult(nullptr));
    PQsetNoticeProcessor(connection->raw_, [](void*, const char*) {}, nullptr);
    return std::unique_ptr<Connection>(std::move(connection));
  }

  base::Result<Outcome> execute(std::string_view sql, std::span<const Parameter> parameters,
                                const ExecuteOptions& options) override {
    if (open_ != nullptr) open_->close();
    if (!auto_commit_ && PQtransactionStatus(raw_) == PQTRANS_IDLE) TRY_VOID(run("BEGIN"));
    if (options.timeout_s != timeout_s_) {
      TRY_VOID(run(fmt::format("SET statement_timeout = {}", options.timeout_s * 1000)));
      timeout_s_ = options.timeout_s;
    }
    std::string text;
    const auto wanted = replace_parameters(
        sql, text, [](std::size_t i, std::string& out) { fmt::format_to(std::back_inserter(out), "${}", i + 1); });
    if (wanted != parameters.size())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the statement has {} parameters, and {} are given", wanted, parameters.size()));
    const bool returns_key = options.wants_generated_key && is_insert(text);
    if (returns_key) text += " RETURNING *";
    TRY_VOID(send(text, parameters));
    PgResult first(PQgetResult(raw_));
    if (!first || first.failed()) {
      auto failed = failure(raw_, first);
      drain();
      return failed;
    }
    Outcome outcome;
    if (first.status() == PGRES_SINGLE_TUPLE || first.status() == PGRES_TUPLES_OK) {
      outcome.rows = std::make_unique<PgRows>(raw_, std::move(first), &open_);
      if (!returns_key) return outcome;
      std::vector<Value> row(outcome.rows->columns().size());
      for (;;) {
        TRY(const bool more, outcome.rows->next(row));
        if (!more) break;
        ++outcome.changed;
        if (!row.empty()) outcome.generated_key = sql_text(row[0]);
      }
      outcome.rows.reset();
      return outcome;
    }
    outcome.changed = std::strtoll(PQcmdTuples(first.raw()), nullptr, 10);
    drain();
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
    constexpr std::string_view kColumns =
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '', "
        "EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) "
        "FROM pg_attribute a JOIN pg_class c ON a.attrelid = c.oid JOIN pg_namespace n ON c.relnamespace = n.oid "
        "WHERE c.relname = ? AND CASE WHEN ? = '' THEN pg_table_is_visible(c.oid) ELSE n.nspname = ? END "
        "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    for (const auto& spelled : {name.table, lower(name.table)}) {
      const auto text = [](const std::string& value) {
        return Parameter{Type::VarChar, Value::of(Kind::String, value)};
      };
      const Parameters parameters{text(spelled), text(name.schema), text(name.schema)};
      TRY(auto outcome, execute(kColumns, parameters, {}));
      Table described;
      std::vector<Value> row(5);
      for (;;) {
        TRY(const bool more, outcome.rows->next(row));
        if (!more) break;
        const auto declared = std::string(row[1].text());
        TableColumn column{.name = std::string(row[0].text()),
                           .type = type_named(declared),
                           .nullable = row[2].whole == 0,
                           .required = row[2].whole != 0 && row[3].whole == 0};
        if (row[4].whole != 0) described.keys.push_back(column.name);
        described.columns.push_back(std::move(column));
      }
      if (!described.columns.empty()) return described;
    }
    return base::fail(base::ErrorKind::NotFound, fmt::format("there is no table '{}'", name.table));
  }

  base::Status check() override {
    if (PQstatus(raw_) != CONNECTION_OK) return failure(raw_, PgResult(nullptr));
    return run("SELECT 1");
  }

 private:
  static std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
  }
  static bool is_insert(std::string_view sql) {
    const auto start = sql.find_first_not_of(" \t\r\n");
    return start != std::string_view::npos && lower(std::string(sql.substr(start, 6))) == "insert";
  }

  base::Status send(const std::string& sql, std::span<const Parameter> parameters) {
    std::vector<std::string> texts(parameters.size());
    std::vector<const char*> values(parameters.size(), nullptr);
    std::vector<int> lengths(parameters.size(), 0), formats(parameters.size(), 0);
    std::vector<Oid> types(parameters.size(), 0);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto& value = parameters[i].value;
      types[i] = value.kind == Kind::Bytes ? oid_of(Type::Binary) : oid_of(parameters[i].type);
      if (value.is_null()) continue;
      texts[i] = sql_text(value);
      values[i] = texts[i].c_str();
      lengths[i] = static_cast<int>(texts[i].size());
      if (value.kind == Kind::Bytes) formats[i] = 1;
    }
    if (PQsendQueryParams(raw_, sql.c_str(), static_cast<int>(parameters.size()), types.data(), values.data(),
                          lengths.data(), formats.data(), 0) == 0)
      return failure(raw_, PgResult(nullptr));
    PQsetSingleRowMode(raw_);
    return {};
  }
  base::Status run(const std::string& sql) {
    const PgResult result(PQexec(raw_, sql.c_str()));
    return result.failed() ? failure(raw_, result) : base::Status{};
  }
  base::Status end(const char* how) {
    if (open_ != nullptr) open_->close();
    return PQtransactionStatus(raw_) == PQTRANS_IDLE ? base::Status{} : run(how);
  }
  void drain() {
    while (PgResult(PQgetResult(raw_))) {
    }
  }

  PGconn* raw_ = nullptr;
  PgRows* open_ = nullptr;  // whose rows are still to come
  bool auto_commit_ = true;
  int timeout_s_ = 0;
};

class PgDriver final : public Driver {
 public:
  base::Result<std::unique_ptr<Connection>> connect(const Address& address) const override {
    return PgConnection::open(address);
  }
};
const PgDriver kDriver;

}  // namespace

const Driver& kPostgres = kDriver;

}  // namespace flow::database
