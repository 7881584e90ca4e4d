#pragma once

#include <functional>

namespace exec {
struct TableFunctions;
}
namespace flow {
class Flow;
}

namespace cli {

/// The flow engine for SQL: the views PROVENANCE, QUEUES, STATUS, BULLETINS and COUNTERS of FRESHET.FLOW, and the table
/// function PROVENANCE, which finds events (docs/flow.md). `flow` answers with null while it is not open.
void add_flow_views(exec::TableFunctions& table, std::function<const flow::Flow*()> flow);

}  // namespace cli
