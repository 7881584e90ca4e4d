#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kCsvReaderService;
extern const Description kCsvWriterService;

}  // namespace flow
