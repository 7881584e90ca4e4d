#pragma once

#include "flow/description.h"

namespace flow {

/// Makes flowfiles of given or random content.
extern const Description kGenerateFlowFile;

}  // namespace flow
