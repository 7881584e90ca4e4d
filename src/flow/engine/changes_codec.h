#pragma once

#include "flow/engine/repository.h"

namespace flow {

/// Back from encode(); the contents of flowfiles are looked up in `content`, and missing where they are gone.
base::Result<Changes> decode(std::string_view record, ContentStore& content);

}  // namespace flow
