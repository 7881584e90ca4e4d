#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "engine/duckdb/connection.h"

namespace engine::duck {

/// Registers freshet_sequence(sequence BIGINT, step BIGINT) -> BIGINT: for every row the next value of the sequence.
/// `reserve` answers the first of `count` values.
base::Status register_sequences(
    Connection& connection,
    std::function<base::Result<std::int64_t>(std::int64_t sequence, std::int64_t count)> reserve);

/// Registers freshet_number(BIGINT) -> BIGINT: for every row the next value of the counter, whatever the argument. Runs
/// on all threads.
base::Status register_numbering(Connection& connection, std::shared_ptr<std::atomic<std::int64_t>> counter);

}  // namespace engine::duck
