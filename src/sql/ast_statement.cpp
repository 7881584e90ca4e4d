#include "sql/ast_statement.h"

#include "sql/alternatives.h"

namespace sql {

StatementNode::StatementNode() noexcept = default;
template <class T>
StatementNode StatementNode::of(T node) {
  StatementNode made;
  made.template emplace<T>(std::move(node));
  return made;
}
[[gnu::used]] const auto make_statement_node =
    Alternatives<StatementNode>::makers(static_cast<StatementNode::variant*>(nullptr));
StatementNode::StatementNode(const StatementNode& other) = default;
StatementNode::StatementNode(StatementNode&& other) noexcept = default;
StatementNode& StatementNode::operator=(const StatementNode& other) { return *this = StatementNode(other); }
StatementNode& StatementNode::operator=(StatementNode&& other) noexcept { return assign_by_move(*this, other); }
StatementNode::~StatementNode() = default;
bool StatementNode::operator==(const StatementNode& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

}  // namespace sql
