#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "exec/running.h"

namespace exec {

/// The queue that SHOW and metadata name for pipes with AUTO_INGEST.
inline constexpr std::string_view kNotificationChannel = "arn:aws:sqs:local:000000000000:freshet";

/// The objects that a metadata view lists: those of one database, or of all.
class MetadataScope {
 public:
  struct Home {
    std::string database, schema;
  };
  static base::Result<MetadataScope> of(Running& running, engine::Work& work,
                                        std::optional<catalog::ObjectId> database);

  /// Live objects of that kind which the session may see, by database, schema and name.
  std::vector<std::pair<catalog::RecordPtr, Home>> objects(catalog::ObjectKind kind) const;
  std::optional<Home> home_of(const catalog::Record& record) const;  // nothing: elsewhere
  /// When the record was last written; NULL when that is no longer known.
  engine::Value last_ddl(const catalog::Record& record) const;
  /// The same, or when its rows last changed.
  engine::Value last_altered(const catalog::Record& record) const;

 private:
  MetadataScope(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database)
      : running_(running), work_(work), database_(database) {}

  Running& running_;
  engine::Work& work_;
  std::optional<catalog::ObjectId> database_;
  std::map<catalog::ObjectId, base::Instant> defined_, changed_;
};

}  // namespace exec
