#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kRetryFlowFile;

}  // namespace flow
