#include "flow/format/text_shapes.h"

namespace flow {
namespace {

namespace json = boost::json;

json::object port_defaults(std::string_view type) {
  return {{"type", type},
          {"concurrentlySchedulableTaskCount", 1},
          {"scheduledState", "ENABLED"},
          {"allowRemoteAccess", false},
          {"portFunction", "STANDARD"},
          {"comments", ""}};
}

}  // namespace

std::span<const TextShape> text_shapes() {
  static const std::vector<TextShape> kShapes{
      {.list = "controllerServices",
       .type = "CONTROLLER_SERVICE",
       .is_end = false,
       .configured = true,
       .defaults =
           {{"comments", ""}, {"annotationData", ""}, {"bulletinLevel", "WARN"}, {"scheduledState", "ENABLED"}}},
      {.list = "processors",
       .type = "PROCESSOR",
       .is_end = true,
       .configured = true,
       .defaults = {{"comments", ""},
                    {"annotationData", ""},
                    {"bulletinLevel", "WARN"},
                    {"schedulingPeriod", "0 sec"},
                    {"schedulingStrategy", "TIMER_DRIVEN"},
                    {"executionNode", "ALL"},
                    {"penaltyDuration", "30 sec"},
                    {"yieldDuration", "1 sec"},
                    {"runDurationMillis", 0},
                    {"concurrentlySchedulableTaskCount", 1},
                    {"autoTerminatedRelationships", json::array{}},
                    {"scheduledState", "ENABLED"},
                    {"retryCount", 10},
                    {"retriedRelationships", json::array{}},
                    {"backoffMechanism", "PENALIZE_FLOWFILE"},
                    {"maxBackoffPeriod", "10 mins"}}},
      {.list = "inputPorts",
       .type = "INPUT_PORT",
       .is_end = true,
       .configured = false,
       .defaults = port_defaults("INPUT_PORT")},
      {.list = "outputPorts",
       .type = "OUTPUT_PORT",
       .is_end = true,
       .configured = false,
       .defaults = port_defaults("OUTPUT_PORT")},
      {.list = "funnels", .type = "FUNNEL", .is_end = true, .configured = false, .defaults = {}},
      {.list = "labels", .type = "LABEL", .is_end = false, .configured = false, .defaults = {}},
      {.list = "remoteProcessGroups",
       .type = "REMOTE_PROCESS_GROUP",
       .is_end = true,
       .configured = false,
       .defaults = {{"comments", ""}}}};
  return kShapes;
}

std::span<const TextShape> remote_port_shapes() {
  static const std::vector<TextShape> kShapes{{.list = "inputPorts",
                                               .type = "REMOTE_INPUT_PORT",
                                               .is_end = true,
                                               .configured = false,
                                               .defaults = {{"comments", ""}}},
                                              {.list = "outputPorts",
                                               .type = "REMOTE_OUTPUT_PORT",
                                               .is_end = true,
                                               .configured = false,
                                               .defaults = {{"comments", ""}}}};
  return kShapes;
}

const TextShape& connection_shape() {
  static const TextShape kShape{.list = "connections",
                                .type = "CONNECTION",
                                .is_end = false,
                                .configured = false,
                                .defaults = {{"name", ""},
                                             {"comments", ""},
                                             {"backPressureObjectThreshold", 10'000},
                                             {"backPressureDataSizeThreshold", "1 GB"},
                                             {"flowFileExpiration", "0 sec"},
                                             {"prioritizers", json::array{}},
                                             {"loadBalanceStrategy", "DO_NOT_LOAD_BALANCE"},
                                             {"partitioningAttribute", ""},
                                             {"loadBalanceCompression", "DO_NOT_COMPRESS"}}};
  return kShape;
}

const TextShape& group_shape() {
  static const TextShape kShape{.list = "processGroups",
                                .type = "PROCESS_GROUP",
                                .is_end = true,
                                .configured = false,
                                .defaults = {{"comments", ""},
                                             {"defaultFlowFileExpiration", "0 sec"},
                                             {"defaultBackPressureObjectThreshold", 10'000},
                                             {"defaultBackPressureDataSizeThreshold", "1 GB"},
                                             {"scheduledState", "ENABLED"},
                                             {"executionEngine", "INHERITED"},
                                             {"maxConcurrentTasks", 1},
                                             {"statelessFlowTimeout", "1 min"},
                                             {"flowFileConcurrency", "UNBOUNDED"},
                                             {"flowFileOutboundPolicy", "STREAM_WHEN_AVAILABLE"}}};
  return kShape;
}

std::span<const std::string_view> layout_members() {
  static constexpr std::string_view kMembers[] = {"identifier",
                                                  "instanceIdentifier",
                                                  "position",
                                                  "style",
                                                  "bends",
                                                  "labelIndex",
                                                  "zIndex",
                                                  "width",
                                                  "height",
                                                  "propertyDescriptors",
                                                  "controllerServiceApis",
                                                  "remoteGroupId"};
  return kMembers;
}

std::string text_path(std::string_view parent, std::string_view name) {
  std::string path(parent);
  if (!path.empty()) path += '/';
  for (const char c : name) {
    if (c == '/' || c == '\\') path += '\\';
    path += c;
  }
  return path;
}

}  // namespace flow
