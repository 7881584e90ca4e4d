#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kDeleteS3Object;

}  // namespace flow
