#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "flow/flow.h"

/// Provenance events as clients ask for them.
namespace server::nifi {

/// What the index of the events knows, and terms that each event is compared with.
struct EventSearch {
  struct Term {
    std::string field;    // "Relationship"; else the name of an attribute
    std::string pattern;  // '*' and '?' stand for anything, case does not matter
    bool inverse = false;
  };
  flow::EventQuery query;
  std::vector<Term> terms;
};

/// A ProvenanceRequestDTO. Errors: InvalidValue for dates, sizes, numbers and types of events that are none.
base::Result<EventSearch> parse_event_search(const boost::json::object& request);
/// Newest first. `more`: there are others, or so many that not all were looked at.
base::Result<flow::EventPage> find_events(const flow::Flow& flow, const EventSearch& search);
/// Fields that can be searched, beside all attributes.
boost::json::array searchable_fields();

/// The whole text; '*' is any number of characters, '?' is one, a backslash takes the next as it is.
bool matches_wildcards(std::string_view pattern, std::string_view text);

}  // namespace server::nifi
