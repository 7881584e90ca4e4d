#pragma once

#include <string>
#include <vector>

#include "flow/flow.h"
#include "server/nifi/context.h"
#include "server/nifi/scope.h"

namespace server::nifi {

/// Kinds of what groups contain, each with its words.
struct Kind {
  std::string_view list;   // in flow files, and in what a group contains: "inputPorts"
  std::string_view path;   // of calls: "input-ports"
  std::string_view title;  // in messages: "Input Port"
  std::string_view type;   // "INPUT_PORT"
};
extern const Kind kGroup, kProcessor, kService, kInputPort, kOutputPort, kFunnel, kConnection, kLabel, kRemoteGroup;

/// What counts are of: the last five minutes, as NiFi's, or all since the flow was imported or the program started.
enum class CountsOf { LastMinutes, AllTime };

/// All flows as they are at one moment.
struct Canvas {
  explicit Canvas(const Context& context, CountsOf counts = CountsOf::LastMinutes);
  std::vector<flow::FlowView> flows;
  flow::FlowStatus status;
  std::vector<flow::SharedContext> contexts;
  base::Instant now;

  /// What a definition and its flow are; NotFound with NiFi's text.
  template <class Definition>
  struct Found {
    const flow::FlowView* flow = nullptr;
    const Definition* definition = nullptr;
  };
  base::Result<Found<flow::ProcessorDefinition>> processor(const std::string& id) const;
  base::Result<Found<flow::ServiceDefinition>> service(const std::string& id) const;
  base::Result<Found<flow::ConnectionDefinition>> connection(const std::string& id) const;
  base::Result<Found<flow::PortDefinition>> port(const Kind& kind, const std::string& id) const;
  base::Result<Scope> scope(const std::string& id) const;
  /// What the model does not list (labels, remote groups): as the file has it, with the group that it is in.
  struct Kept {
    const flow::FlowView* flow = nullptr;
    std::string group;
    const boost::json::object* object = nullptr;
    std::string id;
  };
  std::vector<Kept> kept(const Kind& kind) const;
  base::Result<Kept> kept(const Kind& kind, const std::string& id) const;

  const flow::ComponentStatus* component(const std::string& id) const;
  const flow::ConnectionStatus* connection_status(const std::string& id) const;
  const flow::ServiceStatus* service_status(const std::string& id) const;
  /// The root of the flow that an id of any kind is in; empty: none.
  std::string flow_of(const std::string& id) const;
};

std::string_view kind_word(flow::PortKind kind);  // "INPUT_PORT"
const Kind& kind_of(flow::PortKind kind);

}  // namespace server::nifi
