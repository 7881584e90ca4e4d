#include "http/suspend.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "http/io_context.h"

namespace http {

namespace asio = boost::asio;

Awaitable<void> suspend(std::function<void(std::function<void()> resume)> start) {
  auto initiate = [&start](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    start([shared] { std::move (*shared)(); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
}

void post(IoThread& thread, std::function<void()> work) { asio::post(thread.context().io, std::move(work)); }

}  // namespace http
