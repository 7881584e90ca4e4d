#pragma once

#include "sql/tree_printer.h"

namespace sql {

/// One overload per statement, defined by family in printer_dml.cpp, printer_session.cpp, printer_create.cpp,
/// printer_table.cpp and printer_alter.cpp.
struct StatementPrinter {
  TreePrinter& p;

  void operator()(const QueryStatement& node);
  void operator()(const PipeChain& node);
  void operator()(const Insert& node);
  void operator()(const MultiInsert& node);
  void operator()(const Update& node);
  void operator()(const Delete& node);
  void operator()(const Merge& node);
  void operator()(const Truncate& node);
  void operator()(const CopyIntoTable& node);
  void operator()(const CopyIntoLocation& node);
  void operator()(const ListFiles& node);
  void operator()(const RemoveFiles& node);
  void operator()(const PutFiles& node);
  void operator()(const GetFiles& node);
  void operator()(const Call& node);
  void operator()(const ExecuteTask& node);
  void operator()(const ExecuteImmediate& node);
  void operator()(const BeginTransaction& node);
  void operator()(const CommitTransaction& node);
  void operator()(const RollbackTransaction& node);
  void operator()(const Use& node);
  void operator()(const SetVariables& node);
  void operator()(const UnsetVariables& node);
  void operator()(const AlterSession& node);
  void operator()(const Grant& node);
  void operator()(const CommentOn& node);
  void operator()(const Explain& node);
  void operator()(const CreateDatabase& node);
  void operator()(const CreateSchema& node);
  void operator()(const CreateTable& node);
  void operator()(const CreateView& node);
  void operator()(const CreateSequence& node);
  void operator()(const CreateStage& node);
  void operator()(const CreateFileFormat& node);
  void operator()(const CreatePipe& node);
  void operator()(const CreateStream& node);
  void operator()(const CreateTask& node);
  void operator()(const CreateRoutine& node);
  void operator()(const CreateRole& node);
  void operator()(const CreateUser& node);
  void operator()(const CreateWarehouse& node);
  void operator()(const CreateIntegration& node);
  void operator()(const CreateAlert& node);
  void operator()(const CreateOther& node);
  void operator()(const Alter& node);
  void operator()(const Drop& node);
  void operator()(const Undrop& node);
  void operator()(const Describe& node);
  void operator()(const Show& node);
  void operator()(const ScriptBlock& node);

 private:
  void put(std::string_view text) { p.put(text); }
  void flag(bool set, std::string_view text) {
    if (set) p.put(text);
  }
  void target(const ObjectName& name, const std::optional<Identifier>& alias);
  void columns(const std::vector<TargetColumn>& columns);  // ` (a, b)` unless empty
  void assignments(const std::vector<SetClause>& set);
  void value_row(const std::vector<Expr>& values);  // ` VALUES (..)`
  void where(const std::optional<Expr>& expr);
  void location(const Location& location);
  void cluster_by(const std::vector<Expr>& keys);
  void types(const std::optional<std::vector<TypeName>>& types);
  void named(const CreateMode& mode, std::string_view kind, const ObjectName& name, const Options& options);
};

}  // namespace sql
