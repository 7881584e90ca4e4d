#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "server/warehouse/job.h"

namespace server::warehouse {

class StageUrls;

/// Reads the body of a query request. Errors: InvalidValue.
base::Result<QueryRequest> parse_query_request(std::string_view body, const engine::SessionState& state);

/// Whether the body asks to be answered before the statement ends, and the id of the request to abort.
bool asks_for_asynchronous(std::string_view body);
std::string request_to_abort(std::string_view body);

/// The answer of a finished job; `query_id` picks one of several statements, the job's own id the whole. Without `urls`
/// files cannot be moved.
std::string render_answer(const Job& job, std::string_view query_id, base::Instant now,
                          const StageUrls* urls = nullptr);

/// /monitoring/queries/<id>; null: unknown.
std::string render_status(const Job* job);

}  // namespace server::warehouse
