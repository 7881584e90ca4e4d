#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kGetSnowflakeIngestStatus;
extern const Description kPutSnowflakeInternalStage;
extern const Description kStartSnowflakeIngest;

}  // namespace flow
