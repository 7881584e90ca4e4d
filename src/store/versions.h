#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/committer.h"
#include "store/object_store.h"
#include "store/records.h"

/// Which version of a key is the current one. The current object lies in the space of objects, where listings read; the
/// versions before it, and delete markers, lie in a space of their own. Not for other rooms.
namespace store {

base::Result<BucketInfo> require_bucket(const Transaction& transaction, const std::string& bucket);
/// The current object; none when there is none, or a delete marker hides it.
base::Result<std::optional<ObjectRecord>> find_object(const Transaction& transaction, const std::string& bucket,
                                                      const std::string& key);

/// A version and where it lies.
struct FoundVersion {
  std::string place;  // in the index
  ObjectRecord record;
};
/// `version` as version_id() names it; empty: the current object. None when there is no such version.
/// Errors: InvalidValue for what is no version's name.
base::Result<std::optional<FoundVersion>> find_version(const Transaction& transaction, const std::string& bucket,
                                                       const std::string& key, const std::string& version);

/// The sequence that a version's name stands for; none for "null". Errors: InvalidValue.
base::Result<std::optional<std::uint64_t>> parse_version_id(std::string_view version);

/// Checks the conditions, makes the record the current version of its key, and appends its event. Fills in sequence,
/// time and version. With a known token nothing happens, and `record` becomes what the first write made.
base::Status make_visible(Transaction& transaction, ObjectRecord& record, EventKind kind, const CommitOptions& options);

void append_event(Transaction& transaction, const ObjectEvent& event);

/// Removes or hides one version, and appends the event of it. Errors: those of RemoveOptions' conditions, Denied for a
/// locked one.
base::Result<Removed> remove_version(Transaction& transaction, const BucketInfo& bucket, const std::string& key,
                                     const RemoveOptions& options);

/// True for an etag that the condition accepts; both without quotes.
bool matches(std::string_view condition, std::string_view etag);
base::Error precondition_failed(std::string_view condition);
base::Error no_such_version(const std::string& key, const std::string& version);

}  // namespace store
