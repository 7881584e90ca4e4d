#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kExecuteProcess;

}  // namespace flow
