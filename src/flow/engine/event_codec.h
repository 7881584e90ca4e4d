#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/engine/binary.h"
#include "flow/engine/event.h"
#include "flow/engine/flow_file.h"

namespace flow {

constexpr std::size_t kEventBytes = 96;  // that one mostly takes

/// Encoded events, and by what they are found.
struct EventBatch {
  std::string bytes;
  std::vector<std::uint64_t> keys;
  std::uint64_t components = 0;  // a bit for each, by number modulo 64
  std::uint32_t types = 0;       // a bit for each
  std::uint64_t count = 0;
  base::Instant first{}, last{};  // times of the events

  bool empty() const { return count == 0; }
  static EventBatch with_room(std::size_t bytes);  // for so many and a little more
  void operator+=(const EventBatch& more);
};

std::uint64_t event_key(std::string_view text);  // of a uuid, a file name or a place
constexpr std::uint64_t component_bit(std::uint64_t number) { return std::uint64_t{1} << (number % 64); }
constexpr std::uint32_t type_bit(EventType type) { return std::uint32_t{1} << static_cast<unsigned>(type); }

/// Encodes the events of one commit of one component. Origins are numbers, see Provenance.
class EventWriter {
 public:
  /// `expected`: about so many events.
  EventWriter(std::uint64_t component, base::Instant now, std::size_t expected)
      : component_(component), now_(now), writer_(expected * kEventBytes) {
    batch_.keys.reserve(expected);
    writer_.number(component);
    writer_.instant(now);
    count_at_ = writer_.later_number();
  }

  /// What an event says, without copies.
  struct Line {
    EventType type;
    base::Instant at;
    const FlowFile* before = nullptr;  // as it was polled; null: made here
    const FlowFile& after;
    const Attributes* attributes = nullptr;  // when they are not those of `after`
    std::uint64_t connection = 0;            // that it was polled from; 0: none
    const EventReport* report = nullptr;
    std::span<const std::string_view> parents = {}, children = {};
  };
  void add(const Line& line);
  EventBatch take();

 private:
  const std::uint64_t component_;
  const base::Instant now_;
  BinaryWriter writer_;
  std::size_t count_at_ = 0;
  EventBatch batch_;
};

/// Back from the bytes of batches. `origin` gives what a number stands for.
base::Status decode_events(std::string_view bytes, std::uint64_t first_id,
                           const std::function<EventOrigin(std::uint64_t)>& origin,
                           const std::function<void(Event)>& use);

}  // namespace flow
