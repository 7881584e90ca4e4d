#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/content/character_set.h"
#include "http/server.h"

namespace flow::web {

/// What HandleHttpRequest tells of a request, beside its context identifier.
struct RequestFacts {
  std::uint16_t port = 0;                             // that it came to
  std::set<std::string> form_parameters;              // that become http.param.<name>
  CharacterSet character_set = CharacterSet::utf8();  // of parameters, unless the request names one
  std::string form = {};                              // the body, where it is application/x-www-form-urlencoded
};
base::Result<std::vector<std::pair<std::string, std::string>>> attributes_of(const http::Exchange& exchange,
                                                                             const RequestFacts& facts);

}  // namespace flow::web
