#include "catalog/snapshot.h"

#include <fmt/format.h>

#include <algorithm>

namespace catalog {
namespace {

// Tables and views share one name space; every other kind has its own.
ObjectKind name_space(ObjectKind kind) { return kind == ObjectKind::View ? ObjectKind::Table : kind; }

std::string name_key(ObjectKind kind, ObjectId container, std::string_view name) {
  return fmt::format("{}/{}/{}", static_cast<int>(name_space(kind)), container.value, name);
}

std::int64_t owning_session(const Record& record) {
  if (const auto* table = std::get_if<TableBody>(&record.body)) return table->session;
  if (const auto* stage = std::get_if<StageBody>(&record.body)) return stage->session;
  if (const auto* format = std::get_if<FileFormatBody>(&record.body)) return format->session;
  return 0;
}

bool kinds_match(ObjectKind asked, ObjectKind found) {
  return asked == found || (asked == ObjectKind::Table && found == ObjectKind::View);
}

/// The record with another stream offset, in its stored form.
std::string without_offset(Record record) {
  auto& stream = std::get<StreamBody>(record.body);
  stream.offset = {};
  stream.consumed_at = {};
  return to_stored(record);
}

bool only_offset_moved(const RecordPtr& old, const RecordPtr& now) {
  return old && std::holds_alternative<StreamBody>(old->body) && std::holds_alternative<StreamBody>(now->body) &&
         without_offset(*old) == without_offset(*now);
}

}  // namespace

std::string_view noun(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::Database: return "Database";
    case ObjectKind::Schema: return "Schema";
    case ObjectKind::Table: return "Table";
    case ObjectKind::View: return "View";
    case ObjectKind::Stage: return "Stage";
    case ObjectKind::FileFormat: return "File format";
    case ObjectKind::Pipe: return "Pipe";
    case ObjectKind::Sequence: return "Sequence";
    case ObjectKind::Stream: return "Stream";
    case ObjectKind::Task: return "Task";
    case ObjectKind::Procedure: return "Procedure";
    case ObjectKind::Function: return "Function";
    case ObjectKind::Warehouse: return "Warehouse";
    case ObjectKind::Role: return "Role";
    case ObjectKind::User: return "User";
    case ObjectKind::Integration: return "Integration";
  }
  return "Object";
}

std::shared_ptr<const Snapshot> Snapshot::of(const std::vector<Record>& records) {
  Change change;
  for (const Record& record : records) change.put.push_back(std::make_shared<const Record>(record));
  return Snapshot{}.with(change);
}

std::shared_ptr<const Snapshot> Snapshot::with(const Change& change) const {
  auto next = std::make_shared<Snapshot>(*this);
  const auto forget = [&](ObjectId id) {
    const auto found = next->records_.find(id);
    if (found == next->records_.end()) return;
    const Record& old = *found->second;
    auto& same_name = next->names_[name_key(old.kind, old.container, old.name)];
    std::erase_if(same_name, [&](const RecordPtr& record) { return record->id == id; });
    next->records_.erase(found);
  };
  const bool only_offsets = change.erase.empty() && std::ranges::all_of(change.put, [&](const RecordPtr& record) {
                              return only_offset_moved(find(record->id), record);
                            });
  if (!only_offsets) ++next->definitions_;
  for (const ObjectId id : change.erase) forget(id);
  for (const RecordPtr& record : change.put) {
    forget(record->id);
    next->records_[record->id] = record;
    next->names_[name_key(record->kind, record->container, record->name)].push_back(record);
  }
  return next;
}

RecordPtr Snapshot::find(ObjectId id) const {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : found->second;
}

RecordPtr Snapshot::find(ObjectKind kind, ObjectId container, std::string_view name, std::int64_t session) const {
  const auto found = names_.find(name_key(kind, container, name));
  if (found == names_.end()) return nullptr;
  RecordPtr permanent;
  for (const RecordPtr& record : found->second) {
    if (record->dropped || !kinds_match(kind, record->kind)) continue;
    const std::int64_t owner = owning_session(*record);
    if (owner == 0)
      permanent = record;
    else if (owner == session)
      return record;
  }
  return permanent;
}

std::vector<RecordPtr> Snapshot::list(ObjectKind kind, std::optional<ObjectId> container, std::int64_t session) const {
  std::vector<RecordPtr> found;
  for (const auto& [id, record] : records_) {
    if (record->kind != kind || record->dropped || (container && record->container != *container)) continue;
    const std::int64_t owner = owning_session(*record);
    if (owner != 0 && owner != session) continue;
    // What lives in a dropped database or schema is gone with it.
    bool reachable = true;
    for (RecordPtr parent = find(record->container); parent; parent = find(parent->container))
      reachable &= !parent->dropped;
    if (reachable) found.push_back(record);
  }
  std::ranges::sort(found, [](const RecordPtr& a, const RecordPtr& b) {
    return std::tie(a->name, a->id) < std::tie(b->name, b->id);
  });
  return found;
}

std::vector<RecordPtr> Snapshot::dropped(ObjectKind kind, ObjectId container, std::string_view name) const {
  std::vector<RecordPtr> found;
  if (const auto named = names_.find(name_key(kind, container, name)); named != names_.end())
    for (const RecordPtr& record : named->second)
      if (record->dropped && record->kind == kind) found.push_back(record);
  std::ranges::sort(found, [](const RecordPtr& a, const RecordPtr& b) {
    return std::tie(b->dropped, b->id) < std::tie(a->dropped, a->id);
  });
  return found;
}

std::string Snapshot::qualified_name(const Record& record) const {
  const RecordPtr parent = find(record.container);
  return parent ? qualified_name(*parent) + "." + record.name : record.name;
}

}  // namespace catalog
