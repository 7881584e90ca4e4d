#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kQueryDatabaseTable;
extern const Description kQueryDatabaseTableRecord;

}  // namespace flow
