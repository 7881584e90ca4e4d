// A record is a sequence of edits: a letter, then numbers (seven bits a byte, low first) and texts (length, bytes).
#include "flow/engine/changes_codec.h"

namespace flow {
namespace {

class Writer {
 public:
  void letter(char c) { out_ += c; }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(0x80 | (value & 0x7F));
    out_ += static_cast<char>(value);
  }
  void instant(base::Instant at) { number(static_cast<std::uint64_t>(at.ns)); }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  template <class Map>
  void pairs(const Map& map) {
    number(map.size());
    for (const auto& [name, value] : map) {
      text(name);
      text(value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  bool done() const { return in_.empty() || bad_; }
  bool bad() const { return bad_; }
  char letter() {
    if (in_.empty()) return spoil(), '\0';
    const char c = in_.front();
    in_.remove_prefix(1);
    return c;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(letter());
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    spoil();
    return 0;
  }
  base::Instant instant() { return {static_cast<std::int64_t>(number())}; }
  std::string text() {
    const auto length = number();
    if (length > in_.size()) return spoil(), std::string{};
    std::string value(in_.substr(0, length));
    in_.remove_prefix(length);
    return value;
  }
  template <class Map>
  Map pairs() {
    Map map;
    for (auto n = number(); n > 0 && !bad_; --n) {
      auto name = text();
      map[std::move(name)] = text();
    }
    return map;
  }

 private:
  void spoil() {
    bad_ = true;
    in_ = {};
  }
  std::string_view in_;
  bool bad_ = false;
};

void write_put(Writer& writer, const Changes::Put& put) {
  const auto& file = *put.file;
  writer.letter('P');
  writer.text(*put.connection);
  writer.number(file.id);
  writer.pairs(file.attributes);
  writer.number(file.content.file == nullptr ? 0 : file.content.file->number());
  writer.number(file.content.offset);
  writer.number(file.content.length);
  writer.instant(file.entered);
  writer.instant(file.lineage_start);
  writer.number(file.lineage_index);
  writer.instant(file.queued);
  writer.number(file.queue_index);
  writer.instant(file.penalty_ends);
}

base::Result<Changes::Put> read_put(Reader& reader, ContentStore& content) {
  Changes::Put put;
  auto file = std::make_shared<FlowFile>();
  put.connection = std::make_shared<const std::string>(reader.text());
  file->id = reader.number();
  file->attributes = reader.pairs<Attributes>();
  const auto number = reader.number();
  file->content.offset = reader.number();
  file->content.length = reader.number();
  file->entered = reader.instant();
  file->lineage_start = reader.instant();
  file->lineage_index = reader.number();
  file->queued = reader.instant();
  file->queue_index = reader.number();
  file->penalty_ends = reader.instant();
  // A later record may have removed the flowfile, and a sync after it the content: who still needs it will see.
  if (number != 0)
    if (auto found = content.find(number)) file->content.file = std::move(*found);
  put.file = std::move(file);
  return put;
}

}  // namespace

std::string encode(const Changes& changes) {
  Writer writer;
  for (const auto id : changes.removed) {
    writer.letter('R');
    writer.number(id);
  }
  for (const auto& put : changes.puts) write_put(writer, put);
  for (const auto& [component, state] : changes.states) {
    writer.letter('S');
    writer.text(component);
    writer.pairs(state);
  }
  for (const auto* list : {&changes.tokens, &changes.forgotten}) {
    for (const auto& token : *list) {
      writer.letter(list == &changes.tokens ? 'T' : 'F');
      writer.text(token.source);
      writer.text(token.id);
    }
  }
  for (const auto& drop : changes.drops) {
    writer.letter('D');
    writer.text(drop.processor);
    writer.text(drop.relationship);
    writer.number(drop.amount.files);
    writer.number(drop.amount.bytes);
    writer.text(drop.amount.last_reason);
  }
  if (changes.next_file != 0) {
    writer.letter('N');
    writer.number(changes.next_file);
    writer.number(changes.next_queue);
  }
  return writer.take();
}

base::Result<Changes> decode(std::string_view record, ContentStore& content) {
  Changes changes;
  Reader reader(record);
  while (!reader.done()) {
    switch (reader.letter()) {
      case 'P': {
        TRY(auto put, read_put(reader, content));
        changes.puts.push_back(std::move(put));
        break;
      }
      case 'R': changes.removed.push_back(reader.number()); break;
      case 'S': {
        auto component = reader.text();
        changes.states.emplace_back(std::move(component), reader.pairs<ComponentState>());
        break;
      }
      case 'T': {
        auto source = reader.text();
        changes.tokens.push_back({std::move(source), reader.text()});
        break;
      }
      case 'F': {
        auto source = reader.text();
        changes.forgotten.push_back({std::move(source), reader.text()});
        break;
      }
      case 'D': {
        Changes::Drop drop;
        drop.processor = reader.text();
        drop.relationship = reader.text();
        drop.amount.files = reader.number();
        drop.amount.bytes = reader.number();
        drop.amount.last_reason = reader.text();
        changes.drops.push_back(std::move(drop));
        break;
      }
      case 'N':
        changes.next_file = reader.number();
        changes.next_queue = reader.number();
        break;
      default:
        return base::fail(base::ErrorKind::Unavailable, "the flow log has an edit that this version does not know");
    }
  }
  if (reader.bad()) return base::fail(base::ErrorKind::Internal, "the flow log has a record that is too short");
  return changes;
}

}  // namespace flow
