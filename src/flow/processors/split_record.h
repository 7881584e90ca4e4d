#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kSplitRecord;

}  // namespace flow
