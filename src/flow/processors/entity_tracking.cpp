#include "flow/processors/entity_tracking.h"

#include <boost/json.hpp>

#include "base/log.h"
#include "flow/content/codec.h"
#include "flow/json_text.h"
#include "flow/processors/checked_property.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr int kLevel = 6;

class Text final : public ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

base::Result<std::string> coded(Codec& codec, std::string_view bytes) {
  Text out;
  TRY_VOID(codec.feed(bytes, out));
  TRY_VOID(codec.finish(out));
  return std::move(out.text);
}

}  // namespace

std::string entities_text(const EntityTracking::Entities& entities) {
  std::string text = "{";
  for (const auto& [identifier, entity] : entities) {
    if (text.size() > 1) text += ',';
    append_json_string(text, identifier);
    text += ":{\"timestamp\":" + std::to_string(entity.modified_ms) + ",\"size\":" + std::to_string(entity.size) + "}";
  }
  return text + "}";
}

base::Result<EntityTracking::Entities> parse_entities(std::string_view text) {
  const auto wrong = [] { return base::fail(base::ErrorKind::InvalidValue, "the cached value is no listing"); };
  TRY(const auto document, parse_json(text));
  if (!document.is_object()) return wrong();
  EntityTracking::Entities entities;
  for (const auto& [identifier, value] : document.get_object()) {
    const auto* entity = value.if_object();
    const auto* time = entity != nullptr ? entity->if_contains("timestamp") : nullptr;
    const auto* size = entity != nullptr ? entity->if_contains("size") : nullptr;
    if (time == nullptr || size == nullptr || !time->is_int64() || !size->is_int64()) return wrong();
    entities[std::string(identifier)] = {time->get_int64(), static_cast<std::uint64_t>(size->get_int64())};
  }
  return entities;
}

base::Result<EntityTracking> EntityTracking::from(const Configuration& configuration, std::string key) {
  EntityTracking tracking;
  tracking.key_ = std::move(key);
  tracking.cache_ = configuration.service<MapCache>("Entity Tracking State Cache");
  if (tracking.cache_ == nullptr)
    return in_property(configuration, "Entity Tracking State Cache", "is required for the listing strategy 'entities'");
  tracking.window_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      configuration.duration("Entity Tracking Time Window").value_or(std::chrono::hours{3}));
  tracking.all_at_first_ = configuration.text("Entity Tracking Initial Listing Target") == "all";
  return tracking;
}

base::Status EntityTracking::begin(const Session& session, const std::string& scope, base::Instant now) {
  const auto before = session.state().find("freshet.scope");
  if (before != session.state().end() && before->second != scope) TRY_VOID(forget());
  since_ms_ = now.ns / 1'000'000 - window_.count();
  // What was taken and not kept did not become flowfiles, as far as anybody knows.
  if (std::exchange(changed_, false)) known_.reset();
  if (known_) return {};
  TRY(const auto kept, cache_->get(key_));
  if (!kept) {
    if (all_at_first_) since_ms_ = 0;
    known_.emplace();
    return {};
  }
  TRY(const auto gunzip, make_decompressor(Compression::Gzip));
  TRY(const auto text, coded(*gunzip, kept->value));
  TRY(known_, parse_entities(text));
  return {};
}

bool EntityTracking::take(std::string_view identifier, const Entity& entity) {
  if (entity.modified_ms < since_ms_) return false;
  const auto found = known_->find(identifier);
  if (found == known_->end()) {
    known_->emplace(identifier, entity);
  } else {
    if (entity.modified_ms <= found->second.modified_ms && entity.size == found->second.size) return false;
    found->second = entity;
  }
  changed_ = true;
  return true;
}

void EntityTracking::finish(Session& session, const std::string& scope) {
  const ComponentState state{{"freshet.scope", scope}};
  if (session.state() != state) session.set_state(state);
  if (std::erase_if(*known_, [&](const auto& known) { return known.second.modified_ms < since_ms_; }) > 0)
    changed_ = true;
  if (!changed_) return;
  session.after_commit([this] {
    // What is not kept may be listed again.
    if (const auto kept = keep(); !kept)
      LOG_WARN("flow.listing_not_kept key={} error=\"{}\"", key_, kept.error().message);
  });
}

base::Status EntityTracking::take_files(Session& session, const std::string& scope, const std::vector<FoundFile>& files,
                                        const std::function<void(const FoundFile&)>& emit) {
  bool emitted = false;
  for (const auto& file : files) {
    if (!take(file.path(), {file.modified_ms, file.size})) continue;
    emit(file);
    emitted = true;
  }
  finish(session, scope);
  if (!emitted) session.yield();
  return {};
}

base::Status EntityTracking::keep() {
  TRY(const auto gzip, make_compressor(Compression::Gzip, kLevel));
  TRY(const auto bytes, coded(*gzip, entities_text(*known_)));
  TRY_VOID(cache_->put(key_, bytes));
  changed_ = false;
  return {};
}

base::Status EntityTracking::forget() {
  known_.reset();
  changed_ = false;
  TRY_VOID(cache_->remove(key_));
  return {};
}

}  // namespace flow
