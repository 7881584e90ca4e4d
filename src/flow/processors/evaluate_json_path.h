#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kEvaluateJsonPath;

}  // namespace flow
