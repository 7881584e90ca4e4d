#include "flow/engine/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "flow/engine/engine.h"

namespace flow {

namespace {

/// Of a flowfile that Java's expression language can read like attributes, before those.
constexpr std::string_view kProperties[] = {"flowFileId",       "fileSize",      "entryDate",
                                            "lineageStartDate", "lastQueueDate", "queueDateIndex"};
std::optional<std::string> property_of(const FlowFile& file, std::string_view name) {
  const auto ms = [](base::Instant at) { return std::to_string(at.ns / 1'000'000); };
  if (name == "flowFileId") return std::to_string(file.id);
  if (name == "fileSize") return std::to_string(file.size());
  if (name == "entryDate") return ms(file.entered);
  if (name == "lineageStartDate") return ms(file.lineage_start);
  if (name == "lastQueueDate") return ms(file.queued);
  if (name == "queueDateIndex") return std::to_string(file.queue_index);
  return std::nullopt;
}

}  // namespace

std::string make_uuid(base::Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  auto high = random.next(), low = random.next();
  high = (high & ~std::uint64_t{0xF000}) | 0x4000;  // version: by chance
  low = (low & ~(std::uint64_t{3} << 62)) | (std::uint64_t{1} << 63);
  std::string uuid(36, '-');
  std::size_t at = 0;
  for (const auto half : {high, low}) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
      uuid[at++] = kDigits[(half >> shift) & 0xF];
    }
  }
  return uuid;
}

Session::Session(Engine& engine, Component& component)
    : engine_(engine),
      component_(component),
      state_(engine.repository_.state_of(component.id)),
      random_(engine.next_random()) {}

Session::~Session() {
  kept_ = {};
  if (!files_.empty() || !expired_.empty()) rollback(false);
}

bool Session::is_source() const { return component_.source; }

bool Session::outputs_full() const {
  const std::lock_guard lock(engine_.state_mutex_);
  return !engine_.has_room(component_);
}

Session::Working& Session::working(const FlowFile& file) {
  // All that a processor is given are parts of Working, of which files_ is the owner.
  auto& entry = const_cast<Working&>(static_cast<const Working&>(file));
  ASSERT(entry.session == this);
  return entry;
}

FlowFile* Session::get() {
  const auto files = get(1);
  return files.empty() ? nullptr : files.front();
}

std::vector<FlowFile*> Session::get(std::size_t most) {
  auto at = files_.size();
  engine_.poll(component_, *this, most);
  std::vector<FlowFile*> files;
  for (files.reserve(files_.size() - at); at < files_.size(); ++at) files.push_back(&files_[at]);
  return files;
}

Session::Working& Session::add_created(FlowFile file, const FlowFile* parent, EventType born) {
  file.id = engine_.repository_.next_file_id();
  file.attributes["uuid"] = new_uuid();
  file.entered = engine_.services_.clock.now();
  file.penalty_ends = {};
  if (parent == nullptr) {
    file.lineage_start = file.entered;
    file.lineage_index = file.id;
  }
  auto& entry = files_.emplace_back(std::move(file), this);
  entry.parent = parent;
  entry.born = born;
  return entry;
}

std::string Session::new_uuid() { return make_uuid(random_); }

FlowFile& Session::create() {
  auto& file = add_created({}, nullptr, EventType::Create);
  file.attributes.emplace("filename", file.attribute("uuid"));
  file.attributes.emplace("path", "./");
  return file;
}

FlowFile& Session::create(const FlowFile& parent) {
  FlowFile file;
  file.attributes = parent.attributes;
  for (const auto* name : {"alternate.identifier", "discard.reason"}) file.attributes.erase(name);
  file.lineage_start = parent.lineage_start;
  file.lineage_index = parent.lineage_index;
  return add_created(std::move(file), &parent, EventType::Fork);
}

FlowFile& Session::create(std::span<const FlowFile* const> parents) {
  if (parents.empty()) return create();
  FlowFile file;
  file.attributes = parents.front()->attributes;
  for (const auto* parent : parents.subspan(1))
    erase_if(file.attributes, [&](const auto& entry) {
      const auto found = parent->attributes.find(entry.first);
      return found == parent->attributes.end() || found->second != entry.second;
    });
  for (const auto* name : {"alternate.identifier", "discard.reason"}) file.attributes.erase(name);
  const auto& oldest = **std::ranges::min_element(
      parents, {}, [](const FlowFile* parent) { return std::pair(parent->lineage_start, parent->lineage_index); });
  file.lineage_start = oldest.lineage_start;
  file.lineage_index = oldest.lineage_index;
  auto& created = add_created(std::move(file), parents.front(), EventType::Join);
  for (const auto* parent : parents) created.made_of.push_back(parent->attributes.at("uuid"));
  created.attributes.emplace("filename", created.attribute("uuid"));
  created.attributes.emplace("path", "./");
  return created;
}

FlowFile& Session::clone(const FlowFile& file) { return add_created(file, &file, EventType::Clone); }

base::Result<FlowFile*> Session::clone(const FlowFile& file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("bytes {} to {} lie beyond the content, which has {}",
                                                                 offset, offset + size, file.size()));
  const bool whole = offset == 0 && size == file.size();
  auto& cloned = add_created(file, &file, whole ? EventType::Clone : EventType::Fork);
  cloned.content = size == 0 ? ContentClaim{} : ContentClaim{file.content.file, file.content.offset + offset, size};
  return &cloned;
}

void Session::put_attribute(FlowFile& file, std::string_view name, std::string value) {
  if (name == "uuid") return;
  file.attributes.insert_or_assign(std::string(name), std::move(value));
}

void Session::remove_attribute(FlowFile& file, std::string_view name) {
  if (name == "uuid" || name == "filename" || name == "path") return;
  if (const auto found = file.attributes.find(name); found != file.attributes.end()) file.attributes.erase(found);
}

ContentReader Session::read(const FlowFile& file) {
  count_bytes_in(file.size());
  return ContentReader(file.content);
}

base::Result<ContentWriter> Session::begin_write() { return engine_.repository_.content().begin_write(); }

void Session::set_content(FlowFile& file, ContentClaim claim) {
  bytes_written_ += claim.length;
  file.content = std::move(claim);
}

void Session::penalize(FlowFile& file) { file.penalty_ends = engine_.services_.clock.now() + component_.penalty; }

void Session::transfer(FlowFile& file, std::string_view relationship, std::string reason) {
  auto& entry = working(file);
  entry.relationship = relationship;
  entry.reason = std::move(reason);
}

void Session::transfer_all(std::span<FlowFile* const> files, std::string_view relationship) {
  for (const auto* file : files) working(*file).relationship = relationship;
}

void Session::give_back(FlowFile& file) { working(file).back = true; }
void Session::remove(FlowFile& file) { working(file).removed = true; }

void Session::set_state(ComponentState state) {
  state_ = std::move(state);
  state_changed_ = true;
}

base::Status Session::make_durable(const FlowFile& file) {
  return engine_.repository_.sync(working(file).original->log_position);
}

SinkToken Session::sink_token(const FlowFile& file) {
  const auto& original = *working(file).original;
  SinkToken token{component_.id, fmt::format("{}-{}", original.id, original.queue_index)};
  tokens_.push_back(token);
  return token;
}

base::Result<std::string> Session::evaluate(const el::Expression& expression, const FlowFile& file,
                                            const EvaluateOptions& options) const {
  // One reference only: a function that holds more is put on the heap.
  const struct {
    const Session& session;
    const FlowFile& file;
    const EvaluateOptions& options;
  } given{*this, file, options};
  const el::Context context{.find =
                                [&given](std::string_view name) {
                                  return given.session.engine_.environment_value(given.session.component_, name);
                                },
                            .first = [&given](std::string_view name) -> std::optional<std::string> {
                              const auto* extra = given.options.extra;
                              if (extra != nullptr)
                                if (const auto found = extra->find(name); found != extra->end()) return found->second;
                              return property_of(given.file, name);
                            },
                            .first_names = kProperties,
                            .attributes = &file.attributes,
                            .state = [&given](std::string_view key) -> std::optional<std::string> {
                              const auto* own = given.options.state;
                              const auto& state = own != nullptr ? *own : given.session.state_;
                              const auto found = state.find(std::string(key));
                              return found == state.end() ? std::nullopt : std::optional(found->second);
                            },
                            .now = engine_.services_.clock.now(),
                            .hostname = engine_.environment_.hostname,
                            .host_address = engine_.environment_.host_address,
                            .time_zone = engine_.environment_.time_zone,
                            .dates = component_.configuration.dates(),
                            .random = &random_,
                            .counter = &engine_.counter_,
                            .decorate = options.decorate};
  return expression.evaluate(context);
}

const std::string& Session::time_zone() const { return engine_.environment_.time_zone; }

void Session::log(BulletinLevel level, std::string message) {
  const std::lock_guard lock(engine_.state_mutex_);
  engine_.bulletin(component_, level, std::move(message));
}

void Session::report(EventType type, const FlowFile& file, EventReport report) {
  auto& entry = working(file);
  reported_.push_back({type, &entry, std::move(report), engine_.services_.clock.now(), entry.attributes});
}

std::unique_ptr<Session> Session::sibling() const { return std::make_unique<Session>(engine_, component_); }

FlowFile& Session::move_to(Session& other, FlowFile& file) {
  auto& entry = working(file);
  auto& moved = other.files_.emplace_back(entry);
  moved.session = &other;
  entry.original = nullptr;
  entry.removed = true;  // leaves no trace here
  did_something_ = true;
  return moved;
}

base::Status Session::commit() {
  auto outcome = in_slice_ ? engine_.check_transfers(*this) : engine_.commit(*this);
  if (!outcome) {
    rollback(false);
    return outcome;
  }
  if (in_slice_) {
    kept_ = {.files = files_.size(),
             .expired = expired_.size(),
             .actions = after_commit_.size(),
             .tokens = tokens_.size(),
             .reported = reported_.size(),
             .counters = counters_,
             .state = state_changed_ ? std::optional(state_) : std::nullopt};
    return {};
  }
  auto actions = std::exchange(after_commit_, {});
  clear();
  if (actions.empty()) return {};
  // What follows cannot be undone, so the commit must be safe first.
  if (auto synced = engine_.repository_.sync(); !synced) {
    engine_.defer(std::move(actions));
    return synced;
  }
  for (const auto& action : actions) action();
  return {};
}

base::Status Session::end_slice() {
  in_slice_ = false;
  kept_ = {};
  return commit();
}

void Session::rollback(bool penalize) {
  engine_.rollback(*this, penalize);
  clear();
}

/// Forgets what is not kept.
void Session::clear() {
  while (files_.size() > kept_.files) files_.pop_back();
  expired_.resize(kept_.expired);
  tokens_.resize(kept_.tokens);
  after_commit_.resize(kept_.actions);
  reported_.erase(reported_.begin() + static_cast<std::ptrdiff_t>(kept_.reported), reported_.end());
  counters_ = kept_.counters;
  if (state_changed_) state_ = kept_.state.value_or(engine_.repository_.state_of(component_.id));
  state_changed_ = kept_.state.has_value();
}

}  // namespace flow
