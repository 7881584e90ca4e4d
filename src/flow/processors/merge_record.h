#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kMergeRecord;

}  // namespace flow
