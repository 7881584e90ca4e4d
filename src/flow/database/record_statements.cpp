#include "flow/database/record_statements.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace flow::database {
namespace {

using Place = PreparedRecordStatement::Place;

base::Failure<base::Error> wrong(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

class Preparation {
 public:
  Preparation(std::string_view name, const Table& table, const record::Schema& schema,
              const RecordStatementOptions& options)
      : name_(name), table_(table), schema_(schema), options_(options) {}

  base::Result<PreparedRecordStatement> prepare(RecordStatement kind) {
    TRY_VOID(match(kind));
    switch (kind) {
      case RecordStatement::Insert: insert("INSERT INTO"); break;
      case RecordStatement::InsertIgnore:
      case RecordStatement::Upsert: TRY_VOID(upsert(kind)); break;
      case RecordStatement::Update: TRY_VOID(update()); break;
      case RecordStatement::Delete: TRY_VOID(remove()); break;
    }
    return std::move(result_);
  }

 private:
  std::string normal(std::string_view name) const {
    return options_.normalize ? options_.normalize(name) : std::string(name);
  }
  std::string spelled(const TableColumn& column) const {
    return options_.quotes_columns ? fmt::format("{0}{1}{0}", options_.quote, column.name) : column.name;
  }
  std::string columns_text() const {
    std::string names;
    for (const auto& column : table_.columns) names += (names.empty() ? "" : ",") + normal(column.name);
    return fmt::format("{}Columns: {}", options_.normalize ? "Normalized " : "", names);
  }

  /// Which column each field goes to.
  base::Status match(RecordStatement kind) {
    std::set<std::string> fields;
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      const auto name = normal(schema_[i].name);
      fields.insert(name);
      const auto column =
          std::ranges::find(table_.columns, name, [&](const TableColumn& each) { return normal(each.name); });
      if (column != table_.columns.end())
        places_.push_back({i, &*column});
      else if (options_.fails_for_fields)
        return wrong(
            fmt::format("Cannot map field '{}' to any column in the database\n{}", schema_[i].name, columns_text()));
    }
    if (kind != RecordStatement::Update)
      for (const auto& column : table_.columns) {
        if (!column.required || fields.contains(normal(column.name))) continue;
        auto message = fmt::format("Record does not have a value for the Required column '{}'", column.name);
        if (options_.columns == Unmatched::Fail) return wrong(std::move(message));
        if (options_.columns == Unmatched::Warn) result_.warnings.push_back(std::move(message));
      }
    if (places_.empty())
      return wrong(fmt::format("None of the fields in the record map to the columns defined by the {} table\n{}", name_,
                               columns_text()));
    return {};
  }

  base::Result<std::set<std::string>> keys() const {
    const auto& names = options_.update_keys.empty() ? table_.keys : options_.update_keys;
    if (names.empty())
      return wrong(
          fmt::format("Table '{}' not found or does not have a Primary Key and no Update Keys were specified", name_));
    std::set<std::string> keys;
    for (const auto& name : names) {
      auto key = normal(name);
      if (std::ranges::none_of(places_, [&](const Place& place) { return normal(place.column->name) == key; }))
        return wrong(fmt::format("Record does not have a value for the {} column '{}'",
                                 options_.update_keys.empty() ? "Primary Key" : "Update Key", name));
      keys.insert(std::move(key));
    }
    return keys;
  }

  std::string joined(const std::vector<Place>& places, std::string_view between, const auto& text) const {
    std::string out;
    for (const auto& place : places) out += (out.empty() ? "" : std::string(between)) + text(place);
    return out;
  }

  void insert(std::string_view verb) {
    result_.sql = fmt::format("{} {} ({}) VALUES ({})", verb, name_,
                              joined(places_, ", ", [&](const Place& place) { return spelled(*place.column); }),
                              joined(places_, ",", [](const Place&) { return std::string("?"); }));
    result_.parameters = places_;
  }

  base::Status upsert(RecordStatement kind) {
    const bool ignores = kind == RecordStatement::InsertIgnore;
    TRY(const auto key_names, keys());
    if (options_.dialect == Dialect::MySql) {
      insert(ignores ? "INSERT IGNORE INTO" : "INSERT INTO");
      if (ignores) return {};
      result_.sql += " ON DUPLICATE KEY UPDATE " +
                     joined(places_, ", ", [&](const Place& place) { return spelled(*place.column) + " = ?"; });
      result_.parameters.insert(result_.parameters.end(), places_.begin(), places_.end());
      return {};
    }
    insert("INSERT INTO");
    std::vector<Place> key_places, others;
    for (const auto& place : places_)
      (key_names.contains(normal(place.column->name)) ? key_places : others).push_back(place);
    const auto name = [&](const Place& place) { return spelled(*place.column); };
    result_.sql += fmt::format(" ON CONFLICT ({}) DO ", joined(key_places, ", ", name));
    if (ignores)
      result_.sql += "NOTHING";
    else
      result_.sql += "UPDATE SET " + joined(others.empty() ? places_ : others, ", ", [&](const Place& place) {
                       return fmt::format("{0} = EXCLUDED.{0}", spelled(*place.column));
                     });
    return {};
  }

  base::Status update() {
    TRY(const auto key_names, keys());
    std::vector<Place> set, where;
    for (const auto& place : places_) (key_names.contains(normal(place.column->name)) ? where : set).push_back(place);
    if (set.empty()) return wrong("Record has no field to update beside the Update Keys");
    const auto equals = [&](const Place& place) { return spelled(*place.column) + " = ?"; };
    result_.sql =
        fmt::format("UPDATE {} SET {} WHERE {}", name_, joined(set, ", ", equals), joined(where, " AND ", equals));
    result_.parameters = std::move(set);
    result_.parameters.insert(result_.parameters.end(), where.begin(), where.end());
    return {};
  }

  base::Status remove() {
    std::vector<Place> where;
    for (const auto& place : places_)
      if (options_.delete_keys.empty() || std::ranges::count(options_.delete_keys, schema_[place.field].name) > 0)
        where.push_back(place);
    if (where.empty()) return wrong("Record has none of the Delete Keys");
    // What may be null is compared so that null equals null.
    result_.sql = fmt::format("DELETE FROM {} WHERE {}", name_, joined(where, " AND ", [&](const Place& place) {
                                const auto column = spelled(*place.column);
                                return place.column->nullable
                                           ? fmt::format("({0} = ? OR ({0} is null AND ? is null))", column)
                                           : fmt::format("({} = ?)", column);
                              }));
    for (const auto& place : where)
      result_.parameters.insert(result_.parameters.end(), place.column->nullable ? 2 : 1, place);
    return {};
  }

  const std::string_view name_;
  const Table& table_;
  const record::Schema& schema_;
  const RecordStatementOptions& options_;
  std::vector<Place> places_;
  PreparedRecordStatement result_;
};

}  // namespace

std::optional<RecordStatement> record_statement_named(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (upper == "INSERT") return RecordStatement::Insert;
  if (upper == "INSERT_IGNORE") return RecordStatement::InsertIgnore;
  if (upper == "UPDATE") return RecordStatement::Update;
  if (upper == "UPSERT") return RecordStatement::Upsert;
  if (upper == "DELETE") return RecordStatement::Delete;
  return std::nullopt;
}

base::Result<PreparedRecordStatement> prepare_record_statement(RecordStatement kind, std::string_view name,
                                                               const Table& table, const record::Schema& schema,
                                                               const RecordStatementOptions& options) {
  return Preparation(name, table, schema, options).prepare(kind);
}

bool is_supported(RecordStatement kind, Dialect dialect) {
  const bool special = kind == RecordStatement::Upsert || kind == RecordStatement::InsertIgnore;
  return !special || dialect == Dialect::MySql || dialect == Dialect::PostgreSql;
}

}  // namespace flow::database
