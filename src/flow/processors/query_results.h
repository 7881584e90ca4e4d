#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "flow/database/database.h"
#include "flow/database/result_records.h"
#include "flow/description.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/record/writer.h"

namespace flow {

constexpr Property kConnectionPool{
    .name = "Database Connection Pooling Service", .required = true, .service = "org.apache.nifi.dbcp.DBCPService"};

// NiFi 2.7 renamed the property of those that write Avro, and left it for those with a record writer.
constexpr std::string_view kNormalizeNames = "Normalize Table and Column Names";
constexpr std::string_view kNormalizeNamesOfRecords = "Normalize Table/Column Names";
bool normalizes_names(const Configuration& configuration);

constexpr Property kUseLogicalTypes{.name = "Use Avro Logical Types",
                                    .old_name = "dbf-user-logical-types",
                                    .help = "Whether decimals, dates and times are such, or texts",
                                    .fallback = "false",
                                    .required = true,
                                    .kind = Property::Kind::Boolean};
constexpr Allowed kAvroCompressions[] = {{"BZIP2"}, {"DEFLATE"}, {"NONE"}, {"SNAPPY"}, {"LZO", {}, false}};
constexpr Allowed kDatabaseTypes[] = {{"Generic"},      {"Oracle"},      {"Oracle 12+"},
                                      {"MS SQL 2012+"}, {"MS SQL 2008"}, {"MySQL"},
                                      {"PostgreSQL"},   {"Phoenix"},     {"Database Dialect Service", {}, false}};
constexpr Allowed kTruths[] = {{"true"}, {"false"}};

/// A whole number from 0 on, or a time as whole seconds, that a property was evaluated to. Errors: InvalidValue with
/// the property named.
base::Result<std::uint64_t> parse_count(const Configuration& configuration, std::string_view property,
                                        std::string_view text);
base::Result<int> parse_wait_seconds(const Configuration& configuration, std::string_view property,
                                     std::string_view text);

/// Writes the rows of a query into flowfiles: as Avro, or as the writer of the configuration does.
class QueryResults {
 public:
  /// `compression`: of Avro; `writer`: null for Avro.
  QueryResults(std::shared_ptr<record::WriterFactory> writer, std::string_view compression);

  using OnRow = std::function<void(std::span<const record::Value>)>;
  /// The next rows, at most `most` of them (0: all). `file`: whose attributes the writer may ask for. Answers with
  /// their number, and gives the content to `into`.
  base::Result<std::uint64_t> write(Session& session, const FlowFile& file, FlowFile& into, database::Rows& rows,
                                    const database::ResultOptions& options, std::uint64_t most,
                                    const OnRow& on_row = {}) const;
  /// What stands for a statement without a result.
  base::Status write_nothing(Session& session, FlowFile& into) const;

 private:
  std::shared_ptr<record::WriterFactory> writer_;
  bool is_avro_;
};

}  // namespace flow
