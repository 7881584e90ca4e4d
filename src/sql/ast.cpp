#include "sql/ast.h"

namespace sql {

ExprNode::ExprNode(const ExprNode& other) = default;
ExprNode::ExprNode(ExprNode&& other) noexcept = default;
ExprNode& ExprNode::operator=(const ExprNode& other) = default;
ExprNode& ExprNode::operator=(ExprNode&& other) noexcept = default;
ExprNode::~ExprNode() = default;
bool ExprNode::operator==(const ExprNode& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

TableNode::TableNode(const TableNode& other) = default;
TableNode::TableNode(TableNode&& other) noexcept = default;
TableNode& TableNode::operator=(const TableNode& other) = default;
TableNode& TableNode::operator=(TableNode&& other) noexcept = default;
TableNode::~TableNode() = default;
bool TableNode::operator==(const TableNode& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

QueryBody::QueryBody(const QueryBody& other) = default;
QueryBody::QueryBody(QueryBody&& other) noexcept = default;
QueryBody& QueryBody::operator=(const QueryBody& other) = default;
QueryBody& QueryBody::operator=(QueryBody&& other) noexcept = default;
QueryBody::~QueryBody() = default;
bool QueryBody::operator==(const QueryBody& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

AlterAction::AlterAction(const AlterAction& other) = default;
AlterAction::AlterAction(AlterAction&& other) noexcept = default;
AlterAction& AlterAction::operator=(const AlterAction& other) = default;
AlterAction& AlterAction::operator=(AlterAction&& other) noexcept = default;
AlterAction::~AlterAction() = default;
bool AlterAction::operator==(const AlterAction& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

StatementNode::StatementNode(const StatementNode& other) = default;
StatementNode::StatementNode(StatementNode&& other) noexcept = default;
StatementNode& StatementNode::operator=(const StatementNode& other) = default;
StatementNode& StatementNode::operator=(StatementNode&& other) noexcept = default;
StatementNode::~StatementNode() = default;
bool StatementNode::operator==(const StatementNode& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

}  // namespace sql
