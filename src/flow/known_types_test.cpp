#include "flow/known_types.h"

#include <gmock/gmock.h>

#include "flow/description.h"

namespace flow {
namespace {

using ::testing::HasSubstr;

TEST(KnownTypesTest, WhatDoesTheSameIsTold) {
  EXPECT_EQ(not_implemented("x.TurnIntoGold", "g:a:1"), "type x.TurnIntoGold (g:a:1) is not implemented");
  struct Case {
    std::string_view type, instead;
  };
  for (const Case& c : std::to_array<Case>({
           {"PutSnowpipeStreaming", "PutDatabaseRecord"},
           {"PutSnowpipeStreaming2", "StartSnowflakeIngest"},
           {"PutSnowflakeInternalStageFile", "PutSnowflakeInternalStage"},
           {"ConsumeSnowflakeStream", "ExecuteSQLRecord"},
           {"MergeSnowflakeJournalTable", "PutSQL"},
           {"ConvertAvroToJSON", "JsonRecordSetWriter"},
           {"ConvertAvroToParquet", "ParquetRecordSetWriter"},
           {"ConvertCSVToAvro", "CSVReader"},
           {"ConvertJSONToAvro", "ConvertRecord"},
           {"ConvertJSONToSQL", "PutDatabaseRecord"},
           {"DistributeLoad", "RouteOnAttribute"},
           {"ExecuteGroovyScript", "ExecuteStreamCommand"},
           {"ExecuteScript", "ExecuteStreamCommand"},
           {"FlattenJson", "JoltTransformJSON"},
           {"GenerateRecord", "GenerateFlowFile"},
           {"GetHTTP", "InvokeHTTP"},
           {"InferAvroSchema", "JsonTreeReader"},
           {"LookupAttribute", "UpdateAttribute"},
           {"PostHTTP", "InvokeHTTP"},
           {"ScriptedTransformRecord", "JoltTransformRecord"},
           {"SplitAvro", "SplitRecord"},
           {"DistributedMapCacheLookupService", "SimpleKeyValueLookupService"},
           {"PropertiesFileLookupService", "SimpleCsvFileLookupService"},
           {"ReaderLookup", "RouteOnAttribute"},
       })) {
    const auto type = "org.example." + std::string(c.type);
    EXPECT_THAT(not_implemented(type, "b"), HasSubstr("type " + type + " (b) is not implemented: it is "));
    EXPECT_THAT(not_implemented(type, "b"), HasSubstr(std::string(c.instead)));
    // Nothing is said of what is there, and what is named instead is there.
    EXPECT_EQ(find_description(c.type), nullptr);
    EXPECT_EQ(find_description(c.type, service_descriptions()), nullptr);
    EXPECT_TRUE(find_description(c.instead) != nullptr ||
                find_description(c.instead, service_descriptions()) != nullptr);
  }
}

}  // namespace
}  // namespace flow
