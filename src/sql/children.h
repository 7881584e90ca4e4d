#pragma once

#include "base/overloaded.h"
#include "sql/ast_expr.h"

namespace sql {

/// Calls `visit(const Expr&)` for each expression directly under `expr`, in the order of the text. Queries under it are
/// not entered: `subquery_of` finds them.
template <class Visit>
void for_each_child(const Expr& expr, const Visit& visit) {
  const auto all = [&](const std::vector<Expr>& list) {
    for (const Expr& one : list) visit(one);
  };
  const auto ordered = [&](const std::vector<OrderItem>& list) {
    for (const OrderItem& one : list) visit(one.value);
  };
  std::visit(base::Overloaded{
                 [&](const Star& node) {
                   for (const StarReplace& one : node.replace) visit(one.value);
                 },
                 [&](const Unary& node) { visit(*node.operand); },
                 [&](const Binary& node) { visit(*node.left), visit(*node.right); },
                 [&](const QuantifiedCompare& node) { visit(*node.left); },
                 [&](const Between& node) { visit(*node.value), visit(*node.low), visit(*node.high); },
                 [&](const InList& node) { visit(*node.value), all(node.items); },
                 [&](const InSubquery& node) { visit(*node.value); },
                 [&](const Like& node) {
                   visit(*node.value), all(node.patterns);
                   if (node.escape) visit(**node.escape);
                 },
                 [&](const IsNull& node) { visit(*node.value); },
                 [&](const IsDistinctFrom& node) { visit(*node.left), visit(*node.right); },
                 [&](const IsBoolean& node) { visit(*node.value); },
                 [&](const Case& node) {
                   if (node.subject) visit(**node.subject);
                   for (const CaseBranch& branch : node.branches) visit(branch.when), visit(branch.then);
                   if (node.otherwise) visit(**node.otherwise);
                 },
                 [&](const Cast& node) { visit(*node.value); },
                 [&](const FunctionCall& node) {
                   for (const Argument& argument : node.arguments) visit(argument.value);
                   ordered(node.order_by), ordered(node.within_group);
                   if (node.filter) visit(**node.filter);
                   if (node.over) all(node.over->partition_by), ordered(node.over->order_by);
                 },
                 [&](const RowValue& node) { all(node.elements); },
                 [&](const PathAccess& node) { visit(*node.value); },
                 [&](const Index& node) { visit(*node.value), visit(*node.index); },
                 [&](const ObjectLiteral& node) {
                   for (const ObjectEntry& entry : node.entries) {
                     if (entry.key) visit(*entry.key);
                     visit(entry.value);
                   }
                 },
                 [&](const ArrayLiteral& node) { all(node.items); },
                 [&](const Lambda& node) { visit(*node.body); },
                 [&](const OuterMark& node) { visit(*node.value); },
                 [](const auto&) {},  // leaves: literals, names, binds, raw text
             },
             expr.node);
}

/// The query that an expression holds itself: EXISTS, IN (SELECT ..), a scalar subquery, ANY and ALL. Null for all
/// others.
inline const Query* subquery_of(const Expr& expr) {
  if (const auto* node = std::get_if<Exists>(&expr.node)) return &*node->query;
  if (const auto* node = std::get_if<ScalarSubquery>(&expr.node)) return &*node->query;
  if (const auto* node = std::get_if<InSubquery>(&expr.node)) return &*node->query;
  if (const auto* node = std::get_if<QuantifiedCompare>(&expr.node)) return &*node->query;
  return nullptr;
}

}  // namespace sql
