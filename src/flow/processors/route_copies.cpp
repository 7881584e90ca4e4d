#include "flow/processors/route_copies.h"

namespace flow {

void route_copies(Session& session, FlowFile& file, const std::vector<std::string>& relationships,
                  std::string_view attribute, std::string_view otherwise) {
  for (std::size_t i = 1; i < relationships.size(); ++i) {
    auto& copy = session.clone(file);
    session.put_attribute(copy, attribute, relationships[i]);
    session.report(EventType::Route, copy, {.relationship = relationships[i]});
    session.transfer(copy, relationships[i]);
  }
  const auto route = relationships.empty() ? std::string(otherwise) : relationships.front();
  session.put_attribute(file, attribute, route);
  session.report(EventType::Route, file, {.relationship = route});
  session.transfer(file, route);
}

}  // namespace flow
