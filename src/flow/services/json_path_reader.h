#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kJsonPathReaderService;

}  // namespace flow
