#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/server.h"
#include "store/object_store.h"

namespace server::warehouse {

/// Signs and checks the URLs at which clients put and get the files of stages: each is for one method, one object and
/// an hour. Thread-safe.
class StageUrls {
 public:
  StageUrls(std::string secret, const base::WallClock& clock) : secret_(std::move(secret)), clock_(clock) {}
  enum class Use { Download, Upload, UploadIfAbsent };
  struct Object {
    Use use = Use::Download;
    std::string bucket, key;
  };
  /// Path and query, to stand behind "http://host:port".
  std::string sign(const Object& object) const;
  /// Errors: Denied (wrong, or too old).
  base::Result<Object> check(const http::Request& request) const;

 private:
  std::string signature(const Object& object, std::string_view expires) const;
  std::string secret_;
  const base::WallClock& clock_;
};

/// Serves those URLs, below /stage/. An upload's URL answers 404 to GET and HEAD, as drivers want it that look for the
/// file first; an object that is there and must not be replaced stays, with 200 and `x-freshet-skipped: true`. Source:
/// snowflake-wire.md 16.
class StageFiles final : public http::Service {
 public:
  StageFiles(const StageUrls& urls, store::ObjectStore& objects, http::Workers& workers)
      : urls_(urls), objects_(objects), workers_(workers) {}
  http::Awaitable<void> handle(http::Exchange& exchange) override;

 private:
  http::Awaitable<http::Response> receive(http::Exchange& exchange, StageUrls::Object object);
  http::Awaitable<void> send(http::Exchange& exchange, StageUrls::Object object);

  const StageUrls& urls_;
  store::ObjectStore& objects_;
  http::Workers& workers_;
};

}  // namespace server::warehouse
