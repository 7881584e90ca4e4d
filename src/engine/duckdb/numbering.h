#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/duckdb/connection.h"

namespace engine::duck {

/// Registers freshet_number(BIGINT) -> BIGINT: for every row the next value of the counter, whatever the argument. Runs on all threads.
base::Status register_numbering(Connection& connection, std::shared_ptr<std::atomic<std::int64_t>> counter);

}  // namespace engine::duck
