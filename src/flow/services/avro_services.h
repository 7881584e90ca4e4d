#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kAvroReaderService;
extern const Description kAvroWriterService;

}  // namespace flow
