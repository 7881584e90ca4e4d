#include <array>

#include "flow/description.h"
#include "flow/processors/fetch_file.h"
#include "flow/processors/generate_flow_file.h"
#include "flow/processors/get_file.h"
#include "flow/processors/list_file.h"
#include "flow/processors/log_attribute.h"
#include "flow/processors/put_s3_object.h"
#include "flow/processors/route_on_attribute.h"
#include "flow/processors/update_attribute.h"

namespace flow {
namespace {

constexpr std::array kAll{&kFetchFile,    &kGenerateFlowFile, &kGetFile,          &kListFile,
                          &kLogAttribute, &kPutS3Object,      &kRouteOnAttribute, &kUpdateAttribute};

}  // namespace

std::span<const Description* const> descriptions() { return kAll; }

const Description* find_description(std::string_view type) {
  for (const auto* description : kAll)
    if (description->type == type) return description;
  // MiNiFi and hand-written files say the last part only.
  for (const auto* description : kAll)
    if (type.find('.') == std::string_view::npos && description->short_type() == type) return description;
  return nullptr;
}

}  // namespace flow
