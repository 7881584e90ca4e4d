#pragma once

#include <boost/json.hpp>

#include "server/nifi/canvas.h"

namespace server::nifi {

/// The entities of what groups contain: `{revision, id, uri, position, permissions, component, status, bulletins}`.
class ComponentEntities {
 public:
  /// The references outlive this.
  ComponentEntities(const Context& context, const Canvas& canvas) : revisions_(context.revisions), canvas_(canvas) {}

  boost::json::object processor(const flow::ProcessorDefinition& processor) const;
  boost::json::object service(const flow::ServiceDefinition& service) const;
  boost::json::object port(const flow::PortDefinition& port) const;  // funnels, too
  boost::json::object connection(const flow::ConnectionDefinition& connection) const;
  boost::json::object kept(const Kind& kind, const Canvas::Kept& kept) const;  // labels and remote groups
  boost::json::object group(const Scope& scope) const;
  /// The canvas of one group: what is in it, not below.
  boost::json::object canvas(const Scope& scope) const;
  /// One of the lists of that.
  boost::json::array list(const Kind& kind, const Scope& scope) const;
  boost::json::array groups(const Scope& scope) const;

 private:
  boost::json::object entity(const Kind& kind, const std::string& id, const flow::SavedObject& saved) const;
  boost::json::object connectable(const std::string& id, const std::string& name) const;
  boost::json::array references(const flow::ServiceDefinition& service) const;

  const Revisions& revisions_;
  const Canvas& canvas_;
};

}  // namespace server::nifi
