#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kFetchSftp;

}  // namespace flow
