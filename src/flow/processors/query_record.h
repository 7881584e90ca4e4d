#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kQueryRecord;

}  // namespace flow
