#pragma once

#include "engine/relation_source.h"
#include "engine/result_set.h"
#include "engine/work.h"

namespace engine {

/// A materialised result as a relation of the statement: a scratch table of `work`, filled by chunks of memory.
/// Errors: Internal when a value is not of its column's type.
base::Result<Relation> relation_of(const ResultSet& result, Work& work);

}  // namespace engine
