#pragma once

#include "flow/description.h"

namespace flow {

extern const Description kParquetReaderService;
extern const Description kParquetWriterService;

}  // namespace flow
