#include "flow/record/writer.h"

#include "flow/record/json_text.h"

namespace flow::record {

void FieldFinder::read_defaults() {
  for (const auto& field : schema_->fields()) {
    std::optional<Value> value;
    if (field.fallback)
      if (auto parsed = parse_json(arena_.text(*field.fallback), arena_); parsed && !parsed->is_null()) value = *parsed;
    defaults_.push_back(value);
  }
  defaults_read_ = true;
}

const Projection& FieldFinder::projection(const Schema& from) {
  if (last_ >= projections_.size() || projections_[last_].from() != &from) {
    for (last_ = 0; last_ < projections_.size() && projections_[last_].from() != &from;) ++last_;
    if (last_ == projections_.size()) projections_.emplace_back(from, *schema_);
  }
  return projections_[last_];
}

std::optional<std::size_t> FieldFinder::place(const Schema& from, std::size_t index) {
  if (!defaults_read_) read_defaults();
  if (defaults_[index]) return std::nullopt;
  return &from == schema_.get() ? index : projection(from).place(index);
}

Value FieldFinder::value(const Row& row, std::size_t index) {
  if (!defaults_read_) read_defaults();
  const auto found = row.schema == schema_.get() ? row.fields[index] : projection(*row.schema).value(row, index);
  return found.is_null() && defaults_[index] ? *defaults_[index] : found;
}

}  // namespace flow::record
