#pragma once

#include "engine/database.h"
#include "load/copy.h"
#include "load/pipe.h"
#include "store/buckets.h"

namespace exec {

/// What loading statements work with.
struct Loading {
  Loading(engine::Database& database, store::Buckets& files, load::PipeRunner::Options options = {})
      : buckets(files), copy(database, files, claims), pipes(database, files, options) {}
  store::Buckets& buckets;
  load::FileClaims claims;
  load::CopyCommand copy;
  load::PipeRunner pipes;
};

}  // namespace exec
