// Looking back: contents of events, and flowfiles that go their way again.
#include <fmt/format.h>

#include "base/log.h"
#include "flow/engine/engine.h"
#include "flow/engine/event_codec.h"
#include "flow/engine/session.h"

namespace flow {

base::Result<ContentClaim> Engine::event_content(const Event& event, ContentSide side) const {
  const auto& content = side == ContentSide::Input ? event.input : event.output;
  if (content.length == 0) return ContentClaim{};
  auto file = repository_.content().find(content.file);
  if (!file)
    return base::fail(base::ErrorKind::NotFound, fmt::format("the content of event {} is not kept any more", event.id));
  return ContentClaim{std::move(*file), content.offset, content.length};
}

base::Result<std::string> Engine::replay(const Event& event) {
  if (event.connection.empty())
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("event {} cannot be replayed: its flowfile came from no connection", event.id));
  auto claim = event_content(event, ContentSide::Input);
  if (!claim) return base::fail(std::move(claim).error());
  base::Random random(next_random());
  auto file = std::make_shared<FlowFile>();
  file->id = repository_.next_file_id();
  file->attributes = event.before;
  const auto uuid = make_uuid(random);
  file->attributes["uuid"] = uuid;
  file->content = std::move(*claim);
  const auto now = services_.clock.now();
  file->entered = file->queued = now;
  file->lineage_start = event.lineage_start;
  file->lineage_index = file->id;
  file->queue_index = repository_.next_queue_index();
  {
    const std::lock_guard lock(state_mutex_);
    const auto queue = queues_.find(event.connection);
    if (queue == queues_.end())
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("event {} cannot be replayed: its connection is gone", event.id));
    Changes changes;
    changes.puts.push_back({file, queue->second->id()});
    if (auto* provenance = repository_.provenance(); provenance != nullptr) {
      EventWriter writer(provenance->number_of(event.component), now, 1);
      const std::string_view parent = event.flow_file, child = uuid;
      writer.add(
          {.type = EventType::Replay, .at = now, .after = *file, .parents = {&parent, 1}, .children = {&child, 1}});
      changes.events.push_back(writer.take());
    }
    auto position = repository_.commit(std::move(changes));
    if (!position) {
      broken_ = position.error();
      return base::fail(std::move(position).error());
    }
    file->log_position = *position;
    queue->second->push(std::move(file), now);
    changed_.notify_all();
  }
  TRY_VOID(repository_.sync());
  LOG_INFO("flow.replayed event={} flowfile={}", event.id, uuid);
  return uuid;
}

EventBatch Engine::emptied(const Queue& queue, std::span<const FlowFilePtr> files) const {
  const auto now = services_.clock.now();
  EventWriter writer(queue.origin(), now, files.size());
  const EventReport why{.details = "The connection was emptied"};
  for (const auto& file : files)
    writer.add({.type = EventType::Drop,
                .at = now,
                .before = file.get(),
                .after = *file,
                .connection = queue.origin(),
                .report = &why});
  return writer.take();
}

}  // namespace flow
