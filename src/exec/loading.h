#pragma once

#include "engine/database.h"
#include "load/copy.h"
#include "load/pipe.h"
#include "store/object_store.h"

namespace exec {

/// What loading statements work with.
struct Loading {
  Loading(engine::Database& database, store::ObjectStore& store, load::PipeRunner::Options options = {})
      : objects(store), copy(database, store, claims), pipes(database, store, options) {}
  store::ObjectStore& objects;
  load::FileClaims claims;
  load::CopyCommand copy;
  load::PipeRunner pipes;
};

}  // namespace exec
