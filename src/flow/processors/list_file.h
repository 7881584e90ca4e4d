#pragma once

#include "flow/description.h"

namespace flow {

/// Lists new files of a directory, without their content; what it listed is its state.
extern const Description kListFile;

}  // namespace flow
