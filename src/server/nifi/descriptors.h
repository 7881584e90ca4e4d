#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "flow/description.h"
#include "flow/model.h"

/// What properties mean, as NiFi tells it.
namespace server::nifi {

/// As which bundles are told: the release whose calls these are.
constexpr std::string_view kNifiVersion = "1.28.1";
inline constexpr std::string_view kHidden = "********";

/// The description of a processor's or service's type; null when it is not implemented.
const flow::Description* description_of(const flow::ProcessorDefinition& processor);
const flow::Description* description_of(const flow::ServiceDefinition& service);

/// `key` as `property` or an alias of it.
const flow::Property* find_property(const flow::Description* description, std::string_view key);
bool is_sensitive(const flow::ConfiguredDefinition& configured, const flow::Description* description,
                  std::string_view key);

/// Each property that there is, under the key that the flow has for it, with its value, or else its default; those that
/// are sensitive are hidden.
boost::json::object property_values(const flow::ConfiguredDefinition& configured, const flow::Description* description);
boost::json::object property_descriptors(const flow::ConfiguredDefinition& configured,
                                         const flow::Description* description);
boost::json::object property_descriptor(const flow::ConfiguredDefinition& configured,
                                        const flow::Description* description, const std::string& key);

/// Changes the saved properties of a component as a client asked: null is "not set", hidden values stay. The other
/// spelling of a key goes.
void set_properties(boost::json::object& saved, const boost::json::object& wanted,
                    const flow::Description* description);

boost::json::object bundle_of(std::string_view bundle);  // "group:artifact" or "group:artifact:version"
/// An entry of `processorTypes` or `controllerServiceTypes`.
boost::json::object type_entity(const flow::Description& description);
/// What NiFi 2.x tells of a type: its properties, relationships, input.
boost::json::object definition_entity(const flow::Description& description);

}  // namespace server::nifi
