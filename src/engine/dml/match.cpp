#include "engine/dml/match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "engine/tables.h"
#include "engine/values/value_text.h"

namespace engine::dml {
namespace {

// Up to so many rows that are hit, their whole images are fetched once for all that follows.
constexpr std::int64_t kFewRows = 20'000;

base::Result<std::int64_t> number(Work& work, const std::string& sql) {
  TRY(const auto rows, work.query(sql, {{"n", catalog::LogicalType::number()}}));
  const Value value = rows->row_count() == 0 ? Value{} : rows->value(0, 0);
  const auto* decimal = std::get_if<Decimal>(&value);
  return decimal ? static_cast<std::int64_t>(decimal->digits) : 0;
}

/// ORDER BY the source's columns that `on` names, for an insertion of several row groups: rows with near keys then lie
/// together, and later merges by these keys prune row groups. (A UNION or a join has put them in the order of a hash.)
std::string clustering(const Source& source, const std::string& on, std::int64_t rows) {
  if (rows <= kFewRows) return "";
  std::map<std::size_t, std::string> keys;
  for (const ScopeRelation& relation : source.relations)
    for (const ScopeColumn& column : relation.columns) {
      const std::string written = fmt::format("s.\"{}\"", column.physical);
      if (const auto at = on.find(written); at != std::string::npos) keys.emplace(at, written);
    }
  std::string order;
  for (const auto& [at, key] : keys) order += (order.empty() ? " ORDER BY " : ", ") + key;
  return order;
}

/// CASE over the conditions of arms: the index of the first that holds, else -1.
template <class Arms>
std::string choice(const Arms& arms) {
  if (arms.empty()) return "-1";
  std::string text = "CASE";
  for (std::size_t i = 0; i < arms.size(); ++i)
    text += fmt::format(" WHEN {} THEN {}", arms[i].condition.value_or("true"), i);
  return text + " ELSE -1 END";
}

/// The values of one column: by arm, or plainly when there is one arm only.
template <class Arms>
std::string column_value(const Arms& arms, std::size_t column, const std::string& arm) {
  if (arms.size() == 1) return arms[0].values[column];
  std::string text = fmt::format("CASE {}", arm);
  for (std::size_t i = 0; i < arms.size(); ++i)
    if (!arms[i].values.empty()) text += fmt::format(" WHEN {} THEN {}", i, arms[i].values[column]);
  return text + " END";
}

/// The target row of a duplicate, as the message shows it: [1, "a", NULL].
base::Result<std::string> shown_row(const Target& target, std::int64_t seq, BindContext& context) {
  std::string list;
  std::vector<ResultColumn> columns;
  for (const catalog::Column& column : target.body().columns) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", tables::column(column.id));
    columns.push_back({column.name, column.type});
  }
  TRY(const auto rows,
      context.work.query(fmt::format("SELECT {} FROM {} WHERE _seq = {}", list, context.work.rows(*target.record), seq),
                         columns));
  const FormatSettings settings = format_settings(*context.statement.parameters);
  std::string text;
  for (std::size_t i = 0; rows->row_count() > 0 && i < columns.size(); ++i) {
    const Value value = rows->value(0, i);
    const std::string cell = to_text(value, columns[i].type, settings);
    const bool quotes = !is_null(value) && columns[i].type.kind != catalog::TypeKind::Number &&
                        columns[i].type.kind != catalog::TypeKind::Float &&
                        columns[i].type.kind != catalog::TypeKind::Boolean;
    text += (i == 0 ? "" : ", ") + (quotes ? "\"" + cell + "\"" : cell);
  }
  return "[" + text + "]";
}

}  // namespace

base::Result<std::optional<Few>> few(const std::string& rows, const std::string& hits, Work& work) {
  TRY(std::string found, work.scratch(fmt::format("SELECT * FROM ({}) LIMIT {}", hits, kFewRows + 1)));
  TRY(const std::int64_t count, number(work, "SELECT count(*) FROM " + found));
  if (count > kFewRows) return std::optional<Few>();
  TRY(std::string images,
      work.scratch(fmt::format("SELECT * FROM {} WHERE _seq IN (SELECT _seq FROM {})", rows, found)));
  return std::optional(Few{std::move(found), std::move(images)});
}

base::Result<Matched> run(const Target& target, const Source& source, const Plan& plan, BindContext& context) {
  Work& work = context.work;
  Matched done;
  std::string rows = work.rows(*target.record);
  // From here on the target is the images that `on` selects, when they are few.
  std::optional<Few> found;
  TRY(const std::int64_t source_rows, number(work, "SELECT count(*) FROM " + source.table));
  if (source_rows <= kFewRows) {
    TRY(found,
        few(rows, fmt::format("SELECT t._seq FROM {} AS s JOIN {} AS t ON {}", source.table, rows, plan.on), work));
    if (found) rows = found->images;
  }
  // Every pair that matches, with the arm that it takes.
  TRY(const std::string pairs,
      work.scratch(fmt::format("SELECT s._sid, t._seq, CAST({} AS INTEGER) AS _arm FROM {} AS s JOIN {} AS t ON {}",
                               choice(plan.matched), source.table, rows, plan.on)));
  std::string removing = "-2";  // arms that delete
  for (std::size_t i = 0; i < plan.matched.size(); ++i)
    if (plan.matched[i].removes) removing += fmt::format(",{}", i);
  // Several source rows that act on one target row clash, unless all of them delete it.
  const std::string clashes = fmt::format(
      "(SELECT _seq FROM {} WHERE _arm >= 0 GROUP BY _seq HAVING count(*) > 1 AND NOT bool_and(_arm IN ({})))", pairs,
      removing);
  TRY(done.multi_joined, number(work, "SELECT count(*) FROM " + clashes));
  if (done.multi_joined > 0 && plan.nondeterminism == Nondeterminism::Refuse) {
    TRY(const std::int64_t seq, number(work, "SELECT min(_seq) FROM " + clashes));
    TRY(const std::string shown, shown_row(target, seq, context));
    return base::fail(base::Error{base::ErrorKind::InvalidValue, 100090, "42P18",
                                  "Duplicate row detected during DML action\nRow Values: " + shown, std::nullopt});
  }
  TRY(const std::string hits, work.scratch(fmt::format("SELECT _seq, max(_sid) AS _sid, CAST(arg_max(_arm, _sid) AS "
                                                       "INTEGER) AS _arm FROM {} WHERE _arm >= 0 GROUP BY _seq",
                                                       pairs)));
  TRY(done.deleted, number(work, fmt::format("SELECT count(*) FROM {} WHERE _arm IN ({})", hits, removing)));
  TRY(done.updated, number(work, fmt::format("SELECT count(*) FROM {} WHERE _arm NOT IN ({})", hits, removing)));

  RowChanges changes;
  if (done.updated + done.deleted > 0) {
    changes.ended_sql = "SELECT _seq FROM " + hits;
    if (found) {
      TRY(changes.ended_sql,
          work.scratch(fmt::format("SELECT * FROM {} WHERE _seq IN (SELECT _seq FROM {})", rows, hits)));
    }
  }
  std::vector<std::string> made;
  const std::size_t width = target.body().columns.size();
  if (done.updated > 0) {
    std::string list = "t._row";
    for (std::size_t i = 0; i < width; ++i) list += ", " + column_value(plan.matched, i, "h._arm");
    made.push_back(
        fmt::format("SELECT {} FROM {} AS t JOIN {} AS h ON t._seq = h._seq JOIN {} AS s ON s._sid = h._sid WHERE "
                    "h._arm NOT IN ({})",
                    list, rows, hits, source.table, removing));
  }
  if (!plan.unmatched.empty()) {
    TRY(const std::string fresh,
        work.scratch(fmt::format(
            "SELECT s.*, CAST({} AS INTEGER) AS _arm FROM {} AS s WHERE s._sid NOT IN (SELECT _sid FROM {}){}",
            choice(plan.unmatched), source.table, pairs, clustering(source, plan.on, source_rows))));
    TRY(done.inserted, number(work, fmt::format("SELECT count(*) FROM {} WHERE _arm >= 0", fresh)));
    if (done.inserted > 0) {
      std::string list = "CAST(NULL AS BIGINT)";
      for (std::size_t i = 0; i < width; ++i) list += ", " + column_value(plan.unmatched, i, "s._arm");
      made.push_back(fmt::format("SELECT {} FROM {} AS s WHERE s._arm >= 0", list, fresh));
    }
  }
  changes.made_sql = fmt::format("{}", fmt::join(made, " UNION ALL "));
  if (!changes.ended_sql.empty() || !made.empty()) TRY_VOID(work.change(*target.record, changes));
  return done;
}

}  // namespace engine::dml
