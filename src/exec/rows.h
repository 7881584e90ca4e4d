#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/result_set.h"

namespace exec {

/// A result under construction whose columns are texts unless said: "created_on:ltz", "rows:number",
/// "retention:number".
class Rows {
 public:
  explicit Rows(std::string_view columns);
  explicit Rows(std::vector<engine::ResultColumn> columns) : columns_(std::move(columns)) {}
  std::size_t width() const { return columns_.size(); }
  /// Values by column name; columns that are not named stay NULL.
  void add(std::vector<std::pair<std::string_view, engine::Value>> values);
  void add_row(std::vector<engine::Value> row) { rows_.push_back(std::move(row)); }
  std::shared_ptr<const engine::ResultSet> finish() &&;
  std::size_t size() const { return rows_.size(); }
  bool has(std::string_view column) const {
    return std::ranges::find(columns_, column, &engine::ResultColumn::name) != columns_.end();
  }
  /// The text in that column of a row; empty when it is none.
  std::string text(std::size_t row, std::string_view column) const;
  void keep(const std::vector<bool>& kept);
  void sort_by(const std::vector<std::string_view>& columns);

 private:
  std::size_t index(std::string_view name) const;
  std::vector<engine::ResultColumn> columns_;
  std::vector<std::vector<engine::Value>> rows_;
};

engine::Value ltz(base::Instant at);
engine::Value ltz(const std::optional<base::Instant>& at);
inline engine::Value number(std::int64_t value) { return engine::Decimal{value, 0}; }
inline engine::Value yes_no(bool value) { return std::string(value ? "Y" : "N"); }
inline engine::Value true_false(bool value) { return std::string(value ? "true" : "false"); }
/// LIKE without case: % and _.
bool like_matches(std::string_view text, std::string_view pattern);

}  // namespace exec
