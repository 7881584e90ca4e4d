#pragma once

#include <map>
#include <optional>
#include <set>

#include "engine/session.h"
#include "engine/work.h"

namespace engine {

/// One statement, or the COMMIT of a client's transaction, on a connection that nobody else uses meanwhile.
class WorkImpl final : public Work {
 public:
  struct Setting {
    SessionImpl& session;
    EngineSession::WorkOptions options;
    duck::Connection* connection;                       // the session's, or
    std::unique_ptr<duck::Connection> own_connection;   // one for this work alone
    std::optional<ClientTransaction> client;            // the open transaction that this is a statement of
    std::optional<catalog::TransactionId> transaction;  // whose COMMIT this is
  };
  explicit WorkImpl(Setting setting);
  ~WorkImpl() override;

  base::Status lock(catalog::ObjectId object, LockMode mode) override;
  base::Status start() override;
  const catalog::Snapshot& catalog() const override { return *catalog_; }
  catalog::Version version() const override { return version_; }
  catalog::Version stream_version() const override { return client_ ? client_->begun : version_; }
  catalog::TransactionId transaction() override;
  bool explicit_transaction() const override { return client_.has_value(); }

  std::string rows(const catalog::Record& table) override;
  base::Result<std::string> rows_at(const catalog::Record& table, catalog::Version at) override;
  base::Result<std::string> changes(const catalog::Record& table, catalog::Version from,
                                    catalog::Version until) override;
  base::Result<std::string> insertions(const catalog::Record& table, catalog::Version from,
                                       catalog::Version until) override;
  base::Result<bool> touched(const catalog::Record& table, catalog::Version from, catalog::Version until) override;
  base::Result<catalog::Version> version_at(base::Instant time) override;
  base::Result<std::optional<catalog::Version>> version_of(std::string_view query_id) override;
  base::Result<base::Instant> time_of(catalog::Version version) override;

  base::Result<std::shared_ptr<const ResultSet>> query(const std::string& sql,
                                                       std::vector<ResultColumn> columns) override;
  base::Result<std::int64_t> execute(const std::string& sql) override;
  base::Result<std::string> scratch(const std::string& sql) override;

  base::Result<Changed> change(const catalog::Record& table, const RowChanges& changes) override;
  base::Result<std::int64_t> clear(const catalog::Record& table) override;
  base::Result<Filling> fill_scratch(const std::vector<ScratchColumn>& columns) override;
  base::Result<std::unique_ptr<Appender>> append(const catalog::Record& table,
                                                 const std::vector<catalog::ColumnId>& columns,
                                                 const ColumnTexts& rest) override;
  base::Status widen(const catalog::Record& table, const std::vector<catalog::ColumnId>& columns) override;

  catalog::ObjectId new_object_id() override;
  catalog::SegmentId new_segment_id() override;
  base::Status put(catalog::Record record, const ColumnTexts& fill) override;
  base::Status erase(catalog::ObjectId id) override;
  void consume(catalog::ObjectId stream) override;
  base::Result<std::int64_t> reserve_sequence(catalog::ObjectId sequence, std::int64_t count) override;
  void on_commit(std::function<base::Status(Work&)> before, std::function<void()> after) override;
  base::Status commit() override;

  /// Applies what a client's transaction has pending and commits all of it.
  base::Status commit_client(const ClientTransaction& client);

 private:
  DatabaseImpl& database() { return session_.database(); }
  /// Runs SQL in the open transaction; a failure makes the transaction unusable.
  base::Result<duck::QueryResult> run(const std::string& sql);
  std::int64_t transaction_number() { return static_cast<std::int64_t>(transaction().value); }
  void record(catalog::RecordPtr record);
  base::Status change_tables(const catalog::Record& before, const catalog::Record& after, const ColumnTexts& fill);
  bool has_changes(const catalog::StreamBody& stream, catalog::Version until) const;
  base::Status write_consumed(const std::set<catalog::ObjectId>& streams, catalog::Version offset);
  base::Status commit_version();
  std::string new_scratch();
  void drop_scratches();
  void finish();

  base::Result<std::string> materialised(const std::string& delta, const std::string& numbers);

  base::Result<PendingTable*> pending(const catalog::Record& table);
  enum class Images { InTheTable, WithTheNumbers };  // where the images of rows that end are read
  base::Result<std::int64_t> end_images(const catalog::Record& table, const std::string& numbers, Images images);
  base::Result<std::int64_t> end_pending_images(PendingTable& pending, const catalog::TableBody& body,
                                                const std::string& numbers);
  base::Result<std::int64_t> move_to_past(const catalog::TableBody& body, const std::string& numbers, Images images);
  base::Result<std::int64_t> make_images(const catalog::Record& table, const std::string& target,
                                         const std::string& made);
  base::Status replace_segment(const catalog::Record& table, catalog::SegmentId fresh);
  base::Status apply(const PendingTable& pending);

  SessionImpl& session_;
  const EngineSession::WorkOptions options_;
  std::unique_ptr<duck::Connection> own_connection_;
  duck::Connection& connection_;
  std::optional<ClientTransaction> client_;
  std::optional<catalog::TransactionId> transaction_;
  const bool ends_client_;  // locks and id end with the client's transaction
  std::shared_ptr<const catalog::Snapshot> catalog_;
  catalog::Version version_;
  bool started_ = false, dead_ = false, finished_ = false;
  bool wrote_ = false;  // something of the file was written: there will be a version
  std::map<catalog::ObjectId, catalog::RecordPtr> records_;  // null: erased
  std::set<catalog::ObjectId> tables_, consumed_;
  std::vector<CommitHooks> hooks_;
  std::vector<std::string> scratches_;
  struct Delta {
    catalog::ObjectId table;
    catalog::Version from, until;
    bool net;  // or insertions only
    auto operator<=>(const Delta&) const = default;
  };
  std::map<Delta, std::string> deltas_;  // text for FROM; a statement reads a stream as often as it likes and pays once
};

}  // namespace engine
