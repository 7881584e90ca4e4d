// The provenance events of a commit, in NiFi's order: forks and joins, what the processor reported, clones and drops,
// changes that nothing else shows, and what was auto-terminated.
#include <algorithm>

#include "flow/engine/commit.h"
#include "flow/engine/event_codec.h"

namespace flow {
namespace {

bool same_content(const ContentClaim& a, const ContentClaim& b) {
  return a.file == b.file && a.offset == b.offset && a.length == b.length;
}

}  // namespace

/// Routed to the one connection that it came from: nothing happened.
bool Engine::Prepared::is_back_where_it_was(const Working& entry, const std::string& relationship) const {
  const auto queues = component.outputs.find(relationship);
  return entry.source != nullptr && queues != component.outputs.end() && queues->second.size() == 1 &&
         queues->second.front() == entry.source;
}

EventBatch Engine::Prepared::events(const Session& session) {
  EventWriter writer(component.origin, now, session.files_.size());
  const auto current = [](const Working& entry) -> const FlowFile& {
    return entry.committed != nullptr ? *entry.committed : entry;
  };
  const auto uuid = [&](const Working& entry) -> std::string_view { return current(entry).attributes.at("uuid"); };
  const auto line = [&](EventType type, const Working& entry) {
    return EventWriter::Line{.type = type,
                             .at = now,
                             .before = entry.original.get(),
                             .after = current(entry),
                             .connection = entry.source == nullptr ? 0 : entry.source->origin()};
  };
  const auto leaves_no_trace = [&](const Working& entry) {
    return entry.retried || (entry.removed && entry.original == nullptr) ||
           (entry.parent != nullptr && std::ranges::count(retried, entry.parent) > 0);
  };
  const auto with_relatives = [&](EventType type, const Working& entry, std::span<const std::string_view> parents,
                                  std::span<const std::string_view> children) {
    auto event = line(type, entry);
    event.parents = parents;
    event.children = children;
    writer.add(event);
    entry.events |= type_bit(type);
  };

  std::map<const FlowFile*, std::vector<const Working*>> forked, cloned;  // by parent
  for (const auto& entry : session.files_) {
    if (entry.born == EventType::Create || leaves_no_trace(entry)) continue;
    if (entry.born == EventType::Fork) forked[entry.parent].push_back(&entry);
    if (entry.born == EventType::Clone) cloned[entry.parent].push_back(&entry);
    if (entry.born != EventType::Join) continue;
    const std::vector<std::string_view> parents(entry.made_of.begin(), entry.made_of.end());
    const auto child = uuid(entry);
    with_relatives(EventType::Join, entry, parents, {&child, 1});
  }
  const bool has_children = !forked.empty() || !cloned.empty();
  for (const auto& entry : session.files_) {
    if (!has_children) break;
    const auto parent = uuid(entry);
    if (const auto found = forked.find(&entry); found != forked.end()) {
      std::vector<std::string_view> children;
      for (const auto* child : found->second) {
        children.push_back(uuid(*child));
        child->events |= type_bit(EventType::Fork);
      }
      with_relatives(EventType::Fork, entry, {&parent, 1}, children);
    }
    if (const auto found = cloned.find(&entry); found != cloned.end())
      for (const auto* clone : found->second) {
        const auto child = uuid(*clone);
        with_relatives(EventType::Clone, entry, {&parent, 1}, {&child, 1});
        clone->events |= type_bit(EventType::Clone);
      }
  }

  for (const auto& reported : session.reported_) {
    const auto& entry = *reported.file;
    if (leaves_no_trace(entry)) continue;
    if (reported.type == EventType::Route && is_back_where_it_was(entry, reported.report.relationship)) continue;
    auto event = line(reported.type, entry);
    event.at = reported.at;
    event.report = &reported.report;
    if (reported.type == EventType::Send) event.attributes = &reported.attributes;
    writer.add(event);
    entry.events |= type_bit(reported.type);
  }

  for (const auto& [entry, clone] : clones_) {
    const auto parent = uuid(*entry);
    const std::string_view child = clone;
    with_relatives(EventType::Clone, *entry, {&parent, 1}, {&child, 1});
  }
  for (const auto& entry : session.files_)
    if (entry.removed && entry.original != nullptr) writer.add(line(EventType::Drop, entry));
  for (const auto& [queue, file] : session.expired_)
    writer.add(
        {.type = EventType::Expire, .at = now, .before = file.get(), .after = *file, .connection = queue->origin()});

  constexpr auto kBorn = type_bit(EventType::Create) | type_bit(EventType::Fork) | type_bit(EventType::Join) |
                         type_bit(EventType::Receive) | type_bit(EventType::Fetch) | type_bit(EventType::Clone);
  for (const auto& entry : session.files_) {
    if (entry.removed || leaves_no_trace(entry)) continue;
    if (entry.original == nullptr) {
      if ((entry.events & kBorn) == 0) writer.add(line(EventType::Create, entry));
    } else if (!same_content(entry.original->content, current(entry).content)) {
      if ((entry.events & type_bit(EventType::ContentModified)) == 0)
        writer.add(line(EventType::ContentModified, entry));
    } else if (entry.events == 0 && !(entry.original->attributes == current(entry).attributes)) {
      writer.add(line(EventType::AttributesModified, entry));
    }
  }
  for (const auto& entry : session.files_) {
    if (entry.ended.empty()) continue;
    const EventReport why{.details = entry.ended};
    auto event = line(EventType::Drop, entry);
    event.report = &why;
    writer.add(event);
  }
  return writer.take();
}

}  // namespace flow
