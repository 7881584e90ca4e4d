#include "server/nifi/saved.h"

#include "server/nifi/body.h"

namespace server::nifi {

namespace json = boost::json;

json::value at(const flow::SavedObject& saved, std::string_view name, json::value fallback) {
  const auto* value = saved == nullptr ? nullptr : given(*saved, name);
  return value == nullptr ? fallback : *value;
}

json::object position_of(const flow::SavedObject& saved) {
  const auto* position = saved == nullptr ? nullptr : object_at(*saved, "position");
  return position == nullptr ? json::object{{"x", 0.0}, {"y", 0.0}} : *position;
}

}  // namespace server::nifi
