#include "sql/ast.h"

#include "sql/alternatives.h"

namespace sql {

ExprNode::ExprNode() noexcept = default;
template <class T>
ExprNode ExprNode::of(T node) {
  ExprNode made;
  made.template emplace<T>(std::move(node));
  return made;
}
[[gnu::used]] const auto make_expr_node = Alternatives<ExprNode>::makers(static_cast<ExprNode::variant*>(nullptr));
ExprNode::ExprNode(const ExprNode& other) = default;
ExprNode::ExprNode(ExprNode&& other) noexcept = default;
ExprNode& ExprNode::operator=(const ExprNode& other) { return *this = ExprNode(other); }
ExprNode& ExprNode::operator=(ExprNode&& other) noexcept { return assign_by_move(*this, other); }
ExprNode::~ExprNode() = default;
bool ExprNode::operator==(const ExprNode& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

TableNode::TableNode() noexcept = default;
template <class T>
TableNode TableNode::of(T node) {
  TableNode made;
  made.template emplace<T>(std::move(node));
  return made;
}
[[gnu::used]] const auto make_table_node = Alternatives<TableNode>::makers(static_cast<TableNode::variant*>(nullptr));
TableNode::TableNode(const TableNode& other) = default;
TableNode::TableNode(TableNode&& other) noexcept = default;
TableNode& TableNode::operator=(const TableNode& other) { return *this = TableNode(other); }
TableNode& TableNode::operator=(TableNode&& other) noexcept { return assign_by_move(*this, other); }
TableNode::~TableNode() = default;
bool TableNode::operator==(const TableNode& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

QueryBody::QueryBody() noexcept = default;
template <class T>
QueryBody QueryBody::of(T node) {
  QueryBody made;
  made.template emplace<T>(std::move(node));
  return made;
}
[[gnu::used]] const auto make_query_body = Alternatives<QueryBody>::makers(static_cast<QueryBody::variant*>(nullptr));
QueryBody::QueryBody(const QueryBody& other) = default;
QueryBody::QueryBody(QueryBody&& other) noexcept = default;
QueryBody& QueryBody::operator=(const QueryBody& other) { return *this = QueryBody(other); }
QueryBody& QueryBody::operator=(QueryBody&& other) noexcept { return assign_by_move(*this, other); }
QueryBody::~QueryBody() = default;
bool QueryBody::operator==(const QueryBody& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

}  // namespace sql
