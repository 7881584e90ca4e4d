#include "engine/result_set.h"

namespace engine {
namespace {

class SmallResult final : public ResultSet {
 public:
  SmallResult(std::vector<ResultColumn> columns, std::vector<std::vector<Value>> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}
  const std::vector<ResultColumn>& columns() const override { return columns_; }
  std::uint64_t row_count() const override { return rows_.size(); }
  Value value(std::uint64_t row, std::size_t column) const override { return rows_[row][column]; }

 private:
  std::vector<ResultColumn> columns_;
  std::vector<std::vector<Value>> rows_;
};

}  // namespace

std::shared_ptr<const ResultSet> make_result(std::vector<ResultColumn> columns, std::vector<std::vector<Value>> rows) {
  return std::make_shared<SmallResult>(std::move(columns), std::move(rows));
}

std::shared_ptr<const ResultSet> make_status(std::string text) {
  return make_result({{"status", catalog::LogicalType::text(), false}}, {{std::move(text)}});
}

}  // namespace engine
