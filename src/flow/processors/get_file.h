#pragma once

#include "flow/description.h"

namespace flow {

/// Takes files out of a directory.
extern const Description kGetFile;

}  // namespace flow
