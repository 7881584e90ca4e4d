#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/nifi/canvas.h"

/// Changes of a flow in the form in which flow::Flow::edit hands it out (flow.json), where components have the ids that
/// clients see.
namespace server::nifi {

/// NotFound.
base::Result<boost::json::object*> group_in(boost::json::object& document, const std::string& id);
base::Result<boost::json::object*> component_in(boost::json::object& document, const Kind& kind, const std::string& id);
base::Status add_to(boost::json::object& document, const std::string& group, const Kind& kind,
                    boost::json::object component);
/// NotFound.
base::Status remove_from(boost::json::object& document, std::string_view list, const std::string& id);
/// The list of a group, made when it is not there.
boost::json::array& list_of(boost::json::object& group, std::string_view list);

/// A component that is new: its ids, name, position and place.
boost::json::object new_component(const Kind& kind, const std::string& id, const std::string& group,
                                  const boost::json::object& wanted);

/// The flow that holds what is in a group directly. It is made for the root group when that has had nothing yet.
base::Result<std::string> flow_holding(Context& context, const Scope& scope);

/// Makes a flow a part of the root group's, where its components can be connected with others, or be moved to them.
base::Status join_root(Context& context, const std::string& flow);

/// Changes the flow `flow` for the caller who has seen a revision of the component `id`, which then has the next one.
base::Status change(Context& context, const Call& call, const boost::json::object* body, const std::string& id,
                    const std::string& flow, const flow::Flow::Change& with);

/// A flow of one group without anything in it.
boost::json::object empty_flow(boost::json::object root);

}  // namespace server::nifi
