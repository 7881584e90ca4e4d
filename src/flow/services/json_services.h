#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kJsonTreeReaderService;
extern const Description kJsonWriterService;

}  // namespace flow
