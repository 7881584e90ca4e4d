#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kExecuteSql;
extern const Description kExecuteSqlRecord;

}  // namespace flow
