#pragma once

#include <string>

#include "engine/file_transfer.h"
#include "server/warehouse/job.h"
#include "server/warehouse/stage_files.h"

namespace server::warehouse {

/// The answer to PUT or GET: where the client moves the bytes, by presigned URLs of this server, which `host` reaches.
/// Source: snowflake-wire.md 16.
std::string render_transfer(const FinishedStatement& statement, const StageUrls& urls, const std::string& host);

}  // namespace server::warehouse
