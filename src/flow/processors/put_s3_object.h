#pragma once

#include "flow/description.h"

namespace flow {

/// Writes the content of a flowfile as an object.
extern const Description kPutS3Object;

}  // namespace flow
