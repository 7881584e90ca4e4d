#pragma once

#include "flow/description.h"

namespace flow {

/// Sends flowfiles where expressions over their attributes hold.
extern const Description kRouteOnAttribute;

}  // namespace flow
