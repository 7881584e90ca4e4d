#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kPutSql;

}  // namespace flow
