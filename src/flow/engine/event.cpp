#include "flow/engine/event.h"

#include <array>

namespace flow {
namespace {

constexpr std::array<std::string_view, 18> kNames = {"CREATE",
                                                     "RECEIVE",
                                                     "FETCH",
                                                     "SEND",
                                                     "REMOTE_INVOCATION",
                                                     "DOWNLOAD",
                                                     "DROP",
                                                     "EXPIRE",
                                                     "FORK",
                                                     "JOIN",
                                                     "CLONE",
                                                     "CONTENT_MODIFIED",
                                                     "ATTRIBUTES_MODIFIED",
                                                     "ROUTE",
                                                     "ADDINFO",
                                                     "REPLAY",
                                                     "UPLOAD",
                                                     "UNKNOWN"};

}  // namespace

std::string_view name_of(EventType type) { return kNames.at(static_cast<std::size_t>(type)); }

std::optional<EventType> event_type_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames.at(i) == name) return static_cast<EventType>(i);
  return std::nullopt;
}

std::string Event::filename() const {
  const auto found = after.find("filename");
  return found == after.end() ? std::string{} : found->second;
}

}  // namespace flow
