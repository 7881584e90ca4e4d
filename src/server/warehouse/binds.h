#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/values/value.h"

namespace boost::json {
class object;
}

namespace server::warehouse {

/// The values of a statement's placeholders. With array binds the statement runs once per row.
struct Binds {
  std::vector<std::vector<engine::Value>> rows;  // one row unless `array`; in it one value per placeholder
  bool array = false;
};

/// Reads the `bindings` of a request. Numbers, dates and times that are not in their wire form stay texts, for the
/// statement to cast. Errors: InvalidValue. Source: snowflake-wire.md 13.
base::Result<Binds> parse_binds(const boost::json::object& bindings);

/// One value of a bind type ("FIXED", "DATE" ...).
engine::Value parse_bind(std::string_view type, std::string_view text);

}  // namespace server::warehouse
