// IS, IN, BETWEEN, LIKE and their like.
#include "sql/parse_expr.h"
#include "sql/parse_query.h"
#include "sql/parse_query_rest.h"

namespace sql {
namespace {

base::Result<Expr> parse_is(Cursor& cursor, Expr left, std::size_t first) {
  const bool negated = cursor.accept_word("NOT");
  if (cursor.accept_word("NULL")) return make_expr(cursor, first, IsNull{std::move(left), negated});
  if (cursor.accept_word("TRUE")) return make_expr(cursor, first, IsBoolean{std::move(left), true, negated});
  if (cursor.accept_word("FALSE")) return make_expr(cursor, first, IsBoolean{std::move(left), false, negated});
  TRY_VOID(cursor.expect_word("DISTINCT"));
  TRY_VOID(cursor.expect_word("FROM"));
  TRY(Expr right, parse_operand(cursor));
  return make_expr(cursor, first, IsDistinctFrom{std::move(left), std::move(right), negated});
}

base::Result<Expr> parse_between(Cursor& cursor, Expr left, bool negated, std::size_t first) {
  TRY(Expr low, parse_operand(cursor));
  TRY_VOID(cursor.expect_word("AND"));
  TRY(Expr high, parse_operand(cursor));
  return make_expr(cursor, first, Between{std::move(left), std::move(low), std::move(high), negated});
}

base::Result<Expr> parse_in(Cursor& cursor, Expr left, bool negated, std::size_t first) {
  if (cursor.at_symbol("(") && cursor.at_any_word({"SELECT", "WITH", "VALUES"}, 1)) {
    TRY(Query query, parse_query_in_parentheses(cursor));
    return make_expr(cursor, first, InSubquery{std::move(left), std::move(query), negated});
  }
  TRY_VOID(cursor.expect_symbol("("));
  TRY(std::vector<Expr> items, parse_expressions(cursor));
  // IN ((SELECT ..) UNION (SELECT ..)), IN ((SELECT ..))
  if (auto* subquery = std::get_if<ScalarSubquery>(&items[0].node); subquery != nullptr && items.size() == 1) {
    TRY(Query query, parse_query_rest(cursor, std::move(*subquery->query)));
    TRY_VOID(cursor.expect_symbol(")"));
    return make_expr(cursor, first, InSubquery{std::move(left), std::move(query), negated});
  }
  TRY_VOID(cursor.expect_symbol(")"));
  return make_expr(cursor, first, InList{std::move(left), std::move(items), negated});
}

base::Result<Expr> parse_like(Cursor& cursor, LikeOp op, Expr left, bool negated, std::size_t first) {
  Like like{.op = op, .value = std::move(left), .negated = negated};
  // NOT LIKE ANY and ILIKE ALL do not exist.
  const bool may_any = !negated && op != LikeOp::RLike, may_all = !negated && op == LikeOp::Like;
  if ((may_any && cursor.at_word("ANY")) || (may_all && cursor.at_word("ALL"))) {
    like.quantifier = cursor.take().text == "ANY" ? Quantifier::Any : Quantifier::All;
    TRY_VOID(cursor.expect_symbol("("));
    TRY(like.patterns, parse_expressions(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  } else {
    TRY(Expr pattern, parse_operand(cursor));
    like.patterns.push_back(std::move(pattern));
  }
  if (op != LikeOp::RLike && cursor.accept_word("ESCAPE")) {
    TRY(Expr escape, parse_operand(cursor));
    like.escape = Box<Expr>(std::move(escape));
  }
  return make_expr(cursor, first, std::move(like));
}

}  // namespace

bool at_predicate(const Cursor& cursor) {
  if (cursor.at_word("IS")) return true;
  const std::size_t ahead = cursor.at_word("NOT") ? 1 : 0;
  return cursor.at_any_word({"IN", "BETWEEN", "LIKE", "ILIKE", "RLIKE", "REGEXP"}, ahead);
}

base::Result<Expr> parse_predicate(Cursor& cursor, Expr left, std::size_t first) {
  if (cursor.accept_word("IS")) return parse_is(cursor, std::move(left), first);
  const bool negated = cursor.accept_word("NOT");
  if (cursor.accept_word("IN")) return parse_in(cursor, std::move(left), negated, first);
  if (cursor.accept_word("BETWEEN")) return parse_between(cursor, std::move(left), negated, first);
  if (cursor.accept_word("LIKE")) return parse_like(cursor, LikeOp::Like, std::move(left), negated, first);
  if (cursor.accept_word("ILIKE")) return parse_like(cursor, LikeOp::ILike, std::move(left), negated, first);
  cursor.take();
  return parse_like(cursor, LikeOp::RLike, std::move(left), negated, first);
}

}  // namespace sql
