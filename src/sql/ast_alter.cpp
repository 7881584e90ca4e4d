#include "sql/ast_statement.h"

#include "sql/alternatives.h"

namespace sql {

AlterAction::AlterAction() noexcept = default;
template <class T>
AlterAction AlterAction::of(T node) {
  AlterAction made;
  made.template emplace<T>(std::move(node));
  return made;
}
[[gnu::used]] const auto make_alter_action =
    Alternatives<AlterAction>::makers(static_cast<AlterAction::variant*>(nullptr));
AlterAction::AlterAction(const AlterAction& other) = default;
AlterAction::AlterAction(AlterAction&& other) noexcept = default;
AlterAction& AlterAction::operator=(const AlterAction& other) { return *this = AlterAction(other); }
AlterAction& AlterAction::operator=(AlterAction&& other) noexcept { return assign_by_move(*this, other); }
AlterAction::~AlterAction() = default;
bool AlterAction::operator==(const AlterAction& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

}  // namespace sql
