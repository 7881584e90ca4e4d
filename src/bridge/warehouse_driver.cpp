#include "bridge/warehouse_driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "bridge/flow_tokens.h"
#include "bridge/warehouse_values.h"

namespace bridge {
namespace {

namespace database = flow::database;
using database::Outcome;
using database::Parameter;
using flow::record::Value;

constexpr std::uint32_t kDml = 0x3000, kShowsFrom = 0x4400, kTransactions = 0x5000;

/// A name as SQL spells it, as it is stored.
std::string stored(std::string_view name) {
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
    return std::string(name.substr(1, name.size() - 2));
  std::string out(name);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

/// Whether a statement of this type answers rows that its sender wants: queries, and what shows something.
bool answers_rows(std::uint32_t type) { return type < kDml || (type >= kShowsFrom && type < kTransactions); }

class WarehouseRows final : public database::Rows {
 public:
  explicit WarehouseRows(std::shared_ptr<const engine::ResultSet> result) : result_(std::move(result)) {
    for (const auto& column : result_->columns()) columns_.push_back(column_of(column.name, column.type));
    texts_.resize(columns_.size());
  }
  const std::vector<database::Column>& columns() const override { return columns_; }
  base::Result<bool> next(std::span<Value> into) override {
    if (row_ >= result_->row_count()) return false;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      into[i] = flow_value(result_->value(row_, i), columns_[i].type, texts_[i]);
    ++row_;
    return true;
  }

 private:
  const std::shared_ptr<const engine::ResultSet> result_;
  std::vector<database::Column> columns_;
  std::vector<std::string> texts_;
  std::uint64_t row_ = 0;
};

/// "NUMBER(38,0)": the type, and what is in the parentheses.
void read_type(std::string_view declared, database::TableColumn& column) {
  column.type = database::type_named(declared);
  const auto open = declared.find('(');
  if (open == std::string_view::npos || column.type != database::Type::Decimal) return;
  const auto comma = declared.find(',', open);
  std::from_chars(declared.data() + open + 1, declared.data() + declared.size(), column.precision);
  if (comma != std::string_view::npos)
    std::from_chars(declared.data() + comma + 1, declared.data() + declared.size(), column.scale);
  if (column.scale == 0) column.type = database::Type::BigInt;
}

/// Tokens of what the open transaction writes; its commit takes them.
struct Claim {
  std::string source;
  std::string token;
};
using Claims = std::vector<Claim>;

class WarehouseConnection final : public database::Connection {
 public:
  WarehouseConnection(engine::Database& engine, std::unique_ptr<engine::StatementSession> session,
                      std::shared_ptr<Claims> claims)
      : engine_(engine), session_(std::move(session)), claims_(std::move(claims)) {}

  base::Result<Outcome> execute(std::string_view sql, std::span<const Parameter> parameters,
                                const database::ExecuteOptions& options) override {
    TRY_VOID(begin_if_needed());
    if (options.timeout_s != timeout_s_) {
      TRY_VOID(session_->run(fmt::format("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {}",
                                         options.timeout_s == 0 ? kTimeoutMax : options.timeout_s)));
      timeout_s_ = options.timeout_s;
    }
    std::vector<engine::Value> binds;
    for (const auto& parameter : parameters) binds.push_back(engine_value(parameter.value));
    TRY(const auto done, session_->run(sql, binds));
    Outcome outcome{.rows = nullptr, .changed = done.counts.affected()};
    if (answers_rows(done.type_id) && done.result != nullptr)
      outcome.rows = std::make_unique<WarehouseRows>(done.result);
    return outcome;
  }

  /// Rows of one INSERT are one statement: as the driver binds arrays.
  base::Result<std::int64_t> execute_batch(std::string_view sql, std::span<const database::Parameters> rows,
                                           const database::ExecuteOptions& options, std::size_t* failed_at) override {
    constexpr std::string_view kValues = " VALUES (";
    const auto values = sql.rfind(kValues);
    const bool is_insert = sql.starts_with("INSERT INTO ") && values != std::string_view::npos && sql.ends_with(')') &&
                           sql.find_first_not_of("?, )", values + kValues.size()) == std::string_view::npos;
    if (!is_insert || rows.size() < 2) return Connection::execute_batch(sql, rows, options, failed_at);
    const auto tuple = sql.substr(values + kValues.size() - 1);
    std::int64_t changed = 0;
    for (std::size_t done = 0; done < rows.size();) {
      const auto count = std::min(rows.size() - done, kRowsMax);
      std::string text(sql);
      database::Parameters all(rows[done]);
      for (std::size_t i = 1; i < count; ++i) {
        text += ", ";
        text += tuple;
        all.insert(all.end(), rows[done + i].begin(), rows[done + i].end());
      }
      auto outcome = execute(text, all, options);
      if (!outcome) {
        if (failed_at != nullptr) *failed_at = done;
        return base::fail(outcome.error());
      }
      changed += outcome->changed;
      done += count;
    }
    return changed;
  }

  base::Status set_auto_commit(bool on) override {
    if (on && !auto_commit_) TRY_VOID(commit());
    auto_commit_ = on;
    return {};
  }
  bool auto_commit() const override { return auto_commit_; }
  base::Status commit() override { return end("COMMIT"); }
  base::Status rollback() override { return end("ROLLBACK"); }

  base::Result<database::Table> describe(const database::TableName& name) override {
    std::string qualified;
    for (const auto* part : {&name.catalog, &name.schema, &name.table})
      if (!part->empty()) qualified += (qualified.empty() ? "" : ".") + *part;
    TRY(const auto answer, session_->run("DESCRIBE TABLE " + qualified));
    const auto& rows = *answer.result;
    const auto column_named = [&](std::string_view wanted) {
      const auto& columns = rows.columns();
      return static_cast<std::size_t>(std::ranges::find(columns, wanted, &engine::ResultColumn::name) -
                                      columns.begin());
    };
    const auto text = [&](std::uint64_t row, std::size_t column) {
      const auto value = column < rows.columns().size() ? rows.value(row, column) : engine::Value();
      const auto* characters = std::get_if<std::string>(&value);
      return characters == nullptr ? std::string() : *characters;
    };
    const auto at_name = column_named("name"), at_type = column_named("type"), at_null = column_named("null?"),
               at_default = column_named("default"), at_key = column_named("primary key");
    database::Table table;
    for (std::uint64_t row = 0; row < rows.row_count(); ++row) {
      database::TableColumn column{.name = text(row, at_name), .nullable = text(row, at_null) == "Y"};
      read_type(text(row, at_type), column);
      column.required = !column.nullable && text(row, at_default).empty();
      if (text(row, at_key) == "Y") table.keys.push_back(column.name);
      table.columns.push_back(std::move(column));
    }
    return table;
  }

  bool keeps_tokens() const override { return true; }
  base::Result<bool> claim(std::string_view source, std::string_view token) override {
    TRY(const bool known, knows_token(engine_, source, token));
    if (known) return false;
    claims_->push_back({std::string(source), std::string(token)});
    return true;
  }
  base::Status check() override { return {}; }

 private:
  static constexpr std::size_t kRowsMax = 1000;
  static constexpr int kTimeoutMax = 604'800;

  base::Status begin_if_needed() {
    if (auto_commit_ || session_->state().in_transaction) return {};
    const auto begun = session_->run("BEGIN");
    return begun ? base::Status{} : base::fail(begun.error());
  }
  base::Status end(std::string_view how) {
    if (!session_->state().in_transaction) {
      claims_->clear();
      return {};
    }
    const auto ended = session_->run(how);
    claims_->clear();
    return ended ? base::Status{} : base::fail(ended.error());
  }

  engine::Database& engine_;
  const std::unique_ptr<engine::StatementSession> session_;
  const std::shared_ptr<Claims> claims_;
  bool auto_commit_ = true;
  int timeout_s_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<engine::StatementSession>> open_session(engine::StatementRunner& runner,
                                                                     const flow::SnowflakeAccount& account,
                                                                     engine::SessionSettings settings) {
  if (!account.user.empty()) {
    settings.user = stored(account.user);
    settings.role.clear();
  }
  if (!account.role.empty()) settings.role = stored(account.role);
  if (!account.database.empty()) settings.database = stored(account.database);
  if (!account.schema.empty() && settings.database) settings.schema = stored(account.schema);
  auto session = runner.open_session(settings);
  for (auto* name : {&settings.schema, &settings.database}) {
    if (session || !*name) continue;
    name->reset();
    session = runner.open_session(settings);
  }
  if (session && !account.warehouse.empty())
    (void)(*session)->run(fmt::format("USE WAREHOUSE \"{}\"", stored(account.warehouse)));
  return session;
}

base::Result<std::unique_ptr<database::Connection>> WarehouseDriver::connect(const database::Address& address) const {
  auto all = database::parse_network_url(address.url.substr(address.url.find(':') + 1)).properties;
  for (const auto& [name, value] : address.properties) all.insert_or_assign(name, value);
  const auto property = [&](const char* name, const char* other) {
    for (const auto* key : {name, other})
      if (const auto found = all.find(key); found != all.end()) return found->second;
    return std::string();
  };
  const auto claims = std::make_shared<Claims>();
  engine::SessionSettings settings;
  settings.in_transaction_commit = [claims](engine::Work& commit) -> base::Status {
    for (const auto& claim : std::exchange(*claims, {})) TRY_VOID(keep_token(commit, claim.source, claim.token));
    return {};
  };
  TRY(auto session, open_session(runner_,
                                 {.user = property("user", "username"),
                                  .role = property("role", "role"),
                                  .database = property("db", "database"),
                                  .schema = property("schema", "schema"),
                                  .warehouse = property("warehouse", "warehouse")},
                                 std::move(settings)));
  return std::make_unique<WarehouseConnection>(*database_(), std::move(session), claims);
}

base::Status WarehouseDriver::forget_tokens(std::string_view source, std::span<const std::string> tokens) const {
  auto* const database = database_();  // without it no token was ever kept
  return database == nullptr ? base::Status{} : bridge::forget_tokens(*database, source, tokens);
}

}  // namespace bridge
