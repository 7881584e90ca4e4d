#pragma once

#include <boost/json.hpp>

#include "server/nifi/canvas.h"

namespace server::nifi {

/// A parameter context, of a flow or shared, with the values that count.
struct ContextPlace {
  flow::SharedContext context;
  const flow::FlowView* flow = nullptr;  // whose own it is; null: it is shared
};

std::string context_id(const flow::FlowView& flow, const std::string& name);
std::vector<ContextPlace> all_contexts(const Canvas& canvas);
base::Result<ContextPlace> find_context(const Canvas& canvas, const std::string& id);

struct ContextEntityOptions {
  bool with_inherited = false;  // parameters, too
};
boost::json::object context_entity(const Context& context, const Canvas& canvas, const ContextPlace& place,
                                   ContextEntityOptions options = {});

}  // namespace server::nifi
