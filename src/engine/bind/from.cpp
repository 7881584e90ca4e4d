#include "engine/bind/row_id.h"
#include "engine/bind/translator.h"

namespace engine::bind {

Result<std::vector<BoundFrom>> Translator::from_parts(const std::vector<sql::TableRef>& refs, const Scope* outer) {
  std::vector<BoundFrom> parts;
  Scope left{.relations = {}, .outer = outer};  // what stands left of a comma is in reach of lateral references
  for (const sql::TableRef& ref : refs) {
    TRY(BoundFrom one, relation(ref, &left));
    for (const ScopeRelation& made : one.relations) {
      for (const ScopeRelation& other : left.relations)
        if (!made.alias.empty() && made.alias == other.alias && made.qualified == other.qualified)
          return base::fail(compile_error(2012, "42710", fmt::format("duplicate alias '{}'", made.alias), ref.at));
      left.relations.push_back(made);
    }
    parts.push_back(std::move(one));
  }
  return parts;
}

Result<BoundFrom> Translator::from(const std::vector<sql::TableRef>& refs, const Scope* outer) {
  TRY(auto parts, from_parts(refs, outer));
  BoundFrom all;
  for (BoundFrom& part : parts) {
    all.sql += (all.sql.empty() ? "" : ", ") + part.sql;
    std::ranges::move(part.relations, std::back_inserter(all.relations));
  }
  return all;
}

Result<BoundFrom> Translator::relation(const sql::TableRef& ref, const Scope* outer) {
  if (const auto* nested = std::get_if<sql::Join>(&ref.node)) return join(*nested, outer);
  if (const auto* subquery = std::get_if<sql::SubqueryTable>(&ref.node)) {
    SelectFrame* outside = std::exchange(frame, nullptr);
    // Without LATERAL a derived table sees the outer query, not its neighbours.
    auto bound = query(*subquery->query, subquery->lateral ? outer : outer ? outer->outer : nullptr);
    frame = outside;
    if (!bound) return base::fail(std::move(bound).error());
    return derived(*bound, ref);
  }
  if (const auto* rows = std::get_if<sql::ValuesTable>(&ref.node)) return values(rows->rows, ref, outer);
  if (const auto* shape = std::get_if<sql::Pivot>(&ref.node)) return pivot(*shape, ref, outer);
  if (const auto* shape = std::get_if<sql::Unpivot>(&ref.node)) return unpivot(*shape, ref, outer);
  if (const auto* raw = std::get_if<sql::RawTable>(&ref.node)) return BoundFrom{raw->text, {}};
  const auto* named_ref = std::get_if<sql::NamedTable>(&ref.node);
  if (named_ref && named_ref->name.parts.size() == 1 && !named_ref->changes) {
    const auto found = common_tables_.find(named_ref->name.parts[0].name);
    if (found != common_tables_.end()) {
      ScopeRelation made{.alias = found->first, .qualified = {}, .physical = {}, .columns = {}};
      for (std::size_t i = 0; i < found->second.columns.size(); ++i) {
        const BoundColumn& column = found->second.columns[i];
        made.columns.push_back({.name = column.name,
                                .type = column.type,
                                .carrier = column.carrier,
                                .nullable = column.nullable,
                                .physical = fmt::format("_{}", i)});
      }
      return named(found->second.physical, std::move(made), ref);
    }
  }
  for (RelationSource* source : context_.sources) {
    TRY(auto made, source->relation(ref, context_));
    if (!made) continue;
    ScopeRelation scope{.alias = made->qualified.empty() ? "" : made->qualified.back(),
                        .qualified = made->qualified,
                        .physical = {},
                        .columns = {}};
    for (const Relation::Column& column : made->columns)
      scope.columns.push_back({.name = column.name,
                               .type = column.type,
                               .carrier = column.carrier,
                               .nullable = column.nullable,
                               .physical = column.physical,
                               .in_star = column.in_star});
    return named(std::move(made->sql), std::move(scope), ref);
  }
  if (named_ref) return named_table(*named_ref, ref);
  if (const auto* function = std::get_if<sql::FunctionTable>(&ref.node)) {
    if (const auto* text = std::get_if<sql::StringLiteral>(&function->call.node)) {
      sql::NamedTable table{
          .name = {.parts = {}, .indirect = sql::NameFromText{text->value}, .at = ref.at}, .changes = {}, .at = {}};
      sql::TableRef again{.node = table, .alias = ref.alias, .sample = ref.sample, .at = ref.at};
      return relation(again, outer);
    }
    if (const auto* call = std::get_if<sql::FunctionCall>(&function->call.node)) {
      const std::string name = call->name.parts.empty() ? "" : call->name.parts.back().name;
      if (name == "GENERATOR") return generator(*call, ref, ref.at);
      if (name == "FLATTEN") return flatten(*call, ref, outer);
      if (name == "SPLIT_TO_TABLE") return split_to_table(*call, ref, outer);
      if (name == "RESULT_SCAN")
        return base::fail(compile_error(2141, "42601", "Unknown table function RESULT_SCAN", ref.at));
      return base::fail(compile_error(2141, "42601", fmt::format("Unknown table function {}", name), ref.at));
    }
    if (const auto* variable_ref = std::get_if<sql::SessionVariable>(&function->call.node)) {
      sql::NamedTable table{.name = {.parts = {}, .indirect = sql::NameFromVariable{variable_ref->name}, .at = ref.at},
                            .changes = {},
                            .at = {}};
      sql::TableRef again{.node = table, .alias = ref.alias, .sample = ref.sample, .at = ref.at};
      return relation(again, outer);
    }
  }
  return base::fail(unsupported("this kind of table reference", ref.at));
}

Result<BoundFrom> Translator::named(std::string sql, ScopeRelation relation, const sql::TableRef& whole) {
  relation.physical = next_name("r");
  if (whole.alias) {
    relation.alias = whole.alias->name.name;
    relation.qualified.clear();
    if (!whole.alias->columns.empty()) {
      if (whole.alias->columns.size() > relation.columns.size())
        return base::fail(compile_error(
            2020, "21S01", fmt::format("Invalid number of columns in alias list of '{}'", relation.alias), whole.at));
      for (std::size_t i = 0; i < whole.alias->columns.size(); ++i)
        relation.columns[i].name = whole.alias->columns[i].name;
    }
  }
  if (whole.sample) {
    TRY(const BoundExpr amount, constant_as(whole.sample->amount, LogicalType::number()));
    const auto* number = amount.value ? std::get_if<Decimal>(&*amount.value) : nullptr;
    if (!number) return base::fail(compile_error(1003, "42000", "SAMPLE needs a constant amount", whole.at));
    std::string seed = fmt::format("{}", (context_.statement.now.ns / 1000) & 0x7FFFFFFF);
    if (whole.sample->seed) {
      TRY(const BoundExpr given, constant_as(*whole.sample->seed, LogicalType::number()));
      if (given.value) seed = base::to_string(std::get<Decimal>(*given.value).digits);
    }
    double percent = static_cast<double>(number->digits);
    for (int i = 0; i < number->scale; ++i) percent /= 10;
    sql = fmt::format("(SELECT * FROM {} AS x USING SAMPLE {} REPEATABLE ({}))", sql,
                      whole.sample->rows ? fmt::format("reservoir({} ROWS)", base::to_string(number->digits))
                                         : fmt::format("bernoulli({} PERCENT)", percent),
                      seed);
  }
  std::string text = fmt::format("{} AS {}", sql, relation.physical);
  return BoundFrom{std::move(text), {std::move(relation)}};
}

Result<BoundFrom> Translator::derived(const BoundQuery& query, const sql::TableRef& whole) {
  ScopeRelation made;
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    const BoundColumn& column = query.columns[i];
    made.columns.push_back({.name = column.name,
                            .type = column.type,
                            .carrier = column.carrier,
                            .nullable = column.nullable,
                            .physical = fmt::format("_{}", i)});
  }
  return named("(" + query.sql + ")", std::move(made), whole);
}

Result<BoundFrom> Translator::values(const std::vector<std::vector<sql::Expr>>& rows, const sql::TableRef& whole,
                                     const Scope* outer) {
  TRY(const BoundQuery bound, values_query(rows, outer, whole.at));
  return derived(bound, whole);
}

namespace {

std::string on_clause(const std::string& condition) { return " ON " + (condition.empty() ? "TRUE" : condition); }

std::string_view keyword(sql::JoinKind kind) {
  switch (kind) {
    case sql::JoinKind::Inner: return "INNER JOIN";
    case sql::JoinKind::Left: return "LEFT JOIN";
    case sql::JoinKind::Right: return "RIGHT JOIN";
    case sql::JoinKind::Full: return "FULL JOIN";
    case sql::JoinKind::Cross: return "CROSS JOIN";
    case sql::JoinKind::Asof: return "ASOF LEFT JOIN";
  }
  return "JOIN";
}

ScopeColumn* visible(std::vector<ScopeRelation>& relations, const std::string& name, const ScopeRelation** owner) {
  for (ScopeRelation& relation : relations)
    for (ScopeColumn& column : relation.columns)
      if (column.name == name && !column.hidden) {
        *owner = &relation;
        return &column;
      }
  return nullptr;
}

}  // namespace

Result<BoundFrom> Translator::join(const sql::Join& join, const Scope* outer) {
  TRY(BoundFrom left, relation(*join.left, outer));
  Scope reach{.relations = left.relations, .outer = outer};
  TRY(BoundFrom right, relation(*join.right, &reach));
  std::string condition;
  std::vector<std::string> merged;
  if (join.natural) {
    for (const ScopeRelation& relation : left.relations)
      for (const ScopeColumn& column : relation.columns) {
        const ScopeRelation* owner = nullptr;
        if (!column.hidden && column.in_star && visible(right.relations, column.name, &owner))
          merged.push_back(column.name);
      }
  }
  for (const sql::Identifier& name : join.using_columns) merged.push_back(name.name);
  ScopeRelation together;
  for (const std::string& name : merged) {
    const ScopeRelation *left_owner = nullptr, *right_owner = nullptr;
    ScopeColumn* a = visible(left.relations, name, &left_owner);
    ScopeColumn* b = visible(right.relations, name, &right_owner);
    if (!a || !b)
      return base::fail(error_at(904, "42000", join.right->at, fmt::format("invalid identifier '{}'", name)));
    BoundExpr x = column_expr(*left_owner, *a), y = column_expr(*right_owner, *b);
    BoundExpr x_compared = x, y_compared = y;
    TRY(const BoundExpr same, compare("=", x_compared, y_compared, join.right->at));
    condition += (condition.empty() ? "" : " AND ") + to_sql(same);
    BoundExpr value = join.kind == sql::JoinKind::Right ? y : x;
    if (join.kind == sql::JoinKind::Full) {
      TRY(const LogicalType type, unify({&x, &y}, "USING", join.right->at, context_));
      value = make(fmt::format("COALESCE({}, {})", to_sql(x), to_sql(y)), type, x.carrier);
    }
    together.columns.push_back({.name = name,
                                .type = value.type,
                                .carrier = value.carrier,
                                .nullable = value.nullable,
                                .physical = to_sql(value)});
    a->hidden = b->hidden = true;
  }
  const auto make_nullable = [](std::vector<ScopeRelation>& relations) {
    for (ScopeRelation& relation : relations)
      for (ScopeColumn& column : relation.columns) column.nullable = true;
  };
  using sql::JoinKind;
  if (join.kind == JoinKind::Left || join.kind == JoinKind::Full || join.kind == JoinKind::Asof)
    make_nullable(right.relations);
  if (join.kind == JoinKind::Right || join.kind == JoinKind::Full) make_nullable(left.relations);
  BoundFrom all;
  if (!together.columns.empty()) all.relations.push_back(std::move(together));
  for (ScopeRelation& relation : left.relations) all.relations.push_back(std::move(relation));
  for (ScopeRelation& relation : right.relations) {
    for (const ScopeRelation& other : all.relations)
      if (!relation.alias.empty() && relation.alias == other.alias && relation.qualified == other.qualified)
        return base::fail(
            compile_error(2012, "42710", fmt::format("duplicate alias '{}'", relation.alias), join.right->at));
    all.relations.push_back(std::move(relation));
  }
  Scope both{.relations = all.relations, .outer = outer};
  SelectFrame* outside = std::exchange(frame, nullptr);
  const auto also = [&](const std::optional<sql::Expr>& expr) -> base::Status {
    if (!expr) return {};
    TRY(const BoundExpr bound, this->condition(*expr, both, "ON"));
    condition += (condition.empty() ? "" : " AND ") + to_sql(bound);
    return {};
  };
  auto first = also(join.on);
  auto second = also(join.match_condition);
  frame = outside;
  TRY_VOID(std::move(first));
  TRY_VOID(std::move(second));
  // An inner join without a condition, and a cross join with one, are both written in the wild.
  const bool cross = condition.empty() && (join.kind == JoinKind::Cross || join.kind == JoinKind::Inner);
  const JoinKind kind = join.kind == JoinKind::Cross && !cross ? JoinKind::Inner : join.kind;
  all.sql = cross ? fmt::format("({} CROSS JOIN {})", left.sql, right.sql)
                  : fmt::format("({} {} {}{})", left.sql, keyword(kind), right.sql, on_clause(condition));
  return all;
}

}  // namespace engine::bind
