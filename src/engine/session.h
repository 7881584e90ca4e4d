#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "engine/database_impl.h"

namespace engine {

/// What a client's open transaction has done to one table: new images, numbers of removed ones, and images that it both
/// made and removed (an append-only reader sees those, too). Temporary tables of the connection.
struct PendingTable {
  catalog::ObjectId table;
  catalog::SegmentId segment;
  bool cleared = false;  // no committed row is left

  std::string made() const { return "temp.main." + made_name(); }
  std::string made_name() const { return "p" + std::to_string(segment.value) + "_new"; }
  std::string gone() const { return "temp.main.p" + std::to_string(segment.value) + "_gone"; }
  std::string over() const { return "temp.main.p" + std::to_string(segment.value) + "_over"; }
};

struct CommitHooks {
  std::function<base::Status(Work&)> before;
  std::function<void()> after;
};

/// A client's transaction between BEGIN and COMMIT. A statement works on a copy, which becomes the session's when it
/// succeeds.
struct ClientTransaction {
  catalog::TransactionId id;
  catalog::Version begun;
  std::map<catalog::ObjectId, PendingTable> pending;
  std::map<catalog::ObjectId, catalog::RecordPtr> records;  // null: erased
  std::set<catalog::ObjectId> consumed;
  std::vector<CommitHooks> hooks;
};

class SessionImpl final : public EngineSession {
 public:
  SessionImpl(DatabaseImpl& database, std::int64_t id) : database_(database), id_(id) {}
  ~SessionImpl() override;

  std::int64_t id() const override { return id_; }
  base::Result<std::unique_ptr<Work>> begin_work(WorkOptions options) override;
  base::Status begin(base::Instant now) override;
  base::Status commit(WorkOptions options) override;
  base::Status rollback() override;
  bool in_transaction() const override { return open_.has_value(); }
  std::optional<catalog::TransactionId> transaction() const override;

  // ---- For works.
  DatabaseImpl& database() { return database_; }
  const std::optional<ClientTransaction>& open() const { return open_; }
  void keep(ClientTransaction transaction) { open_ = std::move(transaction); }
  void release_connection() { busy_ = false; }
  std::uint64_t next_scratch() { return ++scratches_; }

 private:
  base::Result<duck::Connection*> connection();
  void end_transaction();
  void drop_temporary_tables();

  DatabaseImpl& database_;
  const std::int64_t id_;
  std::unique_ptr<duck::Connection> connection_;  // opened when first needed
  bool busy_ = false;                             // a Work uses it
  std::optional<ClientTransaction> open_;
  std::uint64_t scratches_ = 0;
};

}  // namespace engine
