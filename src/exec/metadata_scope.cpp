#include "exec/metadata_scope.h"

#include <algorithm>

#include "exec/rows.h"

namespace exec {

using catalog::LogicalType;

base::Result<MetadataScope> MetadataScope::of(Running& running, engine::Work& work,
                                              std::optional<catalog::ObjectId> database) {
  MetadataScope scope(running, work, database);
  const auto read = [&](const std::string& sql, std::map<catalog::ObjectId, base::Instant>& into) -> base::Status {
    TRY(const auto rows, work.query(sql, {{.name = "ID", .type = LogicalType::number()},
                                          {.name = "AT", .type = LogicalType::number()}}));
    for (std::uint64_t row = 0; row < rows->row_count(); ++row) {
      const auto whole = [&](std::size_t column) {
        return static_cast<std::int64_t>(std::get<engine::Decimal>(rows->value(row, column)).digits);
      };
      into[catalog::ObjectId{static_cast<std::uint64_t>(whole(0))}] = base::Instant{whole(1)};
    }
    return {};
  };
  TRY_VOID(read(
      "SELECT c.id, max(k.at_ns) FROM meta.catalog AS c JOIN meta.commits AS k ON c.version = k.version GROUP BY c.id",
      scope.defined_));
  TRY_VOID(
      read("SELECT CAST(t.id AS BIGINT), max(t.at_ns) FROM (SELECT unnest(string_split(tables, ',')) AS id, at_ns FROM "
           "meta.commits WHERE tables <> '') AS t GROUP BY 1",
           scope.changed_));
  return scope;
}

std::optional<MetadataScope::Home> MetadataScope::home_of(const catalog::Record& record) const {
  const auto schema = work_.catalog().find(record.container);
  const auto database = schema ? work_.catalog().find(schema->container) : nullptr;
  if (!database || (database_ && database->id != *database_)) return std::nullopt;
  return Home{.database = database->name, .schema = schema->name};
}

std::vector<std::pair<catalog::RecordPtr, MetadataScope::Home>> MetadataScope::objects(catalog::ObjectKind kind) const {
  std::vector<std::pair<catalog::RecordPtr, Home>> found;
  for (const catalog::RecordPtr& record : work_.catalog().list(kind, std::nullopt, running_.context.session)) {
    if (record->kind != kind || !running_.sees(*record)) continue;
    const auto schema = work_.catalog().find(record->container);
    if (schema && !running_.sees(*schema)) continue;
    if (auto home = home_of(*record)) found.emplace_back(record, *std::move(home));
  }
  std::ranges::sort(found, {},
                    [](const auto& one) { return std::tie(one.second.database, one.second.schema, one.first->name); });
  return found;
}

engine::Value MetadataScope::last_ddl(const catalog::Record& record) const {
  const auto found = defined_.find(record.id);
  return found == defined_.end() ? engine::Value() : ltz(found->second);
}

engine::Value MetadataScope::last_altered(const catalog::Record& record) const {
  const auto found = changed_.find(record.id);
  const auto defined = defined_.find(record.id);
  if (found == changed_.end()) return last_ddl(record);
  return ltz(defined == defined_.end() ? found->second : std::max(found->second, defined->second));
}

}  // namespace exec
