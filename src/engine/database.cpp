#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "engine/database_impl.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/numbering.h"
#include "engine/session.h"
#include "engine/tables.h"

namespace engine {

using catalog::Record;
using catalog::TransactionId;
using catalog::Version;

namespace {

// Of the file's own tables. A newer one is refused.
constexpr int kFormat = 1;
// What one run may hand out of each counter; the next run begins behind it, so that nothing is used twice.
constexpr std::int64_t kNumbersPerRun = std::int64_t{1} << 40;
constexpr std::int64_t kTransactionsPerRun = std::int64_t{1} << 32;
constexpr std::int64_t kIdsPerRun = std::int64_t{1} << 32;
// Up to so many rows on one side of a join, their keys one by one prune the row groups of the other side (the engine's
// default, 50, prunes by the range of the keys above that, and random ones span all of it). 100 random keys of 10 M
// rows, seen: 12 ms instead of 57, with all columns of the hits 80 instead of 770.
constexpr int kPrunedBy = 2000;

}  // namespace

base::Result<std::unique_ptr<Database>> Database::open(Options options, const base::Clock& clock) {
  auto database = std::make_unique<DatabaseImpl>(std::move(options), clock);
  TRY_VOID(database->open());
  return std::unique_ptr<Database>(std::move(database));
}

DatabaseImpl::~DatabaseImpl() = default;

base::Result<std::unique_ptr<duck::Connection>> DatabaseImpl::connect() {
  TRY(auto connection, instance_->connect());
  TRY_VOID(connection->run("USE wh.main"));
  return connection;
}

base::Status DatabaseImpl::open() {
  TRY(instance_, duck::Instance::open({options_.threads, options_.memory_limit, options_.spill_directory}));
  TRY(auto first, instance_->connect());
  housekeeping_ = std::move(first);
  TRY_VOID(duck::register_numbering(*housekeeping_, numbers_));
  TRY_VOID(duck::register_sequences(*housekeeping_, [this](std::int64_t sequence, std::int64_t count) {
    return reserve_sequence(catalog::ObjectId{static_cast<std::uint64_t>(sequence)}, count);
  }));
  TRY_VOID(attach());
  base::kill_point("engine.tables_made");
  TRY_VOID(load_counters());
  TRY_VOID(load_commits());
  TRY_VOID(load_catalog());
  TRY(sequences_, connect());
  locks_.name_objects_with([this](catalog::ObjectId id) {
    const auto snapshot = catalog();
    const auto record = snapshot->find(id);
    return record ? snapshot->qualified_name(*record) : std::to_string(id.value);
  });
  return drop_temporary_tables();
}

base::Status DatabaseImpl::attach() {
  // The threshold is out of reach: sweep() decides when a checkpoint is due.
  TRY_VOID(housekeeping_->run("SET checkpoint_threshold = '1TB'"));
  TRY_VOID(housekeeping_->run(fmt::format("SET GLOBAL dynamic_or_filter_threshold = {}", kPrunedBy)));
  TRY_VOID(housekeeping_->run(fmt::format("ATTACH {} AS wh (ROW_GROUP_SIZE {}, STORAGE_VERSION 'v1.5.0')",
                                          duck::quoted(options_.file), options_.row_group_rows)));
  base::kill_point("engine.file_made");
  TRY_VOID(housekeeping_->run("USE wh.main"));
  TRY_VOID(housekeeping_->run("CREATE SCHEMA IF NOT EXISTS wh.meta"));
  TRY_VOID(housekeeping_->run("CREATE TABLE IF NOT EXISTS wh.meta.format (version INTEGER)"));
  TRY(auto format, housekeeping_->query("SELECT max(version) FROM wh.meta.format"));
  if (format.integer(0, 0) > kFormat)
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("{} has format {}, this program reads up to {}: use a newer one", options_.file,
                                  format.integer(0, 0), kFormat));
  if (format.is_null(0, 0))
    TRY_VOID(housekeeping_->run(fmt::format("INSERT INTO wh.meta.format VALUES ({})", kFormat)));
  TRY_VOID(housekeeping_->run("CREATE TABLE IF NOT EXISTS wh.meta.counters (name VARCHAR, next BIGINT)"));
  TRY_VOID(
      housekeeping_->run("CREATE TABLE IF NOT EXISTS wh.meta.commits (version BIGINT, tx BIGINT, lowest BIGINT, newest "
                         "BIGINT, at_ns BIGINT, query_id VARCHAR, tables VARCHAR)"));
  // The newest text of an id holds; NULL: erased.
  TRY_VOID(
      housekeeping_->run("CREATE TABLE IF NOT EXISTS wh.meta.catalog (id BIGINT, version BIGINT, record VARCHAR)"));
  for (const MetaTable& table : options_.meta_tables)
    TRY_VOID(housekeeping_->run(fmt::format("CREATE TABLE IF NOT EXISTS wh.meta.{} ({})", table.name, table.columns)));
  return {};
}

base::Status DatabaseImpl::load_counters() {
  const auto take = [&](std::string_view name, std::int64_t per_run) -> base::Result<std::int64_t> {
    TRY(auto found,
        housekeeping_->query(fmt::format("SELECT max(next) FROM wh.meta.counters WHERE name = '{}'", name)));
    const std::int64_t next = std::max<std::int64_t>(found.integer(0, 0), 1);
    TRY_VOID(
        housekeeping_->run(fmt::format("BEGIN; DELETE FROM wh.meta.counters WHERE name = '{0}'; INSERT INTO "
                                       "wh.meta.counters VALUES ('{0}', {1}); COMMIT",
                                       name, next + per_run)));
    return next;
  };
  TRY(const std::int64_t numbers, take("numbers", kNumbersPerRun));
  TRY(const std::int64_t transactions, take("transactions", kTransactionsPerRun));
  TRY(const std::int64_t ids, take("ids", kIdsPerRun));
  numbers_->store(numbers);
  next_transaction_ = static_cast<std::uint64_t>(transactions);
  next_id_ = static_cast<std::uint64_t>(ids);
  return {};
}

base::Status DatabaseImpl::load_commits() {
  TRY(auto rows,
      housekeeping_->query("SELECT version, tx, lowest, newest, at_ns, tables FROM wh.meta.commits ORDER BY version"));
  for (std::uint64_t i = 0; i < rows.row_count(); ++i) {
    CommitLog::Entry entry{.version = static_cast<std::uint64_t>(rows.integer(i, 0)),
                           .transaction = static_cast<std::uint64_t>(rows.integer(i, 1)),
                           .lowest = static_cast<std::uint64_t>(rows.integer(i, 2)),
                           .newest = static_cast<std::uint64_t>(rows.integer(i, 3)),
                           .at_ns = rows.integer(i, 4)};
    const std::string tables = rows.text(i, 5);
    for (std::size_t at = 0; at < tables.size();) {
      std::size_t end = tables.find(',', at);
      if (end == std::string::npos) end = tables.size();
      entry.tables.push_back(std::stoull(tables.substr(at, end - at)));
      at = end + 1;
    }
    log_.add(entry);
  }
  return {};
}

base::Status DatabaseImpl::load_catalog() {
  TRY(auto rows, housekeeping_->query("SELECT arg_max(coalesce(record, ''), version) AS newest FROM wh.meta.catalog "
                                      "GROUP BY id HAVING newest <> ''"));
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < rows.row_count(); ++i) records.push_back(catalog::from_stored(rows.text(i, 0)));
  catalog_ = catalog::Snapshot::of(records);
  return {};
}

base::Status DatabaseImpl::drop_temporary_tables() {
  const auto session = open_session();
  TRY(auto work, session->begin_work({.query_id = "", .now = clock_.now()}));
  TRY_VOID(work->start());
  const auto before = catalog();
  for (const auto& [id, record] : before->all())
    if (const auto* table = std::get_if<catalog::TableBody>(&record->body); table && table->session != 0)
      TRY_VOID(work->erase(id));
  return work->commit();
}

std::shared_ptr<const catalog::Snapshot> DatabaseImpl::catalog() const {
  std::lock_guard lock(published_mutex_);
  return catalog_;
}

void DatabaseImpl::on_commit(std::function<void(const Commit&)> listener) {
  std::lock_guard lock(commit_mutex_);
  listeners_.push_back(std::move(listener));
}

std::unique_ptr<EngineSession> DatabaseImpl::open_session() {
  return std::make_unique<SessionImpl>(*this, next_session_.fetch_add(1));
}

base::Result<DatabaseImpl::Start> DatabaseImpl::begin(duck::Connection& connection) {
  std::lock_guard lock(commit_mutex_);
  TRY_VOID(connection.run("BEGIN TRANSACTION"));
  // The engine takes its snapshot of the file at the first statement that touches it.
  if (auto touched = connection.run("SELECT next FROM wh.meta.counters LIMIT 1"); !touched) {
    (void)connection.run("ROLLBACK");
    return base::fail(touched.error());
  }
  return Start{log_.newest(), catalog()};
}

base::Result<Version> DatabaseImpl::commit(duck::Connection& connection, const CommitRequest& request) {
  std::lock_guard lock(commit_mutex_);
  const Version version{log_.newest().value + 1};
  const std::int64_t at_ns = std::max(clock_.now().ns, log_.newest_time().ns + 1);
  std::vector<std::uint64_t> tables;
  for (const catalog::ObjectId table : request.tables) tables.push_back(table.value);
  const std::uint64_t lowest = lowest_active(request.transaction).value;
  const std::uint64_t newest = std::max(log_.newest_transaction(), request.transaction.value);
  TRY_VOID(connection.run(fmt::format("INSERT INTO wh.meta.commits VALUES ({}, {}, {}, {}, {}, {}, '{}')",
                                      version.value, request.transaction.value, lowest, newest, at_ns,
                                      duck::quoted(request.query_id), fmt::join(tables, ","))));
  if (!request.catalog.empty()) {
    std::vector<std::string> rows;
    for (const auto& record : request.catalog.put)
      rows.push_back(
          fmt::format("({}, {}, {})", record->id.value, version.value, duck::quoted(catalog::to_stored(*record))));
    for (const auto id : request.catalog.erase) rows.push_back(fmt::format("({}, {}, NULL)", id.value, version.value));
    TRY_VOID(connection.run(fmt::format("INSERT INTO wh.meta.catalog VALUES {}", fmt::join(rows, ", "))));
  }
  base::kill_point("engine.commit_recorded");
  TRY_VOID(connection.run("COMMIT"));
  base::kill_point("engine.committed");
  {
    std::lock_guard published(published_mutex_);
    log_.add({version.value, request.transaction.value, lowest, newest, at_ns, tables});
    if (!request.catalog.empty()) catalog_ = catalog_->with(request.catalog);
  }
  end_transaction(request.transaction);
  const Commit commit{version, {at_ns}, {request.tables.begin(), request.tables.end()}, !request.catalog.empty()};
  for (const auto& listener : listeners_) listener(commit);
  return version;
}

TransactionId DatabaseImpl::new_transaction() {
  std::lock_guard lock(transactions_mutex_);
  active_.insert(next_transaction_);
  return {next_transaction_++};
}

void DatabaseImpl::end_transaction(TransactionId transaction) {
  std::lock_guard lock(transactions_mutex_);
  active_.erase(transaction.value);
}

TransactionId DatabaseImpl::lowest_active(TransactionId except) const {
  std::lock_guard lock(transactions_mutex_);
  for (const std::uint64_t id : active_)
    if (id != except.value) return {id};
  return {next_transaction_};
}

void DatabaseImpl::pin(Version version) {
  std::lock_guard lock(pins_mutex_);
  pins_.insert(version.value);
}

void DatabaseImpl::unpin(Version version) {
  std::lock_guard lock(pins_mutex_);
  if (const auto found = pins_.find(version.value); found != pins_.end()) pins_.erase(found);
}

base::Result<std::int64_t> DatabaseImpl::reserve_sequence(catalog::ObjectId id, std::int64_t count) {
  std::lock_guard lock(sequences_mutex_);
  const auto found = catalog()->find(id);
  const auto* body = found ? std::get_if<catalog::SequenceBody>(&found->body) : nullptr;
  if (!body) return base::fail(base::ErrorKind::NotFound, fmt::format("sequence {} does not exist", id.value));
  Record record = *found;
  const std::int64_t first = body->next;
  std::int64_t moved = 0;
  if (__builtin_mul_overflow(body->step, count, &moved) ||
      __builtin_add_overflow(first, moved, &std::get<catalog::SequenceBody>(record.body).next))
    return base::fail(
        base::Error{base::ErrorKind::InvalidValue, 100046, "22003", "Number out of representable range", std::nullopt});
  TRY_VOID(begin(*sequences_));
  const TransactionId transaction = new_transaction();
  auto version = commit(*sequences_, {transaction, "", {}, {{std::make_shared<const Record>(std::move(record))}, {}}});
  if (!version) {
    end_transaction(transaction);
    (void)sequences_->run("ROLLBACK");
    return base::fail(version.error());
  }
  return first;
}

base::Result<Database::Statistics> DatabaseImpl::statistics(const Record& record) {
  std::lock_guard lock(housekeeping_mutex_);
  Statistics statistics;
  for (const catalog::Segment& segment : tables::body(record).segments) {
    TRY(auto rows, housekeeping_->query(fmt::format("SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {})",
                                                    tables::live(segment.id), tables::past(segment.id))));
    (segment.ended_by ? statistics.past_rows : statistics.live_rows) += static_cast<std::uint64_t>(rows.integer(0, 0));
    statistics.past_rows += static_cast<std::uint64_t>(rows.integer(0, 1));
    TRY(auto blocks, housekeeping_->query(fmt::format(
                         "SELECT count(DISTINCT block_id) FROM pragma_storage_info('{}') WHERE block_id >= 0",
                         tables::live(segment.id))));
    if (!segment.ended_by) statistics.bytes += static_cast<std::uint64_t>(blocks.integer(0, 0)) * 262'144;
  }
  return statistics;
}

}  // namespace engine
