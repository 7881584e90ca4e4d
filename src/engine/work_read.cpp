#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/duckdb/errors.h"
#include "engine/tables.h"
#include "engine/work_impl.h"

namespace engine {

using catalog::Record;
using catalog::Version;

namespace {

// Up to so many images a delta is computed once for its statement; above, each reference reads only the columns that it
// needs.
constexpr int kSmallDelta = 20'000;

/// Nothing, with the columns of the table.
std::string no_rows(const catalog::TableBody& body) {
  return fmt::format("SELECT {}, _row, _seq FROM {} WHERE false", tables::column_list(body),
                     tables::live(body.segments.back().id));
}

std::string all_of(const std::vector<std::string>& selects, const catalog::TableBody& body) {
  return selects.empty() ? no_rows(body) : fmt::format("{}", fmt::join(selects, " UNION ALL "));
}

/// The difference by identity between the images that ended and those that were made.
std::string net_changes(const catalog::TableBody& body, const std::string& ended, const std::string& made) {
  std::string both, same = "true";
  for (const catalog::Column& column : body.columns) {
    const std::string name = tables::column(column.id);
    both += fmt::format(", o.{0} AS o_{0}, n.{0} AS n_{0}", name);
    same += fmt::format(" AND o.{0} IS NOT DISTINCT FROM n.{0}", name);
  }
  const auto side = [&](char prefix) {
    std::string list;
    for (const catalog::Column& column : body.columns)
      list += fmt::format("{0}_{1} AS {1}, ", prefix, tables::column(column.id));
    return list;
  };
  return fmt::format(
      "(WITH o AS ({0}), n AS ({1}), net AS MATERIALIZED (SELECT coalesce(o._row, n._row) AS _row, o._row IS NOT NULL "
      "AS was, n._row IS NOT NULL AS is_now{2}"
      " FROM o FULL JOIN n ON o._row = n._row WHERE o._row IS NULL OR n._row IS NULL OR NOT ({3}))"
      " SELECT {4}'DELETE' AS _action, is_now AS _update, _row FROM net WHERE was UNION ALL"
      " SELECT {5}'INSERT' AS _action, was AS _update, _row FROM net WHERE is_now)",
      ended, made, both, same, side('o'), side('n'));
}

}  // namespace

std::string WorkImpl::rows(const Record& table) {
  const auto& body = tables::body(table);
  const catalog::SegmentId segment = body.segments.back().id;
  const std::string columns = tables::column_list(body) + ", _row, _seq, _tx";
  const PendingTable* pending = nullptr;
  if (client_)
    if (const auto found = client_->pending.find(table.id); found != client_->pending.end()) pending = &found->second;
  if (!pending) return fmt::format("(SELECT {} FROM {})", columns, tables::live(segment));
  const std::string made = fmt::format("SELECT {} FROM {}", columns, pending->made());
  if (pending->cleared) return "(" + made + ")";
  return fmt::format("(SELECT {0} FROM {1} WHERE _seq NOT IN (SELECT _seq FROM {2}) UNION ALL {3})", columns,
                     tables::live(segment), pending->gone(), made);
}

base::Result<std::string> WorkImpl::rows_at(const Record& table, Version at) {
  TRY(const Visibility then, database().log().visibility(at));
  const auto& body = tables::body(table);
  const std::string columns = tables::column_list(body) + ", _row, _seq";
  std::vector<std::string> parts;
  for (const catalog::Segment& segment : body.segments) {
    if (segment.ended_by && then.contains(*segment.ended_by)) continue;
    parts.push_back(fmt::format("SELECT {} FROM {} WHERE {}", columns, tables::live(segment.id), then.contains("_tx")));
    parts.push_back(fmt::format("SELECT {} FROM {} WHERE {} AND {}", columns, tables::past(segment.id),
                                then.contains("_tx"), then.lacks("_end")));
  }
  return "(" + all_of(parts, body) + ")";
}

// A view may read a stream four times in one statement. Kept in a scratch table the delta is computed once, and its
// true size is known to the planner, which then prunes what it is joined with by its keys.
base::Result<std::string> WorkImpl::materialised(const std::string& delta, const std::string& images) {
  TRY(auto size, run(fmt::format("SELECT count(*) FROM (SELECT 1 FROM ({}) LIMIT {})", images, kSmallDelta + 1)));
  if (size.integer(0, 0) > kSmallDelta) return delta;
  TRY(const std::string kept, scratch("SELECT * FROM " + delta));
  return fmt::format("(SELECT * FROM {})", kept);
}

base::Result<std::string> WorkImpl::changes(const Record& table, Version from, Version until) {
  const Delta delta{table.id, from, until, true};
  if (const auto known = deltas_.find(delta); known != deltas_.end()) return known->second;
  TRY(const Visibility before, database().log().visibility(from));
  TRY(const Visibility after, database().log().visibility(until));
  const auto& body = tables::body(table);
  const std::string columns = tables::column_list(body);
  if (!database().log().touched(table.id, from, until))
    return fmt::format("(SELECT {}, ''::VARCHAR AS _action, false AS _update, _row FROM ({}))", columns, no_rows(body));

  // Images of the old state that ended meanwhile, and images of the new state that were made meanwhile.
  std::vector<std::string> ended, made;
  for (const catalog::Segment& segment : body.segments) {
    if (segment.ended_by && before.contains(*segment.ended_by)) continue;
    const std::string live = tables::live(segment.id), past = tables::past(segment.id);
    ended.push_back(fmt::format("SELECT {}, _row, _seq FROM {} WHERE {} AND {} AND {}", columns, past,
                                before.lacks("_end"), after.contains("_end"), before.contains("_tx")));
    if (segment.ended_by && after.contains(*segment.ended_by)) {
      ended.push_back(fmt::format("SELECT {}, _row, _seq FROM {} WHERE {}", columns, live, before.contains("_tx")));
      continue;
    }
    made.push_back(fmt::format("SELECT {}, _row, _seq FROM {} WHERE {} AND {}", columns, live, before.lacks("_tx"),
                               after.contains("_tx")));
    made.push_back(fmt::format("SELECT {}, _row, _seq FROM {} WHERE {} AND {} AND {}", columns, past,
                               before.lacks("_tx"), after.contains("_tx"), after.lacks("_end")));
  }
  const std::string old_images = all_of(ended, body), new_images = all_of(made, body);
  TRY(auto any, run(fmt::format("SELECT 1 FROM ({}) LIMIT 1", old_images)));
  const std::string net =
      any.row_count() > 0
          ? net_changes(body, old_images, new_images)
          : fmt::format("(SELECT {}, 'INSERT' AS _action, false AS _update, _row FROM ({}))", columns, new_images);
  TRY(deltas_[delta], materialised(net, fmt::format("{} UNION ALL {}", old_images, new_images)));
  return deltas_[delta];
}

base::Result<std::string> WorkImpl::insertions(const Record& table, Version from, Version until) {
  const Delta delta{table.id, from, until, false};
  if (const auto known = deltas_.find(delta); known != deltas_.end()) return known->second;
  TRY(const Visibility before, database().log().visibility(from));
  TRY(const Visibility after, database().log().visibility(until));
  const auto& body = tables::body(table);
  std::vector<std::string> parts;
  if (database().log().touched(table.id, from, until))
    for (const catalog::Segment& segment : body.segments) {
      if (segment.ended_by && before.contains(*segment.ended_by)) continue;
      for (const std::string& stored : {tables::live(segment.id), tables::past(segment.id)})
        parts.push_back(fmt::format("SELECT {}, _row, _seq FROM {} WHERE {} AND {} AND _row = _seq",
                                    tables::column_list(body), stored, before.lacks("_tx"), after.contains("_tx")));
    }
  const std::string images = all_of(parts, body);
  TRY(deltas_[delta], materialised(fmt::format("(SELECT {}, 'INSERT' AS _action, false AS _update, _row FROM ({}))",
                                               tables::column_list(body), images),
                                   images));
  return deltas_[delta];
}

base::Result<bool> WorkImpl::touched(const Record& table, Version from, Version until) {
  return database().log().touched(table.id, from, until);
}

base::Result<Version> WorkImpl::version_at(base::Instant time) { return database().log().version_at(time); }

base::Result<std::optional<Version>> WorkImpl::version_of(std::string_view query_id) {
  TRY(auto rows,
      run(fmt::format("SELECT max(version) FROM wh.meta.commits WHERE query_id = {}", duck::quoted(query_id))));
  if (rows.is_null(0, 0)) return std::optional<Version>();
  return std::optional(Version{static_cast<std::uint64_t>(rows.integer(0, 0))});
}

base::Result<base::Instant> WorkImpl::time_of(Version version) { return database().log().time_of(version); }

}  // namespace engine
