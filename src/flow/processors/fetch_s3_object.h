#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kFetchS3Object;

}  // namespace flow
