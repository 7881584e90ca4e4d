#include "flow/processors/record_batches.h"

#include <fmt/format.h>

namespace flow {
namespace {

// However many rows a batch may have.
constexpr std::size_t kRowsMax = 10'000, kBytesMax = std::size_t{8} << 20;

}  // namespace

base::Result<const RecordBatches::Prepared*> RecordBatches::prepared(database::RecordStatement kind,
                                                                     const record::Schema& schema) {
  const auto found = known_.find(kind);
  if (found != known_.end() && found->second.schema == &schema) return &found->second.prepared;
  TRY(auto made, database::prepare_record_statement(kind, name_, table_, schema, statements_));
  if (found == known_.end()) warnings_.insert(warnings_.end(), made.warnings.begin(), made.warnings.end());
  auto& kept = known_[kind];
  kept = {&schema, std::move(made)};
  return &kept.prepared;
}

base::Status RecordBatches::add(database::RecordStatement kind, const record::Row& row) {
  TRY(const auto* statement, prepared(kind, *row.schema));
  const auto most = options_.rows_max == 0 ? kRowsMax : std::min<std::size_t>(options_.rows_max, kRowsMax);
  if (used_ > 0 && (statement->sql != sql_ || used_ >= most || arena_.used() > kBytesMax)) TRY_VOID(flush());
  if (used_ == 0) sql_ = statement->sql;
  if (used_ == rows_.size()) rows_.emplace_back();
  auto& parameters = rows_[used_];
  parameters.clear();
  for (const auto& [field, column] : statement->parameters) {
    auto value = database::column_value(row.fields[field], column->type, options_.form, arena_);
    if (!value)
      return base::fail(value.error().kind, fmt::format("column '{}': {}", column->name, value.error().message));
    parameters.push_back({column->type, record::deep_copy(*value, arena_)});
  }
  ++used_;
  return {};
}

base::Status RecordBatches::flush() {
  if (used_ == 0) return {};
  const auto done = connection_.execute_batch(sql_, std::span(rows_).first(std::exchange(used_, 0)),
                                              {.timeout_s = options_.timeout_s}, nullptr);
  arena_.clear();
  return done ? base::Status{} : base::fail(done.error());
}

}  // namespace flow
