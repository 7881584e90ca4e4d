#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kReplaceTextWithMapping;

}  // namespace flow
