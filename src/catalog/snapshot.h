#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/record.h"

namespace catalog {

using RecordPtr = std::shared_ptr<const Record>;

/// What a transaction does to the catalog: the new state of records, and ids of records that vanish for good.
struct Change {
  std::vector<RecordPtr> put;
  std::vector<ObjectId> erase;
  bool empty() const { return put.empty() && erase.empty(); }
};

/// All objects at one moment. Immutable: readers keep the one they started with.
class Snapshot {
 public:
  static std::shared_ptr<const Snapshot> of(const std::vector<Record>& records);
  std::shared_ptr<const Snapshot> with(const Change& change) const;

  RecordPtr find(ObjectId id) const;
  /// The live object of that name (stored form) in a container. Tables and views share a name space. A temporary object
  /// of `session` shadows a permanent one; those of other sessions are invisible.
  RecordPtr find(ObjectKind kind, ObjectId container, std::string_view name, std::int64_t session = 0) const;
  /// Live objects of a kind in a container, by name; all containers when `container` is empty.
  std::vector<RecordPtr> list(ObjectKind kind, std::optional<ObjectId> container, std::int64_t session = 0) const;
  /// Dropped objects of that name, the last dropped first.
  std::vector<RecordPtr> dropped(ObjectKind kind, ObjectId container, std::string_view name) const;
  const std::unordered_map<ObjectId, RecordPtr>& all() const { return records_; }

  /// Counts the changes that may give a statement another meaning: all but a stream's offset that moves on.
  std::uint64_t definitions() const { return definitions_; }

  /// DB.SCHEMA.NAME, the form of error messages.
  std::string qualified_name(const Record& record) const;

 private:
  std::unordered_map<ObjectId, RecordPtr> records_;
  std::unordered_map<std::string, std::vector<RecordPtr>> names_;  // key of name_key
  std::uint64_t definitions_ = 0;
};

/// The rows of the catalog as the engine keeps them: read once at start-up, written inside transactions.
class CatalogStorage {
 public:
  virtual ~CatalogStorage() = default;
  virtual base::Result<std::vector<Record>> load() = 0;
};

}  // namespace catalog
