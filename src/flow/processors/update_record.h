#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kUpdateRecord;

}  // namespace flow
