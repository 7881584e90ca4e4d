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

// Those of Openflow, Snowflake's hosted NiFi, by its documentation.
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
    // Of NiFi: what people's flows have, and what does it here.
    {"ConvertAvroToJSON",
     "replaced in NiFi itself, and gone from NiFi 2; ConvertRecord with an AvroReader and a JsonRecordSetWriter does "
     "the same"},
    {"ConvertAvroToParquet",
     "a converter; ConvertRecord with an AvroReader and a ParquetRecordSetWriter does the same"},
    {"ConvertCSVToAvro",
     "replaced in NiFi itself, and gone from NiFi 2; ConvertRecord with a CSVReader and an AvroRecordSetWriter does "
     "the same"},
    {"ConvertJSONToAvro",
     "replaced in NiFi itself, and gone from NiFi 2; ConvertRecord with a JsonTreeReader and an AvroRecordSetWriter "
     "does the same"},
    {"ConvertJSONToSQL",
     "a maker of statements for PutSQL, gone from NiFi 2; PutDatabaseRecord with a JsonTreeReader writes the same rows "
     "without them"},
    {"DistributeLoad",
     "a sharing out of flowfiles; RouteOnAttribute with one property ${nextInt():mod(2):equals(0)} sends every other "
     "one there, and the rest to unmatched"},
    {"ExecuteGroovyScript",
     "a script in Java's machine; ExecuteStreamCommand gives contents to a program of any language"},
    {"ExecuteScript", "a script in Java's machine; ExecuteStreamCommand gives contents to a program of any language"},
    {"FlattenJson", "a flattening of JSON; JoltTransformJSON does so with a shift"},
    {"GenerateRecord",
     "a maker of records; GenerateFlowFile makes those of its Custom Text, and ExecuteProcess what a generator prints, "
     "as freshet gen does"},
    {"GetHTTP", "replaced in NiFi itself, and gone from NiFi 2; InvokeHTTP does the same"},
    {"InferAvroSchema",
     "replaced in NiFi itself, and gone from NiFi 2; a CSVReader or JsonTreeReader infers the schema of what it reads"},
    {"LookupAttribute",
     "a lookup that sets attributes; UpdateAttribute sets them by rules, and LookupRecord looks up for records"},
    {"PostHTTP", "replaced in NiFi itself, and gone from NiFi 2; InvokeHTTP does the same"},
    {"ScriptedTransformRecord",
     "a script in Java's machine; UpdateRecord changes fields by paths and expressions, and JoltTransformRecord whole "
     "records"},
    {"SplitAvro", "a splitter of Avro files; SplitRecord with an AvroReader and an AvroRecordSetWriter does the same"},
    {"DistributedMapCacheLookupService",
     "a lookup in a map cache; SimpleKeyValueLookupService and SimpleCsvFileLookupService have such pairs, too"},
    {"PropertiesFileLookupService",
     "a lookup in a file of properties; SimpleCsvFileLookupService has the same pairs in a file of CSV"},
    {"ReaderLookup",
     "a choice among readers by an attribute; RouteOnAttribute before processors that have one reader each does the "
     "same"},
};

}  // namespace

std::string not_implemented(std::string_view type, std::string_view bundle) {
  const auto name = type.substr(type.rfind('.') + 1);
  const auto known = std::ranges::find(kKnown, name, &KnownType::name);
  auto text = fmt::format("type {} ({}) is not implemented", type, bundle);
  return known == std::end(kKnown) ? text : fmt::format("{}: it is {}", text, known->told);
}

}  // namespace flow
