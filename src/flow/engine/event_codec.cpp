// The events of one commit are a part: component, time, how many, events. What a flowfile usually has (a
// canonical uuid, a file name that is its uuid, well-known attributes, unchanged content) takes few bytes.
#include "flow/engine/event_codec.h"

#include <algorithm>
#include <array>
#include <bit>

#include "flow/engine/content.h"

namespace flow {
namespace {

constexpr std::size_t kValueMax = 65'536;  // bytes of an attribute's value; NiFi's limit for events, too

/// Their places are in files: append only.
constexpr std::array<std::string_view, 40> kNames = {"filename",
                                                     "path",
                                                     "absolute.path",
                                                     "mime.type",
                                                     "priority",
                                                     "file.size",
                                                     "file.lastModifiedTime",
                                                     "file.creationTime",
                                                     "file.lastAccessTime",
                                                     "file.owner",
                                                     "file.group",
                                                     "file.permissions",
                                                     "fragment.identifier",
                                                     "fragment.index",
                                                     "fragment.count",
                                                     "segment.original.filename",
                                                     "text.line.count",
                                                     "record.count",
                                                     "s3.bucket",
                                                     "s3.key",
                                                     "s3.etag",
                                                     "s3.version",
                                                     "s3.url",
                                                     "s3.storeClass",
                                                     "s3.apimethod",
                                                     "s3.contenttype",
                                                     "RouteOnAttribute.Route",
                                                     "RouteOnContent.Route",
                                                     "RouteText.Route",
                                                     "merge.count",
                                                     "merge.bin.age",
                                                     "kafka.topic",
                                                     "kafka.partition",
                                                     "kafka.offset",
                                                     "kafka.key",
                                                     "http.status.code",
                                                     "sql.result",
                                                     "schema.name",
                                                     "avro.schema",
                                                     "tailfile.original.path"};

constexpr std::size_t kNameSlots = 256;

constexpr std::size_t slot_of(std::string_view name) {
  return (name.size() * 7 + static_cast<unsigned char>(name.front()) * 31 +
          static_cast<unsigned char>(name.back()) * 57 + static_cast<unsigned char>(name[name.size() / 2]) * 101) %
         kNameSlots;
}

/// The places of the names, plus one: at the slot of each or at the next that was free.
constexpr auto kNamePlaces = [] {
  std::array<std::uint8_t, kNameSlots> places{};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    auto slot = slot_of(kNames[i]);
    while (places[slot] != 0) slot = (slot + 1) % kNameSlots;
    places[slot] = static_cast<std::uint8_t>(i + 1);
  }
  return places;
}();

/// 0: not among them.
std::uint8_t place_of(std::string_view name) {
  if (name.empty()) return 0;
  for (auto slot = slot_of(name); kNamePlaces[slot] != 0; slot = (slot + 1) % kNameSlots)
    if (kNames[kNamePlaces[slot] - 1U] == name) return kNamePlaces[slot];
  return 0;
}

// What an event has.
constexpr unsigned kTextUuid = 1U << 0;     // not canonical
constexpr unsigned kBefore = 1U << 1;       // was polled: attributes, content and connection follow
constexpr unsigned kNamedByUuid = 1U << 2;  // the first set of attributes has "filename" = uuid
constexpr unsigned kSameContent = 1U << 3;  // output is input
constexpr unsigned kContent = 1U << 4;      // output follows
constexpr unsigned kAttributes = 1U << 5;   // changes of attributes follow
constexpr unsigned kUri = 1U << 6;
constexpr unsigned kDetails = 1U << 7;
constexpr unsigned kRelationship = 1U << 8;
constexpr unsigned kSourceId = 1U << 9;
constexpr unsigned kTook = 1U << 10;
constexpr unsigned kRelatives = 1U << 11;
constexpr unsigned kLater = 1U << 12;  // not at the time of the commit

constexpr unsigned kNoDigit = 16;  // a bit that no digit has
constexpr auto kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (unsigned i = 0; i < 10; ++i) digits[static_cast<unsigned char>('0') + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) digits[static_cast<unsigned char>('a') + i] = static_cast<std::uint8_t>(10 + i);
  return digits;
}();

/// The sixteen bytes of a canonical uuid.
std::optional<std::array<char, 16>> packed(std::string_view uuid) {
  if (uuid.size() != 36) return std::nullopt;
  if (uuid[8] != '-' || uuid[13] != '-' || uuid[18] != '-' || uuid[23] != '-') return std::nullopt;
  constexpr std::array<std::uint8_t, 16> kPlaces{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
  std::array<char, 16> bytes{};
  unsigned seen = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = kDigits[static_cast<unsigned char>(uuid[kPlaces[i]])];
    const unsigned low = kDigits[static_cast<unsigned char>(uuid[kPlaces[i] + 1U])];
    seen |= high | low;
    bytes[i] = static_cast<char>(high * 16 + low);
  }
  if ((seen & kNoDigit) != 0) return std::nullopt;
  return bytes;
}

std::uint64_t mixed(std::uint64_t key) {
  key ^= key >> 32;
  return key * 0x9E3779B97F4A7C15ULL;
}

/// Of a uuid, which is by chance already.
std::uint64_t key_of(const std::array<char, 16>& uuid) {
  const auto [high, low] = std::bit_cast<std::array<std::uint64_t, 2>>(uuid);
  return mixed(high ^ std::rotl(low, 32));
}

std::string unpacked(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string uuid;
  uuid.reserve(36);
  for (const char c : bytes) {
    if (uuid.size() == 8 || uuid.size() == 13 || uuid.size() == 18 || uuid.size() == 23) uuid += '-';
    const auto byte = static_cast<unsigned char>(c);
    uuid += kHex[byte / 16];
    uuid += kHex[byte % 16];
  }
  return uuid;
}

void write_uuid(BinaryWriter& writer, std::string_view uuid) {
  if (const auto bytes = packed(uuid)) {
    writer.number(16);
    writer.bytes({bytes->data(), bytes->size()});
  } else {
    writer.number(uuid.size() + 17);
    writer.bytes(uuid);
  }
}

std::string read_uuid(BinaryReader& reader) {
  const auto length = reader.number();
  if (length == 16) return unpacked(reader.bytes(16));
  if (length < 17) return {};
  return std::string(reader.bytes(length - 17));
}

void write_name(BinaryWriter& writer, std::string_view name) {
  const auto place = place_of(name);
  writer.number(place);
  if (place == 0) writer.text(name);
}

std::string read_name(BinaryReader& reader) {
  const auto number = reader.number();
  if (number == 0) return reader.text();
  return number <= kNames.size() ? std::string(kNames[number - 1]) : std::string{};
}

void write_pair(BinaryWriter& writer, const Attributes::value_type& pair) {
  write_name(writer, pair.first);
  writer.text(std::string_view(pair.second).substr(0, kValueMax));
}

constexpr std::string_view kUuid = "uuid", kFilename = "filename";  // compared by length first

/// Whether `attributes` has the file name that new flowfiles get.
bool is_named_by_uuid(const Attributes& attributes, std::string_view uuid) {
  const auto name = attributes.find("filename");
  return name != attributes.end() && name->second == uuid;
}

void write_all(BinaryWriter& writer, const Attributes& attributes, bool named_by_uuid) {
  const auto is_known = [&](const auto& pair) {
    const std::string_view name = pair.first;
    return name == kUuid || (named_by_uuid && name == kFilename);
  };
  writer.number(attributes.size() - (named_by_uuid ? 2U : 1U));
  for (const auto& pair : attributes)
    if (!is_known(pair)) write_pair(writer, pair);
}

Attributes read_all(BinaryReader& reader, bool named_by_uuid, const std::string& uuid) {
  Attributes attributes{{"uuid", uuid}};
  if (named_by_uuid) attributes.emplace("filename", uuid);
  for (auto n = reader.number(); n > 0 && !reader.bad(); --n) {
    auto name = read_name(reader);
    attributes[name] = reader.text();
  }
  return attributes;
}

/// What is other in `after`, then what is gone; both sets are sorted.
void write_changes(BinaryWriter& writer, const Attributes& before, const Attributes& after) {
  std::vector<const Attributes::value_type*> set;
  std::vector<std::string_view> gone;
  auto old = before.begin();
  for (const auto& pair : after) {
    for (; old != before.end() && old->first < pair.first; ++old) gone.push_back(old->first);
    const bool there = old != before.end() && old->first == pair.first;
    if (!there || old->second != pair.second) set.push_back(&pair);
    if (there) ++old;
  }
  for (; old != before.end(); ++old) gone.push_back(old->first);
  writer.number(set.size());
  for (const auto* pair : set) write_pair(writer, *pair);
  writer.number(gone.size());
  for (const auto name : gone) write_name(writer, name);
}

void read_changes(BinaryReader& reader, Attributes& attributes) {
  for (auto n = reader.number(); n > 0 && !reader.bad(); --n) {
    auto name = read_name(reader);
    attributes[name] = reader.text();
  }
  for (auto n = reader.number(); n > 0 && !reader.bad(); --n) attributes.erase(read_name(reader));
}

void write_content(BinaryWriter& writer, const EventContent& content) {
  writer.number(content.file);
  if (content.file == 0) return;
  writer.number(content.offset);
  writer.number(content.length);
}

EventContent read_content(BinaryReader& reader) {
  EventContent content{.file = reader.number()};
  if (content.file == 0) return content;
  content.offset = reader.number();
  content.length = reader.number();
  return content;
}

EventContent content_of(const FlowFile& file) {
  if (file.content.file == nullptr) return {};
  return {file.content.file->number(), file.content.offset, file.content.length};
}

unsigned flags_of(const EventReport& report) {
  return (report.uri.empty() ? 0U : kUri) | (report.details.empty() ? 0U : kDetails) |
         (report.relationship.empty() ? 0U : kRelationship) | (report.source_id.empty() ? 0U : kSourceId) |
         (report.took ? kTook : 0U);
}

void write_report(BinaryWriter& writer, const EventReport& report) {
  for (const auto* text : {&report.uri, &report.details, &report.relationship, &report.source_id})
    if (!text->empty()) writer.text(*text);
  if (report.took) writer.difference(report.took->count());
}

void read_report(BinaryReader& reader, unsigned flags, EventReport& report) {
  if ((flags & kUri) != 0) report.uri = reader.text();
  if ((flags & kDetails) != 0) report.details = reader.text();
  if ((flags & kRelationship) != 0) report.relationship = reader.text();
  if ((flags & kSourceId) != 0) report.source_id = reader.text();
  if ((flags & kTook) != 0) report.took = std::chrono::milliseconds{reader.difference()};
}

Event read_event(BinaryReader& reader, base::Instant now, const std::function<EventOrigin(std::uint64_t)>& origin) {
  Event event;
  event.type = static_cast<EventType>(
      std::min<unsigned>(static_cast<unsigned char>(reader.letter()), static_cast<unsigned>(EventType::Unknown)));
  const auto flags = static_cast<unsigned>(reader.number());
  event.flow_file = (flags & kTextUuid) != 0 ? reader.text() : unpacked(reader.bytes(16));
  event.at = (flags & kLater) != 0 ? base::Instant{now.ns + reader.difference()} : now;
  event.entered = base::Instant{now.ns - reader.difference()};
  event.lineage_start = base::Instant{event.entered.ns - reader.difference()};
  const bool named_by_uuid = (flags & kNamedByUuid) != 0;
  if ((flags & kBefore) != 0) {
    event.connection = origin(reader.number()).id;
    event.input = read_content(reader);
    event.before = read_all(reader, named_by_uuid, event.flow_file);
    event.after = event.before;
    if ((flags & kAttributes) != 0) read_changes(reader, event.after);
  } else {
    event.after = read_all(reader, named_by_uuid, event.flow_file);
  }
  if ((flags & kSameContent) != 0) event.output = event.input;
  if ((flags & kContent) != 0) event.output = read_content(reader);
  read_report(reader, flags, event);
  if ((flags & kRelatives) != 0) {
    for (auto* list : {&event.parents, &event.children})
      for (auto n = reader.number(); n > 0 && !reader.bad(); --n) list->push_back(read_uuid(reader));
  }
  return event;
}

}  // namespace

std::uint64_t event_key(std::string_view text) {
  if (const auto bytes = packed(text)) return key_of(*bytes);
  std::uint64_t key = 0xCBF29CE484222325ULL;
  for (const char c : text) key = (key ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return mixed(key);
}

EventBatch EventBatch::with_room(std::size_t bytes) {
  EventBatch batch;
  batch.bytes.reserve(bytes + bytes / 8);
  batch.keys.reserve(bytes / kEventBytes);
  return batch;
}

void EventBatch::operator+=(const EventBatch& more) {
  first = empty() ? more.first : std::min(first, more.first);
  bytes += more.bytes;
  keys.insert(keys.end(), more.keys.begin(), more.keys.end());
  components |= more.components;
  types |= more.types;
  count += more.count;
  last = std::max(last, more.last);
}

void EventWriter::add(const Line& line) {
  static const EventReport kNoReport;
  const auto& report = line.report != nullptr ? *line.report : kNoReport;
  const auto& after = line.attributes != nullptr ? *line.attributes : line.after.attributes;
  const std::string& uuid = after.at("uuid");
  const auto bytes = packed(uuid);
  const bool changed = line.before != nullptr && !(line.before->attributes == after);
  const auto name = after.find("filename");
  const bool ends_named_by_uuid = name != after.end() && name->second == uuid;
  const bool named_by_uuid = changed ? is_named_by_uuid(line.before->attributes, uuid) : ends_named_by_uuid;
  const auto input = line.before != nullptr ? content_of(*line.before) : EventContent{};
  const auto output = content_of(line.after);
  unsigned flags = flags_of(report) | (named_by_uuid ? kNamedByUuid : 0U);
  if (!bytes) flags |= kTextUuid;
  if (line.before != nullptr) flags |= kBefore | (changed ? kAttributes : 0U);
  if (line.before != nullptr && output == input)
    flags |= kSameContent;
  else if (output.file != 0)
    flags |= kContent;
  if (!line.parents.empty() || !line.children.empty()) flags |= kRelatives;
  if (line.at != now_) flags |= kLater;

  auto& writer = writer_;
  writer.letter(static_cast<char>(line.type));
  writer.number(flags);
  if (bytes)
    writer.bytes({bytes->data(), bytes->size()});
  else
    writer.text(uuid);
  if (line.at != now_) writer.difference(line.at.ns - now_.ns);
  writer.difference(now_.ns - line.after.entered.ns);
  writer.difference(line.after.entered.ns - line.after.lineage_start.ns);
  if (line.before != nullptr) {
    writer.number(line.connection);
    write_content(writer, input);
    write_all(writer, line.before->attributes, named_by_uuid);
    if (changed) write_changes(writer, line.before->attributes, after);
  } else {
    write_all(writer, after, named_by_uuid);
  }
  if ((flags & kContent) != 0) write_content(writer, output);
  write_report(writer, report);
  if ((flags & kRelatives) != 0) {
    for (const auto list : {line.parents, line.children}) {
      writer.number(list.size());
      for (const auto relative : list) {
        write_uuid(writer, relative);
        batch_.keys.push_back(event_key(relative));
      }
    }
  }

  batch_.keys.push_back(bytes ? key_of(*bytes) : event_key(uuid));
  if (name != after.end() && !ends_named_by_uuid) batch_.keys.push_back(event_key(name->second));
  if (!report.uri.empty()) batch_.keys.push_back(event_key(report.uri));
  batch_.types |= type_bit(line.type);
  batch_.first = batch_.count == 0 ? line.at : std::min(batch_.first, line.at);
  batch_.last = std::max(batch_.last, line.at);
  ++batch_.count;
}

EventBatch EventWriter::take() {
  if (batch_.count == 0) return {};
  writer_.set_later_number(count_at_, batch_.count);
  batch_.bytes = writer_.take();
  batch_.components = component_bit(component_);
  return std::move(batch_);
}

base::Status decode_events(std::string_view bytes, std::uint64_t first_id,
                           const std::function<EventOrigin(std::uint64_t)>& origin,
                           const std::function<void(Event)>& use) {
  BinaryReader reader(bytes);
  while (!reader.done()) {
    const auto component = origin(reader.number());
    const auto now = reader.instant();
    for (auto n = reader.number(); n > 0 && !reader.bad(); --n) {
      auto event = read_event(reader, now, origin);
      if (reader.bad()) break;
      event.id = first_id++;
      event.component = component;
      use(std::move(event));
    }
  }
  if (reader.bad()) return base::fail(base::ErrorKind::Internal, "a file of provenance events is damaged");
  return {};
}

}  // namespace flow
