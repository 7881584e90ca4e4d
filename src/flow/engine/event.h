#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "flow/engine/attributes.h"

namespace flow {

/// What can happen to a flowfile, with NiFi's names. The numbers are in files: they stay.
enum class EventType : std::uint8_t {
  Create = 0,
  Receive = 1,
  Fetch = 2,
  Send = 3,
  RemoteInvocation = 4,
  Download = 5,
  Drop = 6,
  Expire = 7,
  Fork = 8,
  Join = 9,
  Clone = 10,
  ContentModified = 11,
  AttributesModified = 12,
  Route = 13,
  AddInfo = 14,
  Replay = 15,
  Upload = 16,
  Unknown = 17,
};
std::string_view name_of(EventType type);  // "CONTENT_MODIFIED"
std::optional<EventType> event_type_of(std::string_view name);

/// What a processor knows about an event.
struct EventReport {
  std::string uri = {};           // whence it came, or where it went
  std::string details = {};       // for people
  std::string relationship = {};  // of Route
  std::string source_id = {};     // of the flowfile in the system it came from, or another name of it
  std::optional<std::chrono::milliseconds> took = {};
};

/// Where content was; without bytes it is nowhere.
struct EventContent {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const EventContent&) const = default;
};

/// Whose event it is, or the connection that its flowfile came from: as it was then.
struct EventOrigin {
  std::string id;
  std::string name;
  std::string type;  // of a component: "ListFile"
  std::string group;
  std::string flow;  // root group
  bool operator==(const EventOrigin&) const = default;
};

/// Something that happened to a flowfile, as it was committed.
struct Event : EventReport {
  std::uint64_t id = 0;  // rises with the commits
  EventType type = EventType::Unknown;
  base::Instant at;       // business clock
  std::string flow_file;  // uuid
  EventOrigin component;
  std::string connection;  // that it came from; empty: it was made here
  Attributes before;       // when it was polled; none when it was made here
  Attributes after;
  std::vector<std::string> parents, children;  // uuids: of Fork, Join, Clone, Replay
  base::Instant entered, lineage_start;
  EventContent input, output;

  std::uint64_t size() const { return output.length; }
  std::string filename() const;
};

/// Which events are wanted: all that fit every wish.
struct EventQuery {
  std::optional<std::uint64_t> id = {};
  std::vector<std::string> flow_files = {};  // uuids: of the event's flowfile, its parents or its children
  std::optional<std::string> component = {};
  std::vector<EventType> types = {};
  std::optional<std::string> filename = {};
  std::optional<std::string> uri = {};
  std::optional<base::Instant> from = {}, to = {};  // both included
  std::optional<std::uint64_t> bytes_min = {}, bytes_max = {};
  std::optional<std::uint64_t> below = {};  // ids under this one only: the next page
  std::size_t most = 1000;
};

struct EventPage {
  std::vector<Event> events;  // newest first
  bool more = false;          // there are older ones that fit
};

/// What happened to a flowfile, to those that it was made of and to those made of it.
struct Lineage {
  std::vector<Event> events;  // oldest first
  bool cut = false;           // too many to follow
};

enum class ContentSide { Input, Output };

}  // namespace flow
