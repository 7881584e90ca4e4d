#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "store/keys.h"
#include "store/object.h"
#include "store/s3/body.h"
#include "store/s3/credentials.h"
#include "store/s3/endpoint.h"
#include "store/s3/environment.h"
#include "store/s3/refusal.h"
#include "store/s3/retry.h"

namespace store::s3 {

struct Operation;
struct Answer;
class Caller;

struct RemoteObject {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;           // without quotes
  std::string last_modified;  // as the server wrote it
};

/// What an answer to HEAD, GET or PUT says of one object.
struct RemoteDetails : RemoteObject {
  std::string content_type;
  std::string version_id;
  NameValues metadata;  // without x-amz-meta-
  std::optional<Checksum> checksum;
  http::Headers headers;  // all of them
};

/// An object, or a version of one, with all that a listing says of it.
struct RemoteVersion : RemoteObject {
  std::string version_id;  // empty in listings of objects
  std::string owner;       // id; empty where the server does not say
  std::string storage_class;
  bool is_latest = true;
};

struct ListQuery {
  enum class Kind { Objects, ObjectsV2, Versions };
  std::string prefix;
  std::string delimiter;  // keys that have it behind the prefix are left out
  Kind kind = Kind::ObjectsV2;
  bool requester_pays = false;
};

/// One version of an object; without an id the newest.
struct VersionOptions {
  std::string version_id;
  bool requester_pays = false;
  Refusal* refusal = nullptr;
};

struct RemoteBucket {
  std::string name;
  std::string created;
};

/// An upload in parts that was neither completed nor aborted.
struct RemoteUpload {
  std::string key;
  std::string id;
  std::string initiated;  // ISO 8601
};

struct RemotePart {
  int number = 1;
  std::string etag;
  std::uint64_t size = 0;
  std::string checksum;  // base64, of the client's algorithm; empty when none was sent
};

/// A stretch of an object that becomes a part of another.
struct CopySource {
  std::string bucket;
  std::string key;
  std::string etag;  // only from this version
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// A key that a batch could not remove.
struct RemovalFailure {
  std::string key;
  std::string code;
  std::string message;
};

enum class Overwrite { Yes, No };

struct PutOptions {
  std::string content_type;
  http::Headers headers;  // x-amz-meta-*, x-amz-storage-class, cache-control and the like
  Overwrite overwrite = Overwrite::Yes;
  std::string if_match;        // an ETag: only over this object
  Refusal* refusal = nullptr;  // gets what the server answered, when it refused
};

struct GetOptions {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // none: to the end
  std::string if_match;
  std::string version_id;
  bool requester_pays = false;
  RemoteDetails* details = nullptr;  // gets what the answer says, before the first byte
  Refusal* refusal = nullptr;
};

/// A client of one S3 endpoint, for any number of threads. Errors: those of http::Client; NotFound, AlreadyExists,
/// Denied, Conflict, InvalidValue, Unavailable by the server's answer, whose code and message they carry.
/// Repeats what may be repeated (see Caller and RetryPolicy). Over plain HTTP bodies are hashed, under TLS they are
/// not; either way objects carry a checksum, unless the server refuses that. Source: Amazon S3 API Reference.
class S3Client {
 public:
  struct Options {
    std::string endpoint;  // http://host:port, https://host; empty: by the environment
    AccessKey key;         // without one: the credentials that the environment leads to
    std::string session_token;
    std::string region;  // empty: by the environment, else us-east-1
    Addressing addressing = Addressing::Automatic;
    bool anonymous = false;                     // go on without a key when none is found
    const Environment* environment = nullptr;   // none: an empty one
    Sleeper* sleeper = nullptr;                 // none: the system's
    std::optional<std::uint64_t> retry_seed{};  // none: chance
    RetryPolicy::Options retry{};               // AWS_MAX_ATTEMPTS counts for more
    /// Of uploads; none: only where S3 demands one (also by AWS_REQUEST_CHECKSUM_CALCULATION=when_required).
    std::optional<ChecksumAlgorithm> checksum = ChecksumAlgorithm::Crc32;
    bool hash_plain_bodies = true;  // over plain HTTP; needless where the server is this machine's own
    bool verify_certificates = true;
    std::string ca_bundle{};  // PEM; empty: AWS_CA_BUNDLE, beside the system's authorities
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{60'000};  // of each read and write
  };
  /// What the options point to, and the clock, outlive the client. Nothing is sent yet, but the
  /// metadata service of an instance is asked for the region when nothing else names an endpoint or a region.
  /// Errors: InvalidValue for an endpoint that is no URL, or a bundle that cannot be read.
  static base::Result<S3Client> connect(Options options, const base::WallClock& wall_clock);
  ~S3Client();
  S3Client(S3Client&&) noexcept;

  base::Result<std::vector<RemoteBucket>> list_buckets();
  /// In the client's region.
  base::Status create_bucket(const std::string& bucket);
  base::Status remove_bucket(const std::string& bucket);
  /// Hands over the objects whose keys begin with `prefix`, and with `delimiter` the common prefixes, page by page.
  base::Status list(const std::string& bucket, const std::string& prefix, std::string_view delimiter,
                    const std::function<base::Status(std::vector<RemoteObject>, std::vector<std::string>)>& page);

  /// Hands over objects or versions (without delete markers), page by page.
  base::Status list_versions(const std::string& bucket, const ListQuery& list,
                             const std::function<base::Status(std::vector<RemoteVersion>)>& page,
                             Refusal* refusal = nullptr);

  base::Result<RemoteDetails> head(const std::string& bucket, const std::string& key, Refusal* refusal = nullptr);
  base::Result<RemoteDetails> head_version(const std::string& bucket, const std::string& key,
                                           const VersionOptions& options);
  base::Result<NameValues> get_tags(const std::string& bucket, const std::string& key, const VersionOptions& options);
  base::Status put_tags(const std::string& bucket, const std::string& key, const NameValues& tags,
                        const VersionOptions& options);
  /// In order from the first byte to the last. A stream that breaks is taken up where it broke, as long as the object
  /// is the same: Conflict when it was replaced. The checksum of a whole object is compared, where there is one:
  /// Internal when it differs.
  base::Status get(const std::string& bucket, const std::string& key,
                   const std::function<base::Status(std::string_view)>& sink, const GetOptions& options = {});
  /// In one request. Errors: Conflict when `options` forbid what is there.
  base::Result<RemoteDetails> put(const std::string& bucket, const std::string& key, Body body,
                                  const PutOptions& options = {});
  /// A body that can be read but once: kept in memory, a long one part by part (see upload_stream).
  base::Status put(const std::string& bucket, const std::string& key, http::BodySource body);
  /// Within the endpoint, up to 5 GiB; see copy_object.
  base::Result<RemoteDetails> copy(const std::string& from_bucket, const std::string& from_key,
                                   const std::string& bucket, const std::string& key, const PutOptions& options = {});
  base::Status remove(const std::string& bucket, const std::string& key);
  base::Status remove_version(const std::string& bucket, const std::string& key, const VersionOptions& options);
  /// A thousand keys in each request. Returns those that could not be removed; a key that is not there could.
  base::Result<std::vector<RemovalFailure>> remove_all(const std::string& bucket, const std::vector<std::string>& keys);
  base::Result<std::string> presigned_url(const std::string& method, const std::string& bucket, const std::string& key,
                                          std::chrono::seconds expires);

  // Uploads in parts; transfer.h has what makes use of them.
  RemoteResult<std::string> create_upload(const std::string& bucket, const std::string& key, const PutOptions& options);
  RemoteResult<RemotePart> put_part(const std::string& bucket, const std::string& key, const std::string& upload_id,
                                    int number, const Body& body);
  RemoteResult<RemotePart> copy_part(const CopySource& source, const std::string& bucket, const std::string& key,
                                     const std::string& upload_id, int number);
  /// An upload that was completed by an attempt whose answer was lost counts as completed.
  RemoteResult<RemoteDetails> complete_upload(const std::string& bucket, const std::string& key,
                                              const std::string& upload_id, const std::vector<RemotePart>& parts,
                                              const PutOptions& options);
  base::Status abort_upload(const std::string& bucket, const std::string& key, const std::string& upload_id);
  base::Result<std::vector<RemoteUpload>> list_uploads(const std::string& bucket, const std::string& prefix);
  base::Result<std::vector<RemotePart>> list_parts(const std::string& bucket, const std::string& key,
                                                   const std::string& upload_id);

  Caller& caller() { return *caller_; }

 private:
  S3Client(std::optional<ChecksumAlgorithm> checksum, std::unique_ptr<Sleeper> sleeper, std::unique_ptr<Caller> caller);
  base::Result<Answer> ask(const Operation& operation, Refusal* refusal = nullptr);
  /// What the options of a PUT mean in headers.
  static http::Headers headers_of(const PutOptions& options);
  bool is_our_own(const Operation& operation, const Body& body, const std::string& checksum);

  std::optional<ChecksumAlgorithm> checksum_;
  std::unique_ptr<Sleeper> sleeper_;
  std::unique_ptr<Caller> caller_;
};

}  // namespace store::s3
