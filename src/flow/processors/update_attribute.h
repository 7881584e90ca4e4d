#pragma once

#include "flow/description.h"

namespace flow {

/// Sets and removes attributes.
extern const Description kUpdateAttribute;

}  // namespace flow
