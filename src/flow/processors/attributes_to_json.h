#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kAttributesToJson;

}  // namespace flow
