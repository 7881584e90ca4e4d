#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flow/model.h"
#include "flow/processors/processor_test.h"

namespace flow {

/// A controller service "id" of a type by its last part, for Options::services.
inline ServiceDefinition service(const std::string& id, const std::string& type, PropertyValues properties = {}) {
  ServiceDefinition definition;
  definition.id = definition.name = id;
  definition.group = "root";
  definition.type = type;
  definition.properties = std::move(properties);
  definition.scheduled_state = "ENABLED";
  return definition;
}

/// Properties of a processor with the reader "in" and the writer "out".
inline PropertyValues records(PropertyValues more = {}) {
  more.insert({"Record Reader", "in"});
  more.insert({"Record Writer", "out"});
  return more;
}

}  // namespace flow
