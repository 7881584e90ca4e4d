#include "flow/processors/put_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault/kill_point.h"
#include "flow/database/attribute_parameters.h"
#include "flow/engine/session.h"
#include "flow/processors/database_writes.h"
#include "flow/processors/elapsed.h"
#include "flow/record/number_text.h"
#include "flow/services/connection_pool.h"

namespace flow {
namespace {

constexpr std::size_t kLooked = 10'000;  // flowfiles at most, for the rest of a transaction

constexpr Property kProperties[] = {
    {.name = "JDBC Connection Pool", .required = true, .service = ConnectionPool::kApi},
    {.name = "SQL Statement",
     .old_name = "putsql-sql-statement",
     .help = "Without it the content is the statement",
     .scope = Scope::FlowFile},
    {.name = "Support Fragmented Transactions",
     .help = "Whether flowfiles of one fragment.identifier wait until all are there, and are one transaction",
     .fallback = "true",
     .kind = Property::Kind::Boolean},
    {.name = "Database Session AutoCommit",
     .old_name = "database-session-autocommit",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Transaction Timeout",
     .help = "How long flowfiles wait for the others of their transaction before they fail",
     .kind = Property::Kind::Duration},
    {.name = "Batch Size", .fallback = "100", .required = true, .kind = Property::Kind::Integer},
    {.name = "Obtain Generated Keys", .fallback = "false", .kind = Property::Kind::Boolean},
    kRollbackOnFailure,
};
constexpr Relationship kRelationships[] = {{"retry", true}, {"success"}, {"failure", true}};

/// Flowfiles whose statements are one transaction: all of one fragment.identifier, or any.
struct Transaction {
  std::vector<FlowFile*> files;
  bool fragmented = false;
};

class PutSql final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    pool_ = configuration.service<ConnectionPool>("JDBC Connection Pool");
    fragments_ = configuration.flag("Support Fragmented Transactions");
    auto_commit_ = configuration.flag("Database Session AutoCommit");
    wants_keys_ = configuration.flag("Obtain Generated Keys");
    rolls_back_ = configuration.flag(kRollbackOnFailure.name);
    timeout_ = configuration.duration("Transaction Timeout");
    batch_ = std::max<std::uint64_t>(1, configuration.integer_or("Batch Size", 100));
    if (auto_commit_ && (fragments_ || rolls_back_))
      return base::fail(
          base::ErrorKind::InvalidValue,
          fmt::format("{}, property 'Database Session AutoCommit': must be false with {}", configuration.error_prefix(),
                      fragments_ ? "Support Fragmented Transactions" : "Rollback On Failure"));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto transaction = take(configuration, services, session);
    if (transaction.files.empty()) return {};
    DatabaseWrites writes(configuration, session, rolls_back_);
    auto connection = pool_->get(transaction.files.front()->attributes);
    if (!connection) return writes.fail_all(transaction.files, connection.error());
    if (!auto_commit_) {
      if (const auto set = (*connection)->set_auto_commit(false); !set)
        return writes.fail_all(transaction.files, set.error());
      if (const auto done = run_together(configuration, services, session, *connection, transaction.files)) {
        session.transfer_all(transaction.files, "success");
        return {};
      } else if (transaction.fragmented || rolls_back_ || transaction.files.size() == 1) {
        return writes.fail_all(transaction.files, done.error());
      }
    }
    // One of them is wrong: each for itself.
    for (auto* file : transaction.files) {
      FlowFile* const one[] = {file};
      if (const auto done = run_together(configuration, services, session, *connection, one))
        session.transfer(*file, "success");
      else
        TRY_VOID(writes.fail_all(one, done.error()));
    }
    return {};
  }

 private:
  base::Status run_together(const Configuration& configuration, const Services& services, Session& session,
                            const PooledConnection& pooled, std::span<FlowFile* const> files) const {
    auto& connection = *pooled;
    const auto started = services.clock.now();
    std::vector<std::pair<FlowFile*, std::string>> keys;
    const auto run_all = [&]() -> base::Status {
      for (auto* file : files) {
        TRY(const bool is_new, claim_write(session, connection, *file));
        if (!is_new) continue;
        TRY(auto sql, configuration.evaluate("SQL Statement", session, *file));
        if (!sql) {
          TRY(sql, read_all(file->content));
        }
        record::Arena arena;
        TRY(const auto parameters, database::attribute_parameters(file->attributes, arena));
        TRY(auto outcome, connection.execute(*sql, parameters, {.wants_generated_key = wants_keys_}));
        if (outcome.generated_key) keys.emplace_back(file, std::move(*outcome.generated_key));
      }
      base::kill_point("flow.before_database_commit");
      if (!connection.auto_commit()) TRY_VOID(connection.commit());
      base::kill_point("flow.database_committed");
      return {};
    };
    const auto done = run_all();
    if (!done) {
      if (!connection.auto_commit()) (void)connection.rollback();
      return done;
    }
    for (auto& [file, key] : keys) session.put_attribute(*file, "sql.generated.key", std::move(key));
    for (const auto* file : files)
      session.report(EventType::Send, *file, {.uri = pooled.url(), .took = millis_since(services.clock, started)});
    return {};
  }

  /// What runs now. Those of a transaction that is not complete go back.
  Transaction take(const Configuration& configuration, const Services& services, Session& session) const {
    if (!fragments_) return {session.get(batch_)};
    Transaction transaction;
    std::vector<FlowFile*> others;
    std::string identifier;
    std::size_t wanted = batch_;
    while (transaction.files.size() < wanted && others.size() < kLooked) {
      const auto files = session.get(wanted - transaction.files.size());
      if (files.empty()) break;
      for (auto* file : files) {
        const auto own = file->attribute("fragment.identifier");
        const auto count = record::parse_whole(file->attribute("fragment.count"));
        const bool is_fragment = !own.empty() && count && *count > 1;
        if (is_fragment && transaction.files.empty()) {
          transaction.fragmented = true;
          identifier = own;
          wanted = static_cast<std::size_t>(*count);
        }
        const bool belongs = is_fragment ? transaction.fragmented && own == identifier : !transaction.fragmented;
        (belongs ? transaction.files : others).push_back(file);
      }
    }
    for (auto* file : others) session.give_back(*file);
    if (!transaction.fragmented) return transaction;
    if (transaction.files.size() < wanted) {
      wait(configuration, services, session, transaction.files);
      return {};
    }
    std::ranges::sort(transaction.files, {}, [](const FlowFile* file) {
      return record::parse_whole(file->attribute("fragment.index")).value_or(0);
    });
    return transaction;
  }

  void wait(const Configuration& configuration, const Services& services, Session& session,
            const std::vector<FlowFile*>& files) const {
    const auto oldest = std::ranges::min(files, {}, &FlowFile::queued)->queued;
    const bool too_long = timeout_ && oldest + *timeout_ < services.clock.now();
    if (too_long)
      session.log_error(fmt::format("{}: the other flowfiles of the transaction did not come within the timeout",
                                    configuration.error_prefix()));
    for (auto* file : files) {
      if (too_long)
        session.transfer(*file, "failure", "the transaction is not complete");
      else
        session.give_back(*file);
    }
    session.yield();
  }

  std::shared_ptr<ConnectionPool> pool_;
  bool fragments_ = true;
  bool auto_commit_ = false;
  bool wants_keys_ = false;
  bool rolls_back_ = false;
  std::optional<std::chrono::nanoseconds> timeout_;
  std::size_t batch_ = 100;
};

}  // namespace

const Description kPutSql{
    .type = "org.apache.nifi.processors.standard.PutSQL",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Runs the statement that is the content in a database.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new PutSql); },
};

}  // namespace flow
