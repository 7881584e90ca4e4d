#pragma once

#include "load/pipe.h"

namespace load {

/// What the runner knows of one pipe; private to its sources.
struct PipeRunner::Pipe {
  std::uint64_t saved = 0;  // cursor in the database: all events up to it are handled
  std::uint64_t taken = 0;  // all events up to it have been looked at
  std::deque<QueuedFile> waiting;
  std::set<std::string> waiting_paths, known_paths;  // "bucket/key"
  std::uint64_t ignored_events = 0;
  std::string error;  // of the last try; empty when it went well
  bool compilation_error = false;
  std::optional<std::int64_t> received_ns, forwarded_ns, ingested_ns, error_ns;
  std::string forwarded_path, ingested_path;

  std::uint64_t cursor() const {
    for (const QueuedFile& file : waiting)
      if (file.event != 0) return file.event - 1;
    return taken;
  }
};

/// The COPY of a pipe; `restricted` to what its owner may do.
base::Result<CopyPlan> plan_pipe(const catalog::Snapshot& catalog, const catalog::Record& pipe, base::Instant now,
                                 bool restricted);
/// Where a pipe reads: its stage with the path of its COPY.
base::Result<StageLocation> pipe_location(const catalog::Snapshot& catalog, const catalog::Record& pipe);

}  // namespace load
