#include "engine/bind/select.h"

#include <charconv>

#include "engine/bind/outer_joins.h"
#include "engine/bind/star.h"

namespace engine::bind {

std::string SelectFrame::lift(const std::string& sql, const std::string& new_name) {
  const auto depth = static_cast<std::size_t>(inside_window);
  if (lifted.size() < depth) lifted.resize(depth);
  auto& level = lifted[depth - 1];
  const auto known = std::ranges::find(level, sql, &LiftedWindow::sql);
  if (known != level.end()) return known->name;
  level.push_back({new_name, sql});
  return new_name;
}

std::string direction(bool descending, sql::NullsOrder nulls) {
  const bool first = nulls == sql::NullsOrder::Default ? descending : nulls == sql::NullsOrder::First;
  return fmt::format(" {} NULLS {}", descending ? "DESC" : "ASC", first ? "FIRST" : "LAST");
}

namespace {

std::optional<std::size_t> ordinal(const sql::Expr& expr) {
  const auto* number = std::get_if<sql::NumberLiteral>(&expr.node);
  if (!number) return std::nullopt;
  std::size_t value = 0;
  const auto [end, problem] = std::from_chars(number->text.data(), number->text.data() + number->text.size(), value);
  if (problem != std::errc{} || end != number->text.data() + number->text.size()) return std::nullopt;
  return value;
}

void split_conjunction(const sql::Expr& expr, std::vector<const sql::Expr*>& predicates) {
  const auto* binary = std::get_if<sql::Binary>(&expr.node);
  if (!binary || binary->op != sql::BinaryOp::And) {
    predicates.push_back(&expr);
    return;
  }
  split_conjunction(*binary->left, predicates);
  split_conjunction(*binary->right, predicates);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string sort_key(const BoundExpr& value) {
  return value.type.kind == TypeKind::TimestampTz ? fmt::format("struct_extract({}, 'instant')", to_sql(value))
                                                  : to_sql(value);
}

}  // namespace

class SelectBinder {
 public:
  SelectBinder(Translator& translator, const sql::Select& select, const Ending& ending, const Scope* outer)
      : t_(translator), select_(select), ending_(ending), outer_(outer) {}

  Result<BoundQuery> run() {
    if (select_.connect_by)
      return base::fail(unsupported("CONNECT BY", ending_.query ? ending_.query->at : base::SourceSpan{}));
    TRY(auto parts, t_.from_parts(select_.from, outer_));
    OuterJoins joins(parts);
    for (BoundFrom& part : parts) std::ranges::move(part.relations, std::back_inserter(scope_.relations));
    scope_.outer = outer_;
    frame_.items = &select_.items;
    frame_.windows = &select_.windows;
    t_.frame = &frame_;
    TRY(std::string where, where_clause(joins));
    TRY(std::string from_sql, joins.sql());
    TRY(const std::string groups, group_clause());
    TRY_VOID(bind_items());
    TRY(const std::string having, filter(select_.having, "HAVING"));
    const bool windows_before = frame_.has_window;
    TRY(const std::string qualify, filter(select_.qualify, "QUALIFY"));
    if (select_.qualify && !windows_before && !frame_.has_window)
      return base::fail(error_at(2303, "42601", select_.qualify->at,
                                 "QUALIFY clause requires a window function in it or in the select list"));
    TRY(const std::string order, order_clause());
    const bool grouped = !groups.empty() || frame_.has_aggregate || select_.having.has_value();
    if (grouped && frame_.ungrouped) return base::fail(*frame_.ungrouped);

    BoundQuery made;
    std::string list;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const BoundExpr& value = items_[i].value;
      list += fmt::format("{}{} AS _{}", i ? ", " : "", to_sql(value), i);
      made.columns.push_back(
          {.name = items_[i].name, .type = value.type, .carrier = value.carrier, .nullable = value.nullable});
    }
    std::string limit = ending_.limit_sql;
    if (select_.top) {
      TRY(const BoundExpr top, t_.constant_as(*select_.top, LogicalType::number()));
      limit = " LIMIT " + to_sql(top);
    }
    std::string rest = groups + having + qualify + order;
    if (!frame_.lifted.empty()) {
      if (grouped)
        return base::fail(unsupported("window function of a window function in a query with groups",
                                      ending_.query ? ending_.query->at : base::SourceSpan{}));
      from_sql = lifted_windows((from_sql.empty() ? "(SELECT 1)" : from_sql) + std::exchange(where, {}));
      use_lifted(list, 0);
      use_lifted(rest, 0);
    }
    made.sql = fmt::format("SELECT {}{}{}{}", select_.distinct ? "DISTINCT " : "", list,
                           from_sql.empty() ? "" : " FROM ", from_sql);
    made.sql += where + rest + limit;
    return made;
  }

 private:
  struct Item {
    std::string name;
    BoundExpr value;
  };

  /// A predicate with `(+)` goes to the join of the table that it marks.
  Result<std::string> where_clause(OuterJoins& joins) {
    std::string kept;
    if (!select_.where) return kept;
    std::vector<const sql::Expr*> predicates;
    split_conjunction(*select_.where, predicates);
    for (const sql::Expr* predicate : predicates) {
      OuterMarks marks;
      t_.outer_marks = &marks;
      frame_.aggregates_allowed = frame_.windows_allowed = false;
      auto bound = t_.condition(*predicate, scope_, "WHERE");
      frame_.aggregates_allowed = frame_.windows_allowed = true;
      t_.outer_marks = nullptr;
      if (!bound) return base::fail(std::move(bound).error());
      if (marks.marked.empty()) {
        kept += (kept.empty() ? " WHERE " : " AND ") + to_sql(*bound);
        continue;
      }
      TRY_VOID(joins.add(marks, to_sql(*bound), predicate->at));
      for (ScopeRelation& relation : scope_.relations)
        if (marks.marked.contains(relation.physical))
          for (ScopeColumn& column : relation.columns) column.nullable = true;
    }
    return kept;
  }

  /// What a SELECT below has computed is not computed once more: among equal rows a second answer could differ.
  void use_lifted(std::string& text, std::size_t from_depth) const {
    for (std::size_t depth = from_depth; depth < frame_.lifted.size(); ++depth)
      for (const auto& window : frame_.lifted[depth]) replace_all(text, window.sql, window.name);
  }

  /// The rows of FROM and WHERE with the lifted windows as columns. Each relation passes as one struct under its name,
  /// so that its columns are named as before.
  std::string lifted_windows(std::string from_and_where) {
    std::string carried;
    std::set<std::string> seen;
    for (const ScopeRelation& relation : scope_.relations)
      if (!relation.physical.empty() && seen.insert(relation.physical).second) carried += relation.physical + ", ";
    for (std::size_t depth = frame_.lifted.size(); depth-- > 0;) {
      std::string columns = carried;
      for (const auto& window : frame_.lifted[depth]) {
        std::string sql = window.sql;
        use_lifted(sql, depth + 1);
        columns += fmt::format("{} AS {}, ", sql, window.name);
        carried += window.name + ", ";
      }
      columns.resize(columns.size() - 2);
      from_and_where = fmt::format("(SELECT {} FROM {}) AS {}", columns, from_and_where, t_.next_name("l"));
    }
    return from_and_where;
  }

  Result<std::string> filter(const std::optional<sql::Expr>& condition, std::string_view keyword) {
    if (!condition) return std::string{};
    TRY(const BoundExpr bound, t_.condition(*condition, scope_, keyword));
    return fmt::format(" {} {}", keyword, to_sql(bound));
  }

  /// The n-th output column's expression, stars expanded.
  Result<BoundExpr> item_at(std::size_t position, base::SourceSpan at, std::string_view clause) {
    std::size_t left = position;
    for (const sql::SelectItem& item : select_.items) {
      if (const auto* star = std::get_if<sql::Star>(&item.value.node)) {
        TRY(const auto columns, expand_star(*star, scope_, item.value.at));
        if (left >= 1 && left <= columns.size())
          return columns[left - 1].replaced ? t_.expression(*columns[left - 1].replaced, scope_)
                                            : Result<BoundExpr>(columns[left - 1].value);
        left -= std::min(left, columns.size());
      } else if (left-- == 1) {
        return t_.expression(item.value, scope_);
      }
      if (left == 0) break;
    }
    return base::fail(
        error_at(2029, "42601", at, fmt::format("{} position {} is not in select list", clause, position)));
  }

  Result<std::string> group_clause() {
    std::string out;
    frame_.windows_allowed = false;
    if (select_.group_by_all) {
      TRY(out, group_all());
    }
    for (const sql::GroupElement& element : select_.group_by) {
      std::string sets;
      for (const auto& set : element.sets) {
        std::string list;
        for (const sql::Expr& expr : set) {
          frame_.aggregates_allowed = false;
          auto bound = ordinal(expr) ? item_at(*ordinal(expr), expr.at, "GROUP BY") : t_.expression(expr, scope_);
          frame_.aggregates_allowed = true;
          if (!bound) return base::fail(std::move(bound).error());
          pending_groups_.insert(to_sql(*bound));
          list += (list.empty() ? "" : ", ") + to_sql(*bound);
        }
        const bool plain = element.kind == sql::GroupElement::Kind::Plain;
        sets += (sets.empty() ? "" : ", ") + (plain ? list : "(" + list + ")");
      }
      switch (element.kind) {
        case sql::GroupElement::Kind::Plain: break;
        case sql::GroupElement::Kind::Rollup: sets = "ROLLUP (" + sets + ")"; break;
        case sql::GroupElement::Kind::Cube: sets = "CUBE (" + sets + ")"; break;
        case sql::GroupElement::Kind::GroupingSets: sets = "GROUPING SETS (" + sets + ")"; break;
      }
      out += (out.empty() ? "" : ", ") + sets;
    }
    frame_.windows_allowed = true;
    frame_.groups = std::move(pending_groups_);
    frame_.grouped = true;  // columns outside of groups are noted; whether that is wrong shows at the end
    return out.empty() ? out : " GROUP BY " + out;
  }

  Result<std::string> group_all() {
    std::string out;
    frame_.windows_allowed = true;
    for (const sql::SelectItem& item : select_.items) {
      if (const auto* star = std::get_if<sql::Star>(&item.value.node)) {
        TRY(const auto columns, expand_star(*star, scope_, item.value.at));
        for (const StarColumn& column : columns) {
          pending_groups_.insert(to_sql(column.value));
          out += (out.empty() ? "" : ", ") + to_sql(column.value);
        }
        continue;
      }
      const bool before = std::exchange(frame_.has_aggregate, false);
      TRY(const BoundExpr bound, t_.expression(item.value, scope_));
      if (!frame_.has_aggregate && !bound.constant) {
        pending_groups_.insert(to_sql(bound));
        out += (out.empty() ? "" : ", ") + to_sql(bound);
      }
      frame_.has_aggregate |= before;
    }
    return out;
  }

  base::Status bind_items() {
    for (std::size_t i = 0; i < select_.items.size(); ++i) {
      const sql::SelectItem& item = select_.items[i];
      if (const auto* star = std::get_if<sql::Star>(&item.value.node)) {
        TRY(auto columns, expand_star(*star, scope_, item.value.at));
        for (StarColumn& column : columns) {
          if (column.replaced) {
            TRY(column.value, t_.expression(*column.replaced, scope_));
          } else if (!frame_.groups.contains(to_sql(column.value)) && !frame_.ungrouped) {
            frame_.ungrouped = error_at(
                1104, "42601", item.value.at,
                fmt::format("'{}' in select clause is neither an aggregate nor in the group by clause.", column.name));
          }
          items_.push_back({std::move(column.name), std::move(column.value)});
        }
        continue;
      }
      frame_.aliases_open.insert(i);
      auto bound = t_.expression(item.value, scope_);
      frame_.aliases_open.erase(i);
      if (!bound) return base::fail(std::move(bound).error());
      items_.push_back({item.alias ? item.alias->name : t_.column_name(item.value), *std::move(bound)});
    }
    return {};
  }

  Result<std::string> order_clause() {
    if (!ending_.query) return std::string{};
    std::string out;
    const auto add = [&](const std::string& key, bool descending, sql::NullsOrder nulls) {
      out += (out.empty() ? " ORDER BY " : ", ") + key + direction(descending, nulls);
    };
    if (const auto& all = ending_.query->order_by_all)
      for (std::size_t i = 0; i < items_.size(); ++i) add(fmt::format("{}", i + 1), all->descending, all->nulls);
    for (const sql::OrderItem& item : ending_.query->order_by) {
      if (const auto position = ordinal(item.value)) {
        if (*position < 1 || *position > items_.size())
          return base::fail(error_at(2029, "42601", item.value.at,
                                     fmt::format("ORDER BY position {} is not in select list", *position)));
        const BoundExpr& value = items_[*position - 1].value;
        add(value.type.kind == TypeKind::TimestampTz && !select_.distinct ? sort_key(value)
                                                                          : fmt::format("{}", *position),
            item.descending, item.nulls);
        continue;
      }
      // The name of an output column comes before a column of the same name.
      if (const auto* column = std::get_if<sql::ColumnRef>(&item.value.node); column && column->parts.size() == 1) {
        const auto named = std::ranges::find(items_, column->parts[0].name, &Item::name);
        if (named != items_.end()) {
          add(named->value.type.kind == TypeKind::TimestampTz && !select_.distinct
                  ? sort_key(named->value)
                  : fmt::format("{}", named - items_.begin() + 1),
              item.descending, item.nulls);
          continue;
        }
      }
      TRY(const BoundExpr bound, t_.expression(item.value, scope_));
      const auto same =
          std::ranges::find_if(items_, [&](const Item& one) { return to_sql(one.value) == to_sql(bound); });
      if (bound.constant && same == items_.end()) continue;
      add(same != items_.end() ? fmt::format("{}", same - items_.begin() + 1) : sort_key(bound), item.descending,
          item.nulls);
    }
    return out;
  }

  Translator& t_;
  const sql::Select& select_;
  const Ending& ending_;
  const Scope* outer_;
  Scope scope_;
  SelectFrame frame_;
  std::set<std::string> pending_groups_;
  std::vector<Item> items_;
};

Result<BoundQuery> bind_select(Translator& translator, const sql::Select& select, const Ending& ending,
                               const Scope* outer) {
  SelectFrame* outside = std::exchange(translator.frame, nullptr);
  OuterMarks* marks_outside = std::exchange(translator.outer_marks, nullptr);
  auto made = SelectBinder(translator, select, ending, outer).run();
  translator.frame = outside;
  translator.outer_marks = marks_outside;
  return made;
}

Result<std::string> order_columns(Translator& translator, const sql::Query& query,
                                  const std::vector<BoundColumn>& columns, const std::string& physical) {
  std::string out;
  const auto add = [&](const std::string& key, bool descending, sql::NullsOrder nulls) {
    out += (out.empty() ? " ORDER BY " : ", ") + key + direction(descending, nulls);
  };
  if (query.order_by_all)
    for (std::size_t i = 0; i < columns.size(); ++i)
      add(fmt::format("{}._{}", physical, i), query.order_by_all->descending, query.order_by_all->nulls);
  Scope scope;
  ScopeRelation relation{.alias = {}, .qualified = {}, .physical = physical, .columns = {}};
  for (std::size_t i = 0; i < columns.size(); ++i)
    relation.columns.push_back({.name = columns[i].name,
                                .type = columns[i].type,
                                .carrier = columns[i].carrier,
                                .physical = fmt::format("_{}", i)});
  scope.relations.push_back(std::move(relation));
  for (const sql::OrderItem& item : query.order_by) {
    if (const auto position = ordinal(item.value)) {
      if (*position < 1 || *position > columns.size())
        return base::fail(error_at(2029, "42601", item.value.at,
                                   fmt::format("ORDER BY position {} is not in select list", *position)));
      add(sort_key(column_expr(scope.relations[0], scope.relations[0].columns[*position - 1])), item.descending,
          item.nulls);
      continue;
    }
    TRY(const BoundExpr bound, translator.expression(item.value, scope));
    add(sort_key(bound), item.descending, item.nulls);
  }
  return out;
}

}  // namespace engine::bind
