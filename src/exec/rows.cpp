#include "exec/rows.h"

#include <algorithm>

#include "base/assert.h"

namespace exec {

using engine::Value;

Rows::Rows(std::string_view columns) {
  while (!columns.empty()) {
    const auto end = columns.find(' ');
    std::string_view one = columns.substr(0, end);
    columns = end == std::string_view::npos ? std::string_view{} : columns.substr(end + 1);
    if (one.empty()) continue;
    catalog::LogicalType type = catalog::LogicalType::text();
    if (const auto colon = one.find(':'); colon != std::string_view::npos) {
      const std::string_view word = one.substr(colon + 1);
      if (word == "ltz") type = catalog::LogicalType::timestamp_ltz(3);
      if (word == "number") type = catalog::LogicalType::number(38, 0);
      one = one.substr(0, colon);
    }
    std::string name(one);
    std::ranges::replace(name, '~', ' ');  // names with blanks
    columns_.push_back({std::move(name), type, true});
  }
}

std::size_t Rows::index(std::string_view name) const {
  const auto found = std::ranges::find(columns_, name, &engine::ResultColumn::name);
  ASSERT(found != columns_.end());
  return static_cast<std::size_t>(found - columns_.begin());
}

void Rows::add(std::vector<std::pair<std::string_view, Value>> values) {
  std::vector<Value> row(columns_.size());
  for (auto& [name, value] : values) row[index(name)] = std::move(value);
  rows_.push_back(std::move(row));
}

std::string Rows::text(std::size_t row, std::string_view column) const {
  const auto* found = std::get_if<std::string>(&rows_[row][index(column)]);
  return found ? *found : std::string{};
}

void Rows::keep(const std::vector<bool>& kept) {
  std::vector<std::vector<Value>> left;
  for (std::size_t row = 0; row < rows_.size(); ++row)
    if (kept[row]) left.push_back(std::move(rows_[row]));
  rows_ = std::move(left);
}

void Rows::sort_by(const std::vector<std::string_view>& columns) {
  std::vector<std::size_t> keys;
  for (const std::string_view column : columns) {
    const auto found = std::ranges::find(columns_, column, &engine::ResultColumn::name);
    if (found != columns_.end()) keys.push_back(static_cast<std::size_t>(found - columns_.begin()));
  }
  std::vector<std::size_t> order(rows_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    for (const std::size_t key : keys) {
      const auto* left = std::get_if<std::string>(&rows_[a][key]);
      const auto* right = std::get_if<std::string>(&rows_[b][key]);
      if (left && right && *left != *right) return *left < *right;
    }
    return a < b;
  });
  std::vector<std::vector<Value>> sorted;
  for (const std::size_t row : order) sorted.push_back(std::move(rows_[row]));
  rows_ = std::move(sorted);
}

std::shared_ptr<const engine::ResultSet> Rows::finish() && {
  return engine::make_result(std::move(columns_), std::move(rows_));
}

Value ltz(base::Instant at) {
  std::int64_t seconds = at.ns / 1'000'000'000, nanos = at.ns % 1'000'000'000;
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --seconds;
  }
  return engine::Timestamp{seconds, static_cast<std::int32_t>(nanos), 0};
}

Value ltz(const std::optional<base::Instant>& at) { return at ? ltz(*at) : Value(); }

bool like_matches(std::string_view text, std::string_view pattern) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::size_t t = 0, p = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '_' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace exec
