#pragma once

#include "flow/description.h"

namespace flow {

/// Replaces the content of a flowfile by that of a file.
extern const Description kFetchFile;

}  // namespace flow
