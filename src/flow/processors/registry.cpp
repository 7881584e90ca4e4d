#include <algorithm>
#include <array>

#include "flow/description.h"
#include "flow/processors/compress_content.h"
#include "flow/processors/execute_process.h"
#include "flow/processors/execute_stream_command.h"
#include "flow/processors/fetch_file.h"
#include "flow/processors/generate_flow_file.h"
#include "flow/processors/get_file.h"
#include "flow/processors/list_file.h"
#include "flow/processors/log_attribute.h"
#include "flow/processors/log_message.h"
#include "flow/processors/merge_content.h"
#include "flow/processors/modify_compression.h"
#include "flow/processors/put_file.h"
#include "flow/processors/put_s3_object.h"
#include "flow/processors/replace_text.h"
#include "flow/processors/route_on_attribute.h"
#include "flow/processors/split_text.h"
#include "flow/processors/tail_file.h"
#include "flow/processors/update_attribute.h"

namespace flow {
namespace {

// One a line, sorted.
constexpr std::array kAll{
    &kCompressContent,  //
    &kExecuteProcess,  //
    &kExecuteStreamCommand,  //
    &kFetchFile,  //
    &kGenerateFlowFile,  //
    &kGetFile,  //
    &kListFile,  //
    &kLogAttribute,  //
    &kLogMessage,  //
    &kMergeContent,  //
    &kModifyCompression,  //
    &kPutFile,  //
    &kPutS3Object,  //
    &kReplaceText,  //
    &kRouteOnAttribute,  //
    &kSplitText,  //
    &kTailFile,  //
    &kUpdateAttribute,  //
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
