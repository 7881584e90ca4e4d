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

/// Arguments of a table function, evaluated: by upper-case name, or "1", "2" for those without.
using FunctionArguments = std::map<std::string, engine::Value, std::less<>>;
using TableFunction = std::function<base::Result<std::shared_ptr<const engine::ResultSet>>(Running&, engine::Work&, const FunctionArguments&)>;

/// Table functions of INFORMATION_SCHEMA by upper-case name; a view of it is one without arguments.
struct TableFunctions {
  std::map<std::string, TableFunction, std::less<>> functions, views;
};

/// Earlier results, and what is made without the analytical engine, in FROM. One for each running statement.
class ResultSource final : public engine::RelationSource {
 public:
  explicit ResultSource(Running& running) : running_(running) {}
  base::Result<std::optional<engine::Relation>> relation(const sql::TableRef& ref, engine::BindContext& context) override;

 private:
  Running& running_;
};

/// A materialised result as a relation of the engine.
base::Result<engine::Relation> relation_of(const engine::ResultSet& result, engine::Work& work);

}  // namespace exec
