#include "store/scrubber.h"

#include "base/log.h"
#include "http/message.h"

namespace store {
namespace {

constexpr std::chrono::minutes kRetry{1};

void log_damage(const Damage& damage) {
  LOG_ERROR("store.damaged what=\"{}\" bucket={} key={} version={} upload={} part={} file={} offset={}", damage.what,
            damage.bucket, http::percent_encode(damage.key, "/"), damage.version, damage.upload, damage.part,
            damage.file, damage.offset);
}

}  // namespace

Scrubber::Scrubber(ObjectStore& store, const base::Clock& clock, Options options)
    : store_(store), clock_(clock), options_(std::move(options)), thread_([this] { work(); }) {}

Scrubber::~Scrubber() {
  {
    const std::lock_guard lock(ending_mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  thread_.join();
}

void Scrubber::work() {
  for (std::chrono::nanoseconds pause{0}; wait(pause);) {
    const auto next = step();
    if (!next) LOG_WARN("store.scrub_failed error=\"{}\"", next.error().message);
    pause = next ? *next : kRetry;
  }
}

base::Result<std::chrono::nanoseconds> Scrubber::step() {
  TRY(auto position, store_.scrub_position());
  if (position.after.empty() && position.finished) {
    const auto rested = std::chrono::nanoseconds{clock_.now().ns - position.finished->ns};
    if (rested >= std::chrono::nanoseconds{0} && rested < options_.rest) return options_.rest - rested;
  }
  const auto pace = [this](std::uint64_t bytes) {
    bytes_ += bytes;
    if (options_.bytes_per_second == 0) return wait({});
    return wait(std::chrono::nanoseconds{
        static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(options_.bytes_per_second))});
  };
  TRY(const auto done, store_.scrub({.after = position.after, .bytes_max = options_.step_bytes, .pace = pace}));
  versions_ += done.versions + done.parts;
  for (const auto& damage : done.damage) log_damage(damage);
  if (done.stopped && done.next.empty()) return std::chrono::nanoseconds{0};
  position.after = done.next;
  if (done.next.empty()) position.finished = clock_.now();
  TRY_VOID(store_.keep_scrub_position(position));
  if (!done.next.empty()) return std::chrono::nanoseconds{0};
  ++rounds_;
  LOG_INFO("store.scrubbed versions={} bytes={} damaged={}", versions_.load(), bytes_.load(), store_.damaged().size());
  options_.on_round();
  return options_.rest;
}

bool Scrubber::wait(std::chrono::nanoseconds time) {
  std::unique_lock lock(ending_mutex_);
  return !ending_.wait_for(lock, time, [this] { return ended_; });
}

}  // namespace store
