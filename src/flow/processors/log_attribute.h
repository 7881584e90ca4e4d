#pragma once

#include "flow/description.h"

namespace flow {

/// Writes attributes to the log.
extern const Description kLogAttribute;

}  // namespace flow
