#pragma once

#include "engine/database.h"
#include "load/copy.h"
#include "store/object_store.h"

namespace exec {

/// What loading statements work with.
struct Loading {
  Loading(engine::Database& database, store::ObjectStore& store) : objects(store), copy(database, store, claims) {}
  store::ObjectStore& objects;
  load::FileClaims claims;
  load::CopyCommand copy;
};

}  // namespace exec
