#pragma once

#include <boost/json/fwd.hpp>

#include "flow/format/xml_source.h"

namespace flow {

/// The JSON of an instance (flow.json) from what NiFi 1.x wrote as flow.xml.
boost::json::object convert_flow_xml(XmlSource& source);
/// The same from a template of NiFi 0.x and 1.x: a group with the template's name.
boost::json::object convert_template(XmlSource& source);

}  // namespace flow
