#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kMonitorActivity;

}  // namespace flow
