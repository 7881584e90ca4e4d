#pragma once

#include <boost/json.hpp>
#include <set>
#include <string>

#include "flow/format/renumber.h"
#include "server/nifi/canvas.h"

/// Flow files that become groups as in NiFi: under new ids, with shared parameter contexts, services disabled.
namespace server::nifi {

struct GroupImport {
  std::string text;  // of a flow file of any kind
  std::string file;  // for messages
  std::string parent;
  std::string name;            // empty: the file's
  boost::json::object placed;  // may have a `position`
};
/// Answers with the id of the group.
base::Result<std::string> import_as_group(Context& context, const GroupImport& wanted);

/// Puts the contents of a flow file in place of what is in a group. What the file knows by the same versioned id keeps
/// its id, and with it queues and states. Conflict while something in it runs, or when queues would be lost.
base::Status replace_group(Context& context, const std::string& id, const std::string& text);

/// Contexts of a flow file are shared from now on, no longer its own: one of the same name that is there counts, and
/// learns of parameters that it does not have.
base::Status share_contexts(Context& context, flow::FlowDefinition& definition);

/// Puts what is in `from`, a group as flow.json has it, into a group beside what is there. Labels get new ids.
base::Status add_contents(Context& context, const Scope& into, boost::json::object from);
/// What of a group's canvas has one of these ids, as NiFi's FlowDTO.
base::Result<boost::json::object> canvas_of(const Context& context, const std::string& group,
                                            const std::set<std::string>& ids);

/// Puts what is in a flow file into a group itself, under new ids. Answers with what came, as NiFi's FlowDTO.
base::Result<boost::json::object> add_definition(Context& context, const Scope& into, flow::FlowDefinition definition);

/// A flow definition of a group. An unchanged flow is answered as it came.
base::Result<std::string> export_group(Context& context, const flow::FlowView& view, const Scope& scope,
                                       bool with_services);

}  // namespace server::nifi
