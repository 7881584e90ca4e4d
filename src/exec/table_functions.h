#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/relation_source.h"
#include "engine/result_set.h"
#include "exec/session.h"

namespace exec {

class Running;

/// Arguments of a table function, evaluated: by upper-case name, or "1", "2" for those without. A bare name is the text
/// of that name, quoted.
using FunctionArguments = std::map<std::string, engine::Value, std::less<>>;
using TableFunction = std::function<base::Result<std::shared_ptr<const engine::ResultSet>>(Running&, engine::Work&,
                                                                                           const FunctionArguments&)>;

/// A view about the objects of one database (INFORMATION_SCHEMA), or of all (SNOWFLAKE.ACCOUNT_USAGE).
using MetadataView = std::function<base::Result<std::shared_ptr<const engine::ResultSet>>(
    Running&, engine::Work&, std::optional<catalog::ObjectId> database)>;

/// What stands behind INFORMATION_SCHEMA and SNOWFLAKE.ACCOUNT_USAGE, by upper-case name.
struct TableFunctions {
  std::map<std::string, TableFunction, std::less<>> functions;
  std::map<std::string, MetadataView, std::less<>> views, account_views;
  /// What other parts of the program show of themselves in FRESHET.FLOW; filled by cli/.
  std::map<std::string, MetadataView, std::less<>> flow_views;
  std::map<std::string, TableFunction, std::less<>> flow_functions;
};

/// Earlier results, and what is made without the analytical engine, in FROM. One for each running statement.
class ResultSource final : public engine::RelationSource {
 public:
  explicit ResultSource(Running& running) : running_(running) {}
  base::Result<std::optional<engine::Relation>> relation(const sql::TableRef& ref,
                                                         engine::BindContext& context) override;

 private:
  Running& running_;
};

}  // namespace exec
