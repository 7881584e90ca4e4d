#pragma once

#include <functional>

#include "http/server.h"

namespace http {

/// Suspends the coroutine. `start` is given what resumes it: to be called once, on the I/O thread, not from `start`.
Awaitable<void> suspend(std::function<void(std::function<void()> resume)> start);

/// Runs `work` on the I/O thread soon. Of any thread.
void post(IoThread& thread, std::function<void()> work);

}  // namespace http
