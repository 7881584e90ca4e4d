#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "store/keys.h"

namespace store::s3 {

struct RemoteObject {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;           // without quotes
  std::string last_modified;  // as the server wrote it
};

struct RemoteBucket {
  std::string name;
  std::string created;
};

/// A blocking client of one S3 endpoint, path style, for one thread.
/// Errors: those of http::Client; NotFound, AlreadyExists, Denied, Conflict, InvalidValue by the server's answer, whose
/// code and message they carry. Source: Amazon S3 API Reference.
class S3Client {
 public:
  struct Options {
    std::string endpoint;  // http://host:port
    AccessKey key;
    std::string region = "us-east-1";
  };
  /// Errors: Unsupported for https.
  static base::Result<S3Client> connect(Options options, const base::WallClock& wall_clock);

  base::Result<std::vector<RemoteBucket>> list_buckets();
  base::Status create_bucket(const std::string& bucket);
  base::Status remove_bucket(const std::string& bucket);
  /// Hands over the objects whose keys begin with `prefix`, and with `delimiter` the common prefixes, page by page.
  base::Status list(const std::string& bucket, const std::string& prefix, std::string_view delimiter,
                    const std::function<base::Status(std::vector<RemoteObject>, std::vector<std::string>)>& page);
  base::Result<RemoteObject> head(const std::string& bucket, const std::string& key);
  base::Status get(const std::string& bucket, const std::string& key,
                   const std::function<base::Status(std::string_view)>& sink);
  base::Status put(const std::string& bucket, const std::string& key, http::BodySource body);
  base::Status remove(const std::string& bucket, const std::string& key);

 private:
  S3Client(Options options, std::string host, http::Client client, const base::WallClock& wall_clock);
  http::Request request(std::string method, const std::string& bucket, const std::string& key,
                        std::string query = {}) const;
  base::Result<http::Response> send(http::Request request);

  Options options_;
  std::string host_;  // as in the Host header
  http::Client client_;
  const base::WallClock& wall_clock_;
};

}  // namespace store::s3
