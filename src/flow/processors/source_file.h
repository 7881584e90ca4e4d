#pragma once

#include <sys/stat.h>

#include <string>

#include "flow/engine/session.h"

namespace flow {

/// Reads the file into content. Errors: NotFound; Denied; Conflict when the file changed while it was read (it must not
/// be kept torn); InvalidValue for what is no regular file.
base::Result<ContentClaim> read_source_file(Session& session, const std::string& path);

/// All of a file that a property names. The same errors, and InvalidValue when it is larger than 1 MB.
base::Result<std::string> read_small_file(const std::string& path);

}  // namespace flow
