// A record is a sequence of edits: a letter, then numbers and texts.
#include "flow/engine/changes_codec.h"

#include "flow/engine/binary.h"

namespace flow {
namespace {

void write_put(BinaryWriter& writer, const Changes::Put& put) {
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

base::Result<Changes::Put> read_put(BinaryReader& reader, ContentStore& content) {
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

SwapFilePtr read_swapped(BinaryReader& reader, ContentStore& content) {
  auto file = std::make_shared<SwapFile>();
  file->number = reader.number();
  file->connection = std::make_shared<const std::string>(reader.text());
  file->files = reader.number();
  file->bytes = reader.number();
  for (auto n = reader.number(); n > 0 && !reader.bad(); --n)
    if (auto found = content.find(reader.number())) file->contents.push_back(std::move(*found));
  return file;
}

}  // namespace

std::string encode(const Changes& changes) {
  BinaryWriter writer;
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
  for (const auto& file : changes.swapped_out) {
    writer.letter('O');
    writer.number(file->number);
    writer.text(*file->connection);
    writer.number(file->files);
    writer.number(file->bytes);
    writer.number(file->contents.size());
    for (const auto& content : file->contents) writer.number(content->number());
  }
  for (const auto number : changes.swapped_in) {
    writer.letter('I');
    writer.number(number);
  }
  if (changes.next_content != 0) {
    writer.letter('C');
    writer.number(changes.next_content);
  }
  if (changes.events_end) {
    writer.letter('V');
    writer.number(changes.events_end->file);
    writer.number(changes.events_end->offset);
    writer.number(changes.events_end->next_id);
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
  BinaryReader reader(record);
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
      case 'O': changes.swapped_out.push_back(read_swapped(reader, content)); break;
      case 'I': changes.swapped_in.push_back(reader.number()); break;
      case 'C': changes.next_content = reader.number(); break;
      case 'V': {
        auto& end = changes.events_end.emplace();
        end.file = reader.number();
        end.offset = reader.number();
        end.next_id = reader.number();
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
