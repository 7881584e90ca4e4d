#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kListS3;

}  // namespace flow
