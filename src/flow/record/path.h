#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/record/value.h"

namespace flow::record {

struct PathNode;

/// A value that a path found, and where it stands.
struct Selected {
  std::string name;  // of its field; of items that of their array
  DataType type;
  Value value;                       // Missing: there is none
  Value* place = nullptr;            // in a record, array or map; null: it was computed, or is not there
  Row* owner = nullptr;              // the record that it is, or would be, a field of
  std::vector<Selected> above = {};  // its parent; the root has none

  bool is_root() const { return above.empty() && owner == nullptr; }
};

/// A path in NiFi's RecordPath language: selects values in a record, which can then be changed. Immutable.
/// Source: Apache NiFi, "RecordPath Guide".
class RecordPath {
 public:
  /// Errors: Syntax with what is wrong and where.
  static base::Result<RecordPath> compile(std::string_view text);
  RecordPath(RecordPath&&) noexcept;
  RecordPath& operator=(RecordPath&&) noexcept;
  ~RecordPath();

  bool is_absolute() const;
  /// New values are in `arena`. `context`: what a relative path starts at; null: the record. Errors: InvalidValue for
  /// arguments that a function cannot take.
  base::Result<std::vector<Selected>> select(Row& record, Arena& arena, const Selected* context = nullptr) const;

 private:
  explicit RecordPath(std::unique_ptr<PathNode> root);
  std::unique_ptr<PathNode> root_;
};

/// Puts a value where `selected` stands, converted to the type there; a field that was not there is added to its record
/// (to Row::extra). Nothing happens to what was computed. The record is no longer what it was read from.
/// Errors: InvalidValue: it cannot be converted.
base::Status assign(const Selected& selected, const Value& value, Row& record, Arena& arena);
/// `selected`, in `record`, was changed other than by assign(): none of the records around it is what it was read from.
void mark_changed(const Selected& selected, Row& record);
/// The schema of a record with the fields that were added to it and to the records in it.
SchemaPtr extended_schema(const Row& record, const SchemaPtr& schema);

}  // namespace flow::record
