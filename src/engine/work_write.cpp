#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/carrier.h"
#include "engine/duckdb/appender.h"
#include "engine/duckdb/errors.h"
#include "engine/tables.h"
#include "engine/work_impl.h"

namespace engine {

using catalog::Record;
using catalog::TableBody;

namespace {

base::Error clash(std::string_view table) {
  return {base::ErrorKind::Conflict, 603, "XX000",
          fmt::format("SQL execution internal error: rows of {} were changed by another transaction", table),
          std::nullopt};
}

/// The columns of new images in order, those that must not be NULL checked on the way.
std::string checked_columns(const TableBody& body) {
  std::string list;
  for (const catalog::Column& column : body.columns) {
    const std::string name = tables::column(column.id);
    if (!list.empty()) list += ", ";
    if (column.nullable)
      list += name;
    else
      list += fmt::format("CASE WHEN {0} IS NULL THEN {1} ELSE {0} END", name,
                          duck::raise_sql(100072, "22000", "NULL result in a non-nullable column"));
  }
  return list;
}

}  // namespace

base::Result<PendingTable*> WorkImpl::pending(const Record& table) {
  if (const auto found = client_->pending.find(table.id); found != client_->pending.end()) return &found->second;
  const TableBody& body = tables::body(table);
  PendingTable fresh{.table = table.id, .segment = body.segments.back().id};
  const std::string columns = tables::column_definitions(body) + ", _row BIGINT, _seq BIGINT, _tx BIGINT";
  TRY_VOID(run(fmt::format("CREATE TEMP TABLE {} ({}); CREATE TEMP TABLE {} ({}); CREATE TEMP TABLE {} (_seq BIGINT)",
                           fresh.made(), columns, fresh.over(), columns, fresh.gone())));
  return &client_->pending.emplace(table.id, std::move(fresh)).first->second;
}

base::Result<WorkImpl::Changed> WorkImpl::change(const Record& table, const RowChanges& changes) {
  Changed changed;
  const TableBody& body = tables::body(table);
  const std::string live = tables::live(body.segments.back().id);
  const bool has_images = std::ranges::find(scratches_, changes.ended_sql) != scratches_.end();
  std::string ended = has_images ? changes.ended_sql : "", made = fmt::format("({})", changes.made_sql);
  // Both are evaluated before anything is changed: they read the table.
  if (!changes.ended_sql.empty() && !has_images) {
    TRY(ended, scratch(fmt::format("SELECT DISTINCT _seq FROM ({})", changes.ended_sql)));
  }
  const bool reads_itself = !ended.empty() || changes.made_sql.find(live) != std::string::npos ||
                            (client_ && client_->pending.contains(table.id));
  if (!changes.made_sql.empty() && reads_itself) {
    TRY(made, scratch(changes.made_sql));
  }
  std::string target = live;
  if (client_) {
    TRY(PendingTable * kept, pending(table));
    target = kept->made();
  }
  if (!ended.empty()) {
    TRY(changed.ended, end_images(table, ended, has_images ? Images::WithTheNumbers : Images::InTheTable));
  }
  if (!changes.made_sql.empty()) {
    TRY(changed.made, make_images(table, target, made));
  }
  if (!client_ && changed.ended + changed.made > 0) tables_.insert(table.id);
  return changed;
}

base::Result<std::int64_t> WorkImpl::make_images(const Record& table, const std::string& target,
                                                 const std::string& made) {
  const TableBody& body = tables::body(table);
  const std::string columns = tables::column_list(body);
  TRY(auto result, run(fmt::format("INSERT INTO {} ({}, _row, _seq, _tx) SELECT {}, coalesce(_row, _number), _number, "
                                   "{} FROM (SELECT *, freshet_number(_row) AS _number"
                                   " FROM (SELECT * FROM {}) AS made(_row, {}))",
                                   target, columns, checked_columns(body), transaction_number(), made, columns)));
  return result.changed();
}

// `numbers` is a table with the column _seq. The engine prunes row groups by the values of a small one (see Database:
// kPrunedBy).
base::Result<std::int64_t> WorkImpl::end_images(const Record& table, const std::string& numbers, Images images) {
  TRY(auto count, run("SELECT count(*) FROM " + numbers));
  const std::int64_t expected = count.integer(0, 0);
  if (expected == 0) return 0;
  const TableBody& body = tables::body(table);
  std::int64_t ended = 0;
  if (client_) {
    TRY(ended, end_pending_images(client_->pending.at(table.id), body, numbers));
  } else {
    TRY(ended, move_to_past(body, numbers, images));
  }
  if (ended != expected) {
    dead_ = true;
    return base::fail(clash(table.name));
  }
  return ended;
}

base::Result<std::int64_t> WorkImpl::move_to_past(const TableBody& body, const std::string& numbers, Images images) {
  const catalog::SegmentId segment = body.segments.back().id;
  const std::string columns = tables::column_list(body) + ", _row, _seq, _tx";
  const std::string which = fmt::format("_seq IN (SELECT _seq FROM {})", numbers);
  const std::string from =
      images == Images::WithTheNumbers ? numbers : fmt::format("{} WHERE {}", tables::live(segment), which);
  TRY_VOID(run(fmt::format("INSERT INTO {0} ({1}, _end) SELECT {1}, {2} FROM {3}", tables::past(segment), columns,
                           transaction_number(), from)));
  TRY(auto deleted, run(fmt::format("DELETE FROM {} WHERE {}", tables::live(segment), which)));
  return deleted.changed();
}

base::Result<std::int64_t> WorkImpl::end_pending_images(PendingTable& kept, const TableBody& body,
                                                        const std::string& numbers) {
  const std::string columns = tables::column_list(body) + ", _row, _seq, _tx";
  const std::string which = fmt::format("_seq IN (SELECT _seq FROM {})", numbers);
  std::int64_t ended = 0;
  if (!kept.cleared) {
    TRY(auto gone, run(fmt::format("INSERT INTO {} SELECT _seq FROM {} WHERE {}", kept.gone(),
                                   tables::live(kept.segment), which)));
    ended = gone.changed();
  }
  TRY_VOID(run(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2} WHERE _row = _seq AND {3}", kept.over(), columns,
                           kept.made(), which)));
  TRY(auto removed, run(fmt::format("DELETE FROM {} WHERE {}", kept.made(), which)));
  return ended + removed.changed();
}

base::Result<std::int64_t> WorkImpl::clear(const Record& table) {
  TRY(auto count, run("SELECT count(*) FROM " + rows(table)));
  const TableBody& body = tables::body(table);
  if (client_) {
    TRY(PendingTable * kept, pending(table));
    const std::string columns = tables::column_list(body) + ", _row, _seq, _tx";
    TRY_VOID(
        run(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2} WHERE _row = _seq; DELETE FROM {2}; DELETE FROM {3}",
                        kept->over(), columns, kept->made(), kept->gone())));
    kept->cleared = true;
  } else if (count.integer(0, 0) > 0) {
    TRY_VOID(replace_segment(table, new_segment_id()));
  }
  return count.integer(0, 0);
}

base::Status WorkImpl::replace_segment(const Record& table, catalog::SegmentId fresh) {
  const catalog::RecordPtr newest = catalog_->find(table.id);
  Record changed = newest ? *newest : table;
  auto& segments = std::get<TableBody>(changed.body).segments;
  segments.back().ended_by = transaction();
  segments.push_back({fresh, std::nullopt});
  TRY_VOID(put(std::move(changed), {}));
  tables_.insert(table.id);
  return {};
}

// The COMMIT of a client's transaction, for one table.
base::Status WorkImpl::apply(const PendingTable& kept) {
  const catalog::RecordPtr table = catalog_->find(kept.table);
  if (!table)
    return base::fail(base::ErrorKind::NotFound,
                      fmt::format("table {} was dropped while a transaction had changed it", kept.table.value));
  TRY(auto counts,
      run(fmt::format("SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {}), (SELECT count(*) FROM {})",
                      kept.gone(), kept.made(), kept.over())));
  const std::int64_t gone = counts.integer(0, 0), made = counts.integer(0, 1), over = counts.integer(0, 2);
  catalog::SegmentId segment = kept.segment;
  if (kept.cleared) {
    segment = new_segment_id();
    TRY_VOID(replace_segment(*table, segment));
  } else if (gone > 0) {
    TRY(const std::int64_t ended, end_images(*table, kept.gone(), Images::InTheTable));
    (void)ended;
  }
  const std::string columns = tables::column_list(tables::body(*table)) + ", _row, _seq, _tx";
  if (made > 0)
    TRY_VOID(
        run(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}", tables::live(segment), columns, kept.made())));
  if (over > 0)
    TRY_VOID(run(fmt::format("INSERT INTO {0} ({1}, _end) SELECT {1}, {2} FROM {3}", tables::past(segment), columns,
                             transaction_number(), kept.over())));
  if (gone + made + over > 0) tables_.insert(kept.table);
  return {};
}

base::Result<std::unique_ptr<Work::Appender>> WorkImpl::append(const Record& table,
                                                               const std::vector<catalog::ColumnId>& columns,
                                                               const ColumnTexts& rest) {
  if (!started_) return base::fail(base::ErrorKind::Internal, "the statement has not been started");
  const TableBody& body = tables::body(table);
  duck::AppenderTarget target{.catalog = "wh",
                              .schema = "main",
                              .table = fmt::format("t{}_live", body.segments.back().id.value),
                              .loaded = {},
                              .constants = {},
                              .numbered = {"_row", "_seq"}};
  if (client_) {
    TRY(PendingTable * kept, pending(table));
    target.catalog = "temp";
    target.table = kept->made_name();
  }
  for (const catalog::ColumnId id : columns) {
    const auto column = std::ranges::find(body.columns, id, &catalog::Column::id);
    if (column == body.columns.end())
      return base::fail(base::ErrorKind::Internal, fmt::format("table {} has no column {}", table.name, id.value));
    target.loaded.push_back({tables::column(id), carrier_of(*column), column->type.scale, column->nullable});
  }
  for (const catalog::Column& column : body.columns) {
    if (std::ranges::find(columns, column.id) != columns.end()) continue;
    const auto text = rest.find(column.id);
    if (text == rest.end() && !column.nullable)
      return base::fail(base::Error{base::ErrorKind::InvalidValue, 100072, "22000",
                                    "NULL result in a non-nullable column", std::nullopt});
    target.constants.push_back(
        {tables::column(column.id), text == rest.end() ? "NULL" : text->second, physical_type(column)});
  }
  target.constants.push_back({"_tx", std::to_string(transaction_number()), "BIGINT"});
  if (!client_) tables_.insert(table.id);
  return duck::open_appender(connection_, std::move(target),
                             [this](std::int64_t count) { return database().take_numbers(count); });
}

base::Result<Work::Filling> WorkImpl::fill_scratch(const std::vector<ScratchColumn>& columns) {
  const std::string name = new_scratch();
  duck::AppenderTarget target{.catalog = "temp",
                              .schema = "main",
                              .table = name.substr(name.rfind('.') + 1),
                              .loaded = {},
                              .constants = {},
                              .numbered = {}};
  std::string list;
  for (const ScratchColumn& column : columns) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", column.name, physical_type(column.carrier, column.scale));
    target.loaded.push_back({column.name, column.carrier, column.scale, true});
  }
  TRY_VOID(run(fmt::format("CREATE TEMP TABLE {} ({})", name, list)));
  TRY(auto appender, duck::open_appender(connection_, std::move(target), [](std::int64_t) { return std::int64_t{0}; }));
  return Filling{name, std::move(appender)};
}

}  // namespace engine
