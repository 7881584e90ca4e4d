#pragma once

#include <span>

#include "flow/database/database.h"
#include "flow/description.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {

constexpr Property kRollbackOnFailure{.name = "Rollback On Failure",
                                      .old_name = "rollback-on-failure",
                                      .help = "Whether a flowfile that failed goes back to its queue",
                                      .fallback = "false",
                                      .required = true,
                                      .kind = Property::Kind::Boolean};

/// Keeps with the transaction that is open that it writes this flowfile. False: it was written before a crash.
base::Result<bool> claim_write(Session& session, database::Connection& connection, const FlowFile& file);

/// Whether the same may succeed later.
bool is_transient(const base::Error& error);

/// Where flowfiles go whose statement failed.
class DatabaseWrites {
 public:
  DatabaseWrites(const Configuration& configuration, Session& session, bool rolls_back)
      : configuration_(configuration), session_(session), rolls_back_(rolls_back) {}
  /// To "retry" or to "failure" with "error.message", "error.code" and "error.sql.state"; or, where that is
  /// configured, nowhere: the error is for the trigger's answer.
  base::Status fail_all(std::span<FlowFile* const> files, const base::Error& error);

 private:
  const Configuration& configuration_;
  Session& session_;
  const bool rolls_back_;
};

}  // namespace flow
