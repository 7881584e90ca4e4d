// ALTER, DROP, UNDROP, COMMENT for objects that no other room owns.
#include <fmt/format.h>

#include <algorithm>

#include "base/overloaded.h"
#include "change/stream_definition.h"
#include "engine/carrier.h"
#include "exec/create_object.h"
#include "exec/ddl_table.h"
#include "sql/printer.h"

namespace exec {

using catalog::Column;
using catalog::ObjectKind;
using catalog::Record;
using catalog::TableBody;

namespace {

std::optional<ObjectKind> kind_of(std::string_view word) {
  if (word == "TABLE") return ObjectKind::Table;
  if (word == "VIEW" || word == "MATERIALIZED VIEW") return ObjectKind::View;
  if (word == "DATABASE") return ObjectKind::Database;
  if (word == "SCHEMA") return ObjectKind::Schema;
  if (word == "STAGE") return ObjectKind::Stage;
  if (word == "FILE FORMAT") return ObjectKind::FileFormat;
  if (word == "PIPE") return ObjectKind::Pipe;
  if (word == "SEQUENCE") return ObjectKind::Sequence;
  if (word == "STREAM") return ObjectKind::Stream;
  if (word == "TASK") return ObjectKind::Task;
  if (word == "PROCEDURE") return ObjectKind::Procedure;
  if (word == "FUNCTION") return ObjectKind::Function;
  if (word == "WAREHOUSE") return ObjectKind::Warehouse;
  if (word == "ROLE") return ObjectKind::Role;
  if (word == "USER") return ObjectKind::User;
  if (word == "INTEGRATION" || word.ends_with(" INTEGRATION")) return ObjectKind::Integration;
  return std::nullopt;
}

bool of_account(ObjectKind kind) {
  return kind == ObjectKind::Database || kind == ObjectKind::Warehouse || kind == ObjectKind::Role ||
         kind == ObjectKind::User || kind == ObjectKind::Integration;
}

base::Result<catalog::RecordPtr> named(Running& running, ObjectKind kind, const sql::ObjectName& name,
                                       const std::optional<std::vector<sql::TypeName>>& argument_types) {
  TRY(auto parts, running.parts(name));
  const auto catalog = running.catalog();
  if (of_account(kind)) {
    auto record = catalog->find(kind, {}, parts.back());
    if (!record || (kind != ObjectKind::Role && !running.sees(*record)))
      return base::fail(catalog::not_found(kind, parts.back()));
    return record;
  }
  if (kind == ObjectKind::Schema) return catalog::resolve_schema(*catalog, running.context.names, parts);
  if (kind == ObjectKind::Procedure || kind == ObjectKind::Function) {
    TRY(parts.back(), routine_name(running, parts.back(), argument_types));
  }
  auto scope = running.context.names;
  scope.public_too = false;
  TRY(auto record, catalog::resolve(*catalog, scope, kind, parts));
  if (record->kind != kind && !(kind == ObjectKind::Table && record->kind == ObjectKind::View))
    return base::fail(catalog::not_found(kind, record->name));
  return record;
}

/// The object of that name, which its owner is about to change.
base::Result<catalog::RecordPtr> locate(Running& running, ObjectKind kind, const sql::ObjectName& name,
                                        const std::optional<std::vector<sql::TypeName>>& argument_types) {
  TRY(auto record, named(running, kind, name, argument_types));
  TRY_VOID(running.require(*record, {"OWNERSHIP"}));
  return record;
}

Column* column_named(TableBody& body, std::string_view name) {
  const auto found = std::ranges::find(body.columns, name, &Column::name);
  return found == body.columns.end() ? nullptr : &*found;
}

base::Error no_column(std::string_view name) {
  return {base::ErrorKind::NotFound, 904, "42000",
          fmt::format("SQL compilation error: error line 1 at position 0\ninvalid identifier '{}'", name),
          std::nullopt};
}

/// Changes the type of a column: longer texts and wider numbers keep their rows as they are.
base::Status change_type(Running& running, Column& column, const sql::TypeName& name) {
  TRY(auto type, engine::logical_type(name, running.session.parameters()));
  const bool longer = type.kind == column.type.kind && type.length >= column.type.length &&
                      type.scale == column.type.scale && type.precision >= column.type.precision;
  if (!longer)
    return base::fail(compilation_error(
        40, "0A000",
        fmt::format(
            "cannot change column {} from type {} to {} because changing the type is not compatible with its values.",
            column.name, catalog::to_text(column.type), catalog::to_text(type))));
  column.type = type;
  return {};
}

base::Result<std::string> constant_text(Running& running, engine::Work& work, const sql::Expr& expression,
                                        const Column& column) {
  auto context = running.bind_context(work);
  const engine::Scope nothing;
  TRY(auto value, engine::bind_expression(expression, nothing, context));
  TRY(auto assigned, engine::assign(std::move(value), column.type, engine::carrier_of(column), context));
  return sql::print(assigned.expr, sql::Dialect::DuckDb);
}

base::Status alter_columns(Running& running, TableBody& body, const sql::AlterColumns& action) {
  using Change = sql::AlterColumn::Change;
  for (const sql::AlterColumn& change : action.changes) {
    Column* column = column_named(body, change.column.name);
    if (!column) return base::fail(no_column(change.column.name));
    switch (change.change) {
      case Change::SetType: TRY_VOID(change_type(running, *column, *change.type)); break;
      case Change::SetNotNull: column->nullable = false; break;
      case Change::DropNotNull: column->nullable = true; break;
      case Change::SetDefault: column->default_text = sql::print(*change.default_value); break;
      case Change::DropDefault: column->default_text.reset(); break;
      case Change::SetComment: column->comment = change.comment; break;
      case Change::UnsetComment: column->comment.clear(); break;
    }
  }
  return {};
}

base::Result<Outcome> rename(Running& running, engine::Work& work, Record record, const sql::ObjectName& to) {
  TRY(auto parts, running.parts(to));
  if (of_account(record.kind)) {
    record.name = parts.back();
  } else if (record.kind == ObjectKind::Schema) {
    record.name = parts.back();
  } else {
    TRY(auto place, catalog::place(work.catalog(), running.context.names, parts, "ALTER"));
    const auto schema = work.catalog().find(place.schema);
    if (place.schema != record.container)
      TRY_VOID(running.require(*schema, {"CREATE " + catalog::grant_word(record.kind)}));
    if (work.catalog().find(record.kind, place.schema, place.name, running.context.session))
      return base::fail(catalog::already_exists(place.name));
    record.container = place.schema;
    record.name = place.name;
  }
  TRY_VOID(work.put(std::move(record)));
  TRY_VOID(work.commit());
  return status(std::string(kExecuted));
}

/// What a dropped role owned belongs to the role that drops it.
base::Status inherit_from(Running& running, engine::Work& work, const std::string& role) {
  std::vector<Record> left;
  for (const auto& [id, record] : work.catalog().all())
    if (record->owner == role) left.push_back(*record);
  for (Record& record : left) {
    record.owner = running.context.role;
    TRY_VOID(work.put(std::move(record)));
  }
  return {};
}

}  // namespace

base::Result<Outcome> alter_table(Running& running, const sql::Alter& node) {
  auto found = locate(running, ObjectKind::Table, node.name, {});
  if (!found) {
    if (node.if_exists && found.error().number == 2003) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  if (!std::holds_alternative<TableBody>((*found)->body))
    return base::fail(catalog::not_found(ObjectKind::Table, (*found)->name));
  TRY(auto work, running.begin_ddl({(*found)->id}));
  const auto current = work->catalog().find((*found)->id);
  if (!current || current->dropped) return base::fail(catalog::not_found(ObjectKind::Table, (*found)->name));
  Record record = *current;
  auto& body = std::get<TableBody>(record.body);
  engine::ColumnTexts fill;

  if (const auto* action = std::get_if<sql::RenameTo>(&node.action))
    return rename(running, *work, record, action->name);
  if (const auto* action = std::get_if<sql::SwapWith>(&node.action)) {
    TRY(auto other, locate(running, ObjectKind::Table, action->name, {}));
    TRY_VOID(work->lock(other->id, engine::LockMode::Exclusive));
    Record second = *other;
    std::swap(record.name, second.name);
    std::swap(record.container, second.container);
    TRY_VOID(work->put(std::move(second)));
  } else if (const auto* add = std::get_if<sql::AddColumns>(&node.action)) {
    for (const sql::ColumnDef& definition : add->columns) {
      if (column_named(body, definition.name.name)) {
        if (add->if_not_exists) continue;
        return base::fail(
            compilation_error(1430, "42601", fmt::format("column '{}' already exists", definition.name.name)));
      }
      TRY(auto column, define_column(running, *work, definition, body));
      if (definition.default_value) {
        TRY(fill[column.id], constant_text(running, *work, *definition.default_value, column));
      }
      body.columns.push_back(std::move(column));
    }
  } else if (const auto* dropped = std::get_if<sql::DropColumns>(&node.action)) {
    for (const sql::Identifier& name : dropped->columns) {
      if (!column_named(body, name.name)) {
        if (dropped->if_exists) continue;
        return base::fail(no_column(name.name));
      }
      if (body.columns.size() == 1)
        return base::fail(compilation_error(2027, "42601", "Cannot drop the last column of a table."));
      std::erase_if(body.columns, [&](const Column& column) { return column.name == name.name; });
    }
  } else if (const auto* renamed = std::get_if<sql::RenameColumn>(&node.action)) {
    Column* column = column_named(body, renamed->from.name);
    if (!column) return base::fail(no_column(renamed->from.name));
    if (column_named(body, renamed->to.name))
      return base::fail(compilation_error(1430, "42601", fmt::format("column '{}' already exists", renamed->to.name)));
    column->name = renamed->to.name;
  } else if (const auto* columns = std::get_if<sql::AlterColumns>(&node.action)) {
    TRY_VOID(alter_columns(running, body, *columns));
  } else if (const auto* set = std::get_if<sql::SetOptions>(&node.action)) {
    TRY_VOID(apply_table_options(set->options, body, work->version()));
    if (const auto comment = option_text(set->options, "COMMENT")) record.comment = *comment;
  } else if (const auto* unset = std::get_if<sql::UnsetOptions>(&node.action)) {
    for (const sql::Identifier& name : unset->names) {
      if (name.name == "COMMENT") record.comment.clear();
      if (name.name == "DATA_RETENTION_TIME_IN_DAYS") body.retention_days = 1;
    }
  } else if (const auto* cluster = std::get_if<sql::ClusterBy>(&node.action)) {
    body.cluster_by.clear();
    for (const sql::Expr& key : cluster->keys)
      body.cluster_by += (body.cluster_by.empty() ? "" : ", ") + sql::print(key);
  } else if (!std::holds_alternative<sql::AddConstraint>(node.action) &&
             !std::holds_alternative<sql::DropConstraint>(node.action) &&
             !std::holds_alternative<sql::RenameConstraint>(node.action) &&
             !std::holds_alternative<sql::AlterWords>(node.action)) {
    return base::fail(unsupported("this ALTER TABLE"));
  }
  TRY_VOID(work->put(std::move(record), fill));
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

base::Result<Outcome> alter(Running& running, const sql::Alter& node) {
  if (node.kind == "TABLE") return alter_table(running, node);
  if (node.kind == "TASK") return alter_task(running, node);
  if (node.kind == "STAGE") return alter_stage(running, node);
  if (node.kind == "PIPE") return alter_pipe(running, node);
  if (node.kind == "FILE FORMAT") return alter_file_format(running, node);
  if (node.kind == "ACCOUNT") return base::fail(unsupported("ALTER ACCOUNT"));
  const auto kind = kind_of(node.kind);
  if (!kind) return base::fail(unsupported("ALTER " + node.kind));
  // SUSPEND and RESUME of a warehouse need less than its properties do.
  auto found = *kind == ObjectKind::Warehouse ? named(running, *kind, node.name, node.argument_types)
                                              : locate(running, *kind, node.name, node.argument_types);
  if (!found) {
    if (node.if_exists && found.error().kind == base::ErrorKind::NotFound) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  if (*kind == ObjectKind::Warehouse)
    TRY_VOID(running.require(**found, {std::holds_alternative<sql::AlterWords>(node.action) ? "OPERATE" : "MODIFY"}));
  TRY(auto work, running.begin_ddl({(*found)->id}));
  Record record = **found;
  if (const auto* action = std::get_if<sql::RenameTo>(&node.action))
    return rename(running, *work, record, action->name);
  if (const auto* set = std::get_if<sql::SetOptions>(&node.action)) {
    for (const sql::Option& option : set->options) {
      if (option.name.name == "COMMENT") {
        record.comment = option_plain(option.value);
      } else if (option.name.name == "CHANGE_TRACKING" && record.kind == ObjectKind::View) {
        if (option_plain(option.value) != "TRUE")
          return base::fail(unsupported("ALTER VIEW .. SET CHANGE_TRACKING = " + option_plain(option.value)));
        auto context = running.bind_context(*work);
        TRY(auto tables, change::track_view(record, context));
        for (Record& table : tables) TRY_VOID(work->put(std::move(table)));
      } else if (auto* plain = std::get_if<catalog::PlainBody>(&record.body)) {
        std::erase_if(plain->properties, [&](const auto& property) { return property.first == option.name.name; });
        plain->properties.emplace_back(option.name.name, option_sql(option.value));
      }
    }
  } else if (const auto* unset = std::get_if<sql::UnsetOptions>(&node.action)) {
    for (const sql::Identifier& name : unset->names) {
      if (name.name == "COMMENT") record.comment.clear();
      if (auto* plain = std::get_if<catalog::PlainBody>(&record.body))
        std::erase_if(plain->properties, [&](const auto& property) { return property.first == name.name; });
    }
  } else if (const auto* rights = std::get_if<sql::ExecuteAs>(&node.action);
             rights && std::holds_alternative<catalog::ProcedureBody>(record.body)) {
    std::get<catalog::ProcedureBody>(record.body).caller_rights = rights->rights == "CALLER";
  } else if (!(std::holds_alternative<sql::AlterWords>(node.action) && *kind == ObjectKind::Warehouse)) {
    return base::fail(unsupported("this ALTER " + node.kind));
  }
  TRY_VOID(work->put(std::move(record)));
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

base::Result<Outcome> drop(Running& running, const sql::Drop& node) {
  if (node.kind == "TASK") return drop_task(running, node);
  const auto kind = kind_of(node.kind);
  if (!kind) return base::fail(unsupported("DROP " + node.kind));
  TRY(auto parts, running.parts(node.name));
  auto found = locate(running, *kind, node.name, node.argument_types);
  if (!found) {
    const int number = found.error().number;
    if (node.if_exists && (number == 2003 || number == 2043))
      return status(fmt::format("Drop statement executed successfully ({} already dropped).", parts.back()));
    return base::fail(std::move(found).error());
  }
  if ((*found)->kind != *kind)
    return base::fail(compilation_error(1998, "42601",
                                        fmt::format("Object found is of type '{}', not specified type '{}'. ",
                                                    (*found)->kind == ObjectKind::View ? "VIEW" : "TABLE", node.kind)));
  TRY(auto work, running.begin_ddl({(*found)->id}));
  const auto current = work->catalog().find((*found)->id);
  if (!current || current->dropped) return base::fail(catalog::not_found(*kind, parts.back()));
  TRY_VOID(retire(*work, *current, running.context.now));
  if (*kind == ObjectKind::Role) TRY_VOID(inherit_from(running, *work, current->name));
  TRY_VOID(work->commit());
  Session& session = running.session;
  if (session.database == current->id) session.database = session.schema = std::nullopt;
  if (session.schema == current->id) session.schema = std::nullopt;
  return status(fmt::format("{} successfully dropped.", *kind == ObjectKind::Procedure || *kind == ObjectKind::Function
                                                            ? current->name.substr(0, current->name.find('('))
                                                            : current->name));
}

base::Result<Outcome> undrop(Running& running, const sql::Undrop& node) {
  const auto kind = kind_of(node.kind);
  if (!kind) return base::fail(unsupported("UNDROP " + node.kind));
  TRY(auto parts, running.parts(node.name));
  const auto catalog = running.catalog();
  catalog::ObjectId container{};
  std::string name = parts.back();
  if (*kind == ObjectKind::Schema) {
    container = parts.size() > 1 ? catalog::ObjectId{} : running.session.database.value_or(catalog::ObjectId{});
    if (parts.size() > 1) {
      TRY(auto database, catalog::resolve_database(*catalog, running.context.names, parts[0]));
      container = database->id;
    }
  } else if (*kind != ObjectKind::Database) {
    TRY(auto place, catalog::place(*catalog, running.context.names, parts, "UNDROP"));
    container = place.schema;
  }
  if (catalog->find(*kind, container, name)) return base::fail(catalog::already_exists(name));
  auto dropped = catalog->dropped(*kind, container, name);
  std::erase_if(dropped, [&](const catalog::RecordPtr& record) { return !running.sees(*record); });
  if (dropped.empty())
    return base::fail(compilation_error(2003, "02000",
                                        fmt::format("{} {} did not exist or was purged.", catalog::noun(*kind), name)));
  TRY_VOID(running.require(*dropped.front(), {"OWNERSHIP"}));
  TRY(auto work, running.begin_ddl({dropped.front()->id}));
  Record record = *dropped.front();
  record.dropped.reset();
  TRY_VOID(work->put(std::move(record)));
  TRY_VOID(work->commit());
  return status(fmt::format("{} {} successfully restored.", catalog::noun(*kind), name));
}

base::Result<Outcome> comment_on(Running& running, const sql::CommentOn& node) {
  if (node.kind == "COLUMN") {
    sql::ObjectName table = node.name;
    if (table.parts.size() < 2)
      return base::fail(compilation_error(1003, "42000", "COMMENT ON COLUMN needs table.column"));
    const std::string column_name = table.parts.back().name;
    table.parts.pop_back();
    TRY(auto found, locate(running, ObjectKind::Table, table, {}));
    TRY(auto work, running.begin_ddl({found->id}));
    Record record = *found;
    auto* body = std::get_if<TableBody>(&record.body);
    Column* column = body ? column_named(*body, column_name) : nullptr;
    if (!column) return base::fail(no_column(column_name));
    column->comment = node.comment;
    TRY_VOID(work->put(std::move(record)));
    TRY_VOID(work->commit());
    return status(std::string(kExecuted));
  }
  const auto kind = kind_of(node.kind);
  if (!kind) return base::fail(unsupported("COMMENT ON " + node.kind));
  auto found = locate(running, *kind, node.name, node.argument_types);
  if (!found) {
    if (node.if_exists && found.error().kind == base::ErrorKind::NotFound) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  TRY(auto work, running.begin_ddl({(*found)->id}));
  Record record = **found;
  record.comment = node.comment;
  TRY_VOID(work->put(std::move(record)));
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

}  // namespace exec
