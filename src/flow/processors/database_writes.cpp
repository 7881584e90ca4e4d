#include "flow/processors/database_writes.h"

#include <fmt/format.h>

namespace flow {

base::Result<bool> claim_write(Session& session, database::Connection& connection, const FlowFile& file) {
  if (!connection.keeps_tokens() || connection.auto_commit()) return true;
  // The database may learn the token only of what is there after a crash: else the number may come to name another
  // flowfile.
  TRY_VOID(session.make_durable(file));
  const auto token = session.sink_token(file);
  return connection.claim(token.source, token.id);
}

bool is_transient(const base::Error& error) {
  return error.kind == base::ErrorKind::Unavailable || error.kind == base::ErrorKind::Conflict ||
         error.kind == base::ErrorKind::Cancelled;
}

base::Status DatabaseWrites::fail_all(std::span<FlowFile* const> files, const base::Error& error) {
  // Of the flow's own disk, not of the database.
  if (error.kind == base::ErrorKind::Internal) return base::fail(error);
  auto message = fmt::format("{}: {}", configuration_.error_prefix(), error.message);
  if (rolls_back_)
    return base::fail(base::Error{base::ErrorKind::Conflict, error.number, error.sqlstate, message, std::nullopt});
  session_.log_error(std::move(message));
  const bool again = is_transient(error);
  for (auto* file : files) {
    session_.put_attribute(*file, "error.message", error.message);
    if (error.number != 0) session_.put_attribute(*file, "error.code", std::to_string(error.number));
    if (!error.sqlstate.empty()) session_.put_attribute(*file, "error.sql.state", error.sqlstate);
    session_.penalize(*file);
    session_.transfer(*file, again ? "retry" : "failure", error.message);
  }
  return {};
}

}  // namespace flow
