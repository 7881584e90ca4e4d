#include "flow/record/writer.h"

#include "flow/record/json_text.h"

namespace flow::record {

Value FieldFinder::value(const Row& row, std::size_t index) {
  if (!defaults_read_) {
    for (const auto& field : schema_->fields()) {
      std::optional<Value> value;
      if (field.fallback)
        if (auto parsed = parse_json(arena_.text(*field.fallback), arena_); parsed && !parsed->is_null())
          value = *parsed;
      defaults_.push_back(value);
    }
    defaults_read_ = true;
  }
  Value found;
  if (row.schema == schema_.get()) {
    found = row.fields[index];
  } else {
    if (last_ >= projections_.size() || projections_[last_].from() != row.schema) {
      for (last_ = 0; last_ < projections_.size() && projections_[last_].from() != row.schema;) ++last_;
      if (last_ == projections_.size()) projections_.emplace_back(*row.schema, *schema_);
    }
    found = projections_[last_].value(row, index);
  }
  return found.is_null() && defaults_[index] ? *defaults_[index] : found;
}

}  // namespace flow::record
