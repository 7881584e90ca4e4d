#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kTagS3Object;

}  // namespace flow
