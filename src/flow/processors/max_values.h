#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/database/database.h"
#include "flow/database/statements.h"
#include "flow/engine/repository.h"

namespace flow {

/// The greatest values of columns that were seen so far, as a processor's state keeps them: "<table>@!@<column>", in
/// lower case. Source: NiFi's AbstractDatabaseFetchProcessor.
class MaxValues {
 public:
  MaxValues(ComponentState state, std::string table, std::vector<std::string> columns)
      : state_(std::move(state)), table_(std::move(table)), columns_(std::move(columns)) {}

  /// Asks the database for the types of the columns. Errors: those of the query.
  base::Status find_types(database::Connection& connection, const std::string& query, database::Dialect dialect);
  /// A value to begin with, unless there is one already.
  void begin_with(std::string_view column, std::string value);
  /// Conditions for rows that are new: the first column is greater, the others are not less.
  std::vector<std::string> conditions(database::Dialect dialect) const;
  /// Conditions for rows that are no newer than what was seen.
  std::vector<std::string> upper_bounds(database::Dialect dialect) const;
  /// From here on see() is given rows of a result with these columns.
  void watch(std::span<const database::Column> columns);
  void see(std::span<const record::Value> row);
  /// After the values of several rows were seen.
  const ComponentState& state() const { return state_; }
  std::map<std::string, std::string> by_column() const;
  const std::vector<std::string>& columns() const { return columns_; }
  std::optional<database::Type> type_of(std::string_view column) const;

 private:
  std::string key_of(std::string_view column) const;
  const std::string* value_of(std::string_view column) const;

  ComponentState state_;
  std::string table_;
  std::vector<std::string> columns_;
  std::map<std::string, database::Type> types_;              // by key
  std::vector<std::pair<std::size_t, std::string>> places_;  // of the result that is watched, with their keys
};

}  // namespace flow
