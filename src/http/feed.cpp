#include "http/feed.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "http/stream.h"

namespace http {

namespace asio = boost::asio;

namespace {
constexpr std::size_t kFirstPieceBytes = 16 << 10;
}

struct Feed::State : std::enable_shared_from_this<State> {
  State(std::size_t most, Take taker) : bytes_max(most), take(std::move(taker)) {}

  const std::size_t bytes_max;
  const Take take;
  /// Of the I/O thread, while put() or ended() waits.
  std::optional<asio::steady_timer> event;

  std::mutex mutex;  // of all below
  std::deque<base::Bytes> waiting;
  std::size_t bytes = 0;
  bool taking = false;
  bool refused = false;
  Condition awaited;  // empty: nobody waits

  void drain() {
    std::unique_lock lock(mutex);
    while (!waiting.empty()) {
      auto piece = std::move(waiting.front());
      waiting.pop_front();
      const auto size = piece.size();
      lock.unlock();
      const bool wants_more = take(std::move(piece));
      lock.lock();
      bytes -= size;
      if (!wants_more) {
        refused = true;
        waiting.clear();
        bytes = 0;
      }
      tell(lock);
    }
    taking = false;
    tell(lock);
  }

  /// To who waits, if it waits for what is now. Without the lock, which the other thread wants at once.
  void tell(std::unique_lock<std::mutex>& lock) {
    if (!awaited || !awaited(*this)) return;
    awaited = {};
    lock.unlock();
    asio::post(event->get_executor(), [self = shared_from_this()] { self->event->cancel(); });
    lock.lock();
  }
};

Feed::Feed(Workers& workers, std::size_t bytes_max, Take take)
    : workers_(workers), state_(std::make_shared<State>(bytes_max, std::move(take))) {}

Feed::~Feed() {
  const std::lock_guard lock(state_->mutex);
  ASSERT(!state_->taking);
}

Awaitable<void> Feed::until(Condition holds) {
  if (!state_->event) {
    auto executor = co_await asio::this_coro::executor;
    state_->event.emplace(executor, asio::steady_timer::time_point::max());
  }
  for (;;) {
    {
      const std::lock_guard lock(state_->mutex);
      if (holds(*state_)) co_return;
      state_->awaited = holds;
    }
    (void)co_await state_->event->async_wait(kToken());
  }
}

Awaitable<bool> Feed::put(base::Bytes piece) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->refused) co_return false;
    state_->bytes += piece.size();
    state_->waiting.push_back(std::move(piece));
    if (!std::exchange(state_->taking, true)) workers_.post([state = state_] { state->drain(); });
    if (state_->bytes < state_->bytes_max) co_return true;
  }
  // For several pieces at once: to be woken costs as much as to read one.
  Condition has_room = [](const State& state) { return state.refused || state.bytes <= state.bytes_max / 2; };
  co_await until(std::move(has_room));
  const std::lock_guard lock(state_->mutex);
  co_return !state_->refused;
}

Awaitable<base::Status> Feed::put_body(Exchange& exchange, std::size_t piece_bytes) {
  base::Result<std::size_t> count = 0;
  // A client may stop behind any byte: what is set aside for its body grows with what came of it.
  auto next_bytes = std::min(kFirstPieceBytes, piece_bytes);
  for (bool goes_on = true; goes_on;) {
    base::Bytes piece;
    count = co_await exchange.read(piece.grow(next_bytes));
    piece.shrink(count.value_or(0));
    goes_on = count && *count > 0 && co_await put(std::move(piece));
    next_bytes = std::min(next_bytes * 4, piece_bytes);
  }
  co_await ended();
  if (!count) co_return base::fail(count.error());
  co_return base::Status{};
}

Awaitable<void> Feed::ended() {
  Condition has_ended = [](const State& state) { return !state.taking; };
  co_await until(std::move(has_ended));
}

}  // namespace http
