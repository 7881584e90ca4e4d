#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>

#include "http/io_context.h"

namespace http {

namespace asio = boost::asio;

IoThread::IoThread() : context_(std::make_unique<Context>()) {
  context_->thread = std::thread([context = context_.get()] { context->io.run(); });
}

IoThread::~IoThread() {
  context_->work.reset();
  context_->io.stop();
  context_->thread.join();
}

struct Workers::Pool {
  explicit Pool(std::size_t count) : count(count) {}
  /// An idle thread holds some 40 KB: none is there before there is work.
  asio::thread_pool& running() {
    std::call_once(started, [this] { threads.emplace(count); });
    return *threads;
  }
  const std::size_t count;
  std::once_flag started;
  std::optional<asio::thread_pool> threads;
};

Workers::Workers(std::size_t threads) : pool_(std::make_unique<Pool>(threads)) {}
Workers::~Workers() {
  if (pool_->threads) pool_->threads->join();
}

Awaitable<void> Workers::run(std::function<void()> work) {
  // Completion is posted back to the executor of the awaiting coroutine.
  auto executor = co_await asio::this_coro::executor;
  auto* pool = &pool_->running();
  auto initiate = [&work, executor, pool](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(*pool, [&work, executor, shared] {
      work();
      asio::post(executor, [shared] { std::move (*shared)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
}

void Workers::post(std::function<void()> work) { asio::post(pool_->running(), std::move(work)); }

Awaitable<void> run_on_own_thread(std::function<void()> work) {
  auto executor = co_await asio::this_coro::executor;
  std::thread thread;
  auto initiate = [&work, &thread, executor](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    // The guard keeps the loop alive until the answer is posted.
    thread = std::thread([&work, guard = asio::make_work_guard(executor), executor, shared] {
      work();
      asio::post(executor, [shared] { std::move (*shared)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
  thread.join();
}

Awaitable<base::Result<std::string>> Exchange::read_some(std::size_t limit) {
  if (const auto length = content_length()) limit = std::min<std::uint64_t>(limit, *length);
  std::string piece;
  std::size_t filled = 0;
  // A client may stop behind any byte: what is set aside for its body grows with what came of it.
  while (filled == piece.size() && filled < limit) {
    piece.resize(std::min(limit, std::max<std::size_t>(filled * 4, 16 << 10)));
    CO_TRY(const auto count, co_await read(std::span(piece).subspan(filled)));
    filled += count;
  }
  piece.resize(filled);
  co_return piece;
}

Awaitable<base::Result<std::string>> read_body(Exchange& exchange, std::size_t limit) {
  std::string body;
  for (;;) {
    CO_TRY(auto piece, co_await exchange.read_some(256 << 10));
    if (piece.empty()) co_return body;
    if (body.size() + piece.size() > limit)
      co_return base::fail(base::ErrorKind::InvalidValue,
                           fmt::format("the request body is longer than {} bytes", limit));
    body += piece;
  }
}

}  // namespace http
