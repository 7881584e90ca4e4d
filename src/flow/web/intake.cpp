#include "flow/web/intake.h"

#include <utility>

#include "base/assert.h"

namespace flow::web {
namespace {

/// Of one session: a commit of more holds up those who wait.
constexpr std::size_t kBatchMax = 4096;

}  // namespace

Intake::Intake(const Session& origin, http::IoThread& thread, std::string relationship)
    : origin_(origin), thread_(thread), relationship_(std::move(relationship)), worker_([this] { work(); }) {}

Intake::~Intake() {
  {
    const std::lock_guard lock(waiting_mutex_);
    ASSERT(waiting_.empty());
    ends_ = true;
  }
  came_.notify_one();
  worker_.join();
}

http::Awaitable<base::Status> Intake::put(Message message) {
  Waiting waiting{.message = std::move(message), .resume = {}};
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    waiting.resume = std::move(resume);
    const std::lock_guard lock(waiting_mutex_);
    waiting_.push_back(&waiting);
    if (waiting_.size() == 1) came_.notify_one();
  };
  co_await http::suspend(std::move(start));
  co_return std::move(waiting.outcome);
}

void Intake::work() {
  std::unique_lock lock(waiting_mutex_);
  for (;;) {
    came_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Batch batch;
    if (waiting_.size() <= kBatchMax) {
      batch.swap(waiting_);
    } else {
      const auto end = waiting_.begin() + kBatchMax;
      batch.assign(waiting_.begin(), end);
      waiting_.erase(waiting_.begin(), end);
    }
    lock.unlock();
    const auto outcome = store(batch);
    http::post(thread_, [batch = std::move(batch), outcome] {
      for (auto* waiting : batch) {
        waiting->outcome = outcome;
        const auto resume = std::move(waiting->resume);  // which ends `waiting`
        resume();
      }
    });
    lock.lock();
  }
}

base::Status Intake::store(const Batch& batch) const {
  const auto session = origin_.sibling();
  TRY(auto writer, session->begin_write());
  std::string bytes;
  for (const auto* waiting : batch) bytes += waiting->message.body;
  TRY_VOID(writer.append(bytes));
  const auto content = writer.finish();
  auto offset = content.offset;
  for (auto* waiting : batch) {
    auto& file = session->create();
    const auto size = waiting->message.body.size();
    if (size > 0) session->set_content(file, {content.file, offset, size});
    offset += size;
    for (auto& [name, value] : waiting->message.attributes) session->put_attribute(file, name, std::move(value));
    session->transfer(file, relationship_);
  }
  return commit(*session);
}

base::Status Intake::commit(Session& session) {
  session.after_commit([] {});  // which waits until it is durable
  return session.commit();
}

}  // namespace flow::web
