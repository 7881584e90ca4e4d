#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/statement_runner.h"

namespace proc {

/// A result in memory, for tests.
class FakeResult final : public engine::ResultSet {
 public:
  FakeResult(std::vector<engine::ResultColumn> columns, std::vector<std::vector<engine::Value>> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}
  const std::vector<engine::ResultColumn>& columns() const override { return columns_; }
  std::uint64_t row_count() const override { return rows_.size(); }
  engine::Value value(std::uint64_t row, std::size_t column) const override { return rows_[row][column]; }

 private:
  std::vector<engine::ResultColumn> columns_;
  std::vector<std::vector<engine::Value>> rows_;
};

/// A session that records what it is asked and answers by a function.
class FakeSession final : public engine::StatementSession {
 public:
  using Answer =
      std::function<base::Result<engine::StatementOutcome>(std::string_view, std::span<const engine::Value>)>;
  explicit FakeSession(Answer answer = {}) : answer_(std::move(answer)) {}
  base::Result<engine::StatementOutcome> run(std::string_view text, std::span<const engine::Value> binds) override {
    statements.emplace_back(text);
    bound.emplace_back(binds.begin(), binds.end());
    if (answer_) return answer_(text, binds);
    return engine::StatementOutcome{
        std::make_shared<FakeResult>(std::vector<engine::ResultColumn>{}, std::vector<std::vector<engine::Value>>{}),
        {},
        "q",
        0};
  }
  void cancel() override { cancelled = true; }

  std::vector<std::string> statements;
  std::vector<std::vector<engine::Value>> bound;
  bool cancelled = false;

 private:
  Answer answer_;
};

}  // namespace proc
