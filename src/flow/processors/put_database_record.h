#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kPutDatabaseRecord;

}  // namespace flow
