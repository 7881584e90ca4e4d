#include "flow/known_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace flow {
namespace {

struct KnownType {
  std::string_view name;  // the last part of its class
  std::string_view told;
};

// Those of Openflow, Snowflake's hosted NiFi, by its documentation; others of NiFi.
constexpr KnownType kKnown[] = {
    {"PutSnowpipeStreaming",
     "a processor of Snowflake Openflow that streams records into a table over Snowpipe Streaming, which is not "
     "offered "
     "here; PutDatabaseRecord with a SnowflakeComputingConnectionPool writes records into a table of the warehouse"},
    {"PutSnowpipeStreaming2",
     "a processor of Snowflake Openflow that streams JSON lines into a table over Snowpipe Streaming, which is not "
     "offered here; PutDatabaseRecord with a JsonTreeReader and a SnowflakeComputingConnectionPool writes them, or "
     "PutSnowflakeInternalStage and StartSnowflakeIngest load them by a pipe"},
    {"PutSnowflakeInternalStageFile",
     "a processor of Snowflake Openflow that puts a content into an internal stage; PutSnowflakeInternalStage does so "
     "here, with CompressContent before it where 'Compression Enabled' is true; the file's name is its own"},
    {"ConsumeSnowflakeStream",
     "a processor of Snowflake Openflow that reads the changes of a stream; ExecuteSQLRecord with a "
     "SnowflakeComputingConnectionPool and 'SELECT * FROM stream' reads them here, and a statement that writes from "
     "the "
     "stream moves its offset"},
    {"MergeSnowflakeJournalTable",
     "a processor of Snowflake Openflow that merges a journal table into its table; PutSQL with a MERGE statement, or "
     "a "
     "task of the warehouse, does so here"},
};

}  // namespace

std::string not_implemented(std::string_view type, std::string_view bundle) {
  const auto name = type.substr(type.rfind('.') + 1);
  const auto known = std::ranges::find(kKnown, name, &KnownType::name);
  auto text = fmt::format("type {} ({}) is not implemented", type, bundle);
  return known == std::end(kKnown) ? text : fmt::format("{}: it is {}", text, known->told);
}

}  // namespace flow
