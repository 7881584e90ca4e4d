#include <algorithm>
#include <array>

#include "flow/description.h"
#include "flow/processors/attributes_to_json.h"
#include "flow/processors/compress_content.h"
#include "flow/processors/consume_kafka.h"
#include "flow/processors/control_rate.h"
#include "flow/processors/convert_character_set.h"
#include "flow/processors/convert_record.h"
#include "flow/processors/cryptographic_hash_content.h"
#include "flow/processors/delete_s3_object.h"
#include "flow/processors/detect_duplicate.h"
#include "flow/processors/duplicate_flow_file.h"
#include "flow/processors/evaluate_json_path.h"
#include "flow/processors/execute_process.h"
#include "flow/processors/execute_sql.h"
#include "flow/processors/execute_stream_command.h"
#include "flow/processors/extract_text.h"
#include "flow/processors/fetch_file.h"
#include "flow/processors/fetch_s3_object.h"
#include "flow/processors/fetch_sftp.h"
#include "flow/processors/fork_record.h"
#include "flow/processors/generate_flow_file.h"
#include "flow/processors/generate_table_fetch.h"
#include "flow/processors/get_file.h"
#include "flow/processors/get_sftp.h"
#include "flow/processors/handle_http_request.h"
#include "flow/processors/handle_http_response.h"
#include "flow/processors/hash_content.h"
#include "flow/processors/invoke_http.h"
#include "flow/processors/jolt_transform_json.h"
#include "flow/processors/jolt_transform_record.h"
#include "flow/processors/list_file.h"
#include "flow/processors/list_s3.h"
#include "flow/processors/list_sftp.h"
#include "flow/processors/listen_http.h"
#include "flow/processors/log_attribute.h"
#include "flow/processors/log_message.h"
#include "flow/processors/lookup_record.h"
#include "flow/processors/merge_content.h"
#include "flow/processors/merge_record.h"
#include "flow/processors/modify_compression.h"
#include "flow/processors/monitor_activity.h"
#include "flow/processors/notify.h"
#include "flow/processors/partition_record.h"
#include "flow/processors/publish_kafka.h"
#include "flow/processors/put_database_record.h"
#include "flow/processors/put_file.h"
#include "flow/processors/put_s3_object.h"
#include "flow/processors/put_sftp.h"
#include "flow/processors/put_sql.h"
#include "flow/processors/query_database_table.h"
#include "flow/processors/query_record.h"
#include "flow/processors/replace_text.h"
#include "flow/processors/replace_text_with_mapping.h"
#include "flow/processors/retry_flow_file.h"
#include "flow/processors/route_on_attribute.h"
#include "flow/processors/route_on_content.h"
#include "flow/processors/route_text.h"
#include "flow/processors/snowflake.h"
#include "flow/processors/split_json.h"
#include "flow/processors/split_record.h"
#include "flow/processors/split_text.h"
#include "flow/processors/tag_s3_object.h"
#include "flow/processors/tail_file.h"
#include "flow/processors/unpack_content.h"
#include "flow/processors/update_attribute.h"
#include "flow/processors/update_record.h"
#include "flow/processors/validate_csv.h"
#include "flow/processors/validate_record.h"
#include "flow/processors/wait.h"

namespace flow {
namespace {

// One a line, sorted.
constexpr std::array kAll{
    &kAttributesToJson,           //
    &kCompressContent,            //
    &kConsumeKafka,               //
    &kConsumeKafka10,             //
    &kConsumeKafka20,             //
    &kConsumeKafka26,             //
    &kConsumeKafkaRecord10,       //
    &kConsumeKafkaRecord20,       //
    &kConsumeKafkaRecord26,       //
    &kControlRate,                //
    &kConvertCharacterSet,        //
    &kConvertRecord,              //
    &kCryptographicHashContent,   //
    &kDeleteS3Object,             //
    &kDetectDuplicate,            //
    &kDuplicateFlowFile,          //
    &kEvaluateJsonPath,           //
    &kExecuteProcess,             //
    &kExecuteSql,                 //
    &kExecuteSqlRecord,           //
    &kExecuteStreamCommand,       //
    &kExtractText,                //
    &kFetchFile,                  //
    &kFetchS3Object,              //
    &kFetchSftp,                  //
    &kForkRecord,                 //
    &kGenerateFlowFile,           //
    &kGenerateTableFetch,         //
    &kGetFile,                    //
    &kGetSftp,                    //
    &kGetSnowflakeIngestStatus,   //
    &kHandleHttpRequest,          //
    &kHandleHttpResponse,         //
    &kHashContent,                //
    &kInvokeHttp,                 //
    &kJoltTransformJson,          //
    &kJoltTransformRecord,        //
    &kListFile,                   //
    &kListS3,                     //
    &kListSftp,                   //
    &kListenHttp,                 //
    &kLogAttribute,               //
    &kLogMessage,                 //
    &kLookupRecord,               //
    &kMergeContent,               //
    &kMergeRecord,                //
    &kModifyCompression,          //
    &kMonitorActivity,            //
    &kNotify,                     //
    &kPartitionRecord,            //
    &kPublishKafka,               //
    &kPublishKafka10,             //
    &kPublishKafka20,             //
    &kPublishKafka26,             //
    &kPublishKafkaRecord10,       //
    &kPublishKafkaRecord20,       //
    &kPublishKafkaRecord26,       //
    &kPutDatabaseRecord,          //
    &kPutFile,                    //
    &kPutS3Object,                //
    &kPutSftp,                    //
    &kPutSnowflakeInternalStage,  //
    &kPutSql,                     //
    &kQueryDatabaseTable,         //
    &kQueryDatabaseTableRecord,   //
    &kQueryRecord,                //
    &kReplaceText,                //
    &kReplaceTextWithMapping,     //
    &kRetryFlowFile,              //
    &kRouteOnAttribute,           //
    &kRouteOnContent,             //
    &kRouteText,                  //
    &kSplitJson,                  //
    &kSplitRecord,                //
    &kSplitText,                  //
    &kStartSnowflakeIngest,       //
    &kTagS3Object,                //
    &kTailFile,                   //
    &kUnpackContent,              //
    &kUpdateAttribute,            //
    &kUpdateRecord,               //
    &kValidateCsv,                //
    &kValidateRecord,             //
    &kWait,                       //
};

}  // namespace

std::span<const Description* const> descriptions() { return kAll; }

const Description* find_description(std::string_view type, std::span<const Description* const> among) {
  const auto is = [&](const Description& description, auto&& named) {
    return named(description.type) || std::ranges::any_of(description.aliases, named);
  };
  for (const auto* description : among)
    if (is(*description, [&](std::string_view name) { return name == type; })) return description;
  // MiNiFi and hand-written files say the last part only.
  if (type.find('.') != std::string_view::npos) return nullptr;
  for (const auto* description : among)
    if (is(*description, [&](std::string_view name) { return name.substr(name.rfind('.') + 1) == type; }))
      return description;
  return nullptr;
}

}  // namespace flow
