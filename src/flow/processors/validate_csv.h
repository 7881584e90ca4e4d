#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kValidateCsv;

}  // namespace flow
