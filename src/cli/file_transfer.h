#pragma once

#include <memory>
#include <string_view>

#include "engine/file_transfer.h"
#include "engine/statement_runner.h"
#include "store/object_store.h"

namespace cli {

/// Does what PUT and GET leave to their client: moves the files between this machine and the stage, and answers with
/// one row a file. With `objects` straight into the store; else by the URLs that `session`, on a server, is told.
/// Errors: InvalidValue (253005 the local folder, 253006 no such local file), those of disk and server.
/// Source: loading.md 2.7, 2.8.
base::Result<std::shared_ptr<const engine::ResultSet>> move_files(const engine::FileTransfer& transfer,
                                                                  std::string_view statement,
                                                                  engine::StatementSession& session,
                                                                  store::ObjectStore* objects);

}  // namespace cli
