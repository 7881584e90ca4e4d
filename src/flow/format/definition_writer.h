#pragma once

#include <boost/json.hpp>

#include "flow/model.h"

namespace flow {

enum class WrittenKeys {
  AsSaved,  // a definition that was read comes out as it was
  Current,  // as NiFi 2.x would save it: migrated, with the services that this takes
};

/// A flow definition (VersionedFlowSnapshot) that NiFi 2.x reads, of whatever kind the file was. It holds no sensitive
/// values, as NiFi's own do not, unless a definition that was read had them.
boost::json::object write_definition(const FlowDefinition& flow, WrittenKeys keys = WrittenKeys::AsSaved);

/// A flow as an instance keeps it (flow.json), whatever its file was: ids are those of the model, properties are
/// migrated, sensitive values are there and in the open. Reading its text gives the same flow. Shared contexts are not
/// in it.
boost::json::object write_instance(const FlowDefinition& flow);

/// A definition as text that people can read.
std::string definition_text(const boost::json::object& definition);

}  // namespace flow
