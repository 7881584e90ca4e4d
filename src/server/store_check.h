#pragma once

#include <string>

#include "http/server.h"
#include "store/object_store.h"

namespace server {

/// A check of an object store as lines of JSON, piece by piece:
///   {"damage": {"what", "bucket", "key", "version", "upload", "part", "file", "offset"}}   for each
///   {"read": {"versions", "parts", "bytes", "unverifiable"}}   so far, while bytes are read
///   {"checked": {"versions", "parts", "events", "files", "unknown_files", "damaged"}}   at the end
///   {"failed": "message"}   instead, when it could not be finished
class StoreCheck {
 public:
  enum class Depth { Index, Bytes };
  /// The store must outlive it.
  StoreCheck(store::ObjectStore& store, Depth depth) : store_(store), depth_(depth) {}
  /// The next lines, or nothing behind the last. Blocks.
  std::string next();

 private:
  base::Result<std::string> check();
  base::Result<std::string> read();
  std::string end();

  store::ObjectStore& store_;
  const Depth depth_;
  enum class Stage { Index, Bytes, End, Over } stage_ = Stage::Index;
  store::CheckReport report_;
  store::ScrubStep read_;  // all that was
};

/// POST /store/check, with ?deep to read bytes too: lets `freshet s3 check` look at a store that a server holds. Wants
/// the data directory's access token ("Authorization: Bearer ...").
class StoreCheckService final : public http::Service {
 public:
  StoreCheckService(std::string access_token, store::ObjectStore& store, http::Workers& workers)
      : access_token_(std::move(access_token)), store_(store), workers_(workers) {}
  http::Awaitable<void> handle(http::Exchange& exchange) override;

 private:
  const std::string access_token_;
  store::ObjectStore& store_;
  http::Workers& workers_;
};

}  // namespace server
