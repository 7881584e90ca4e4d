#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "store/object_store.h"
#include "store/s3/options.h"
#include "store/s3/s3_error.h"
#include "store/s3/signature.h"

/// What the operations of the S3 server share. Not for other rooms.
namespace store::s3 {

struct Operation;

/// One request, taken apart; its signature was right, or it had none and its caller is anonymous.
struct Call {
  const http::Request* request = nullptr;
  const Operation* operation = nullptr;
  std::string bucket;
  std::string key;
  std::vector<std::pair<std::string, std::string>> query;
  Authentication authentication;
  std::string remote_address;
  std::string request_id;
  base::Instant received;     // wall clock
  bool is_encrypted = false;  // came over TLS
  std::string body;           // of the operations that take a document

  std::optional<std::string> parameter(std::string_view name) const;
  bool has(std::string_view name) const { return parameter(name).has_value(); }
  /// A header, or the query parameter that a presigned URL has in its place.
  std::optional<std::string> header(std::string_view name) const;
  const std::optional<User>& caller() const { return authentication.user; }
  /// Empty for an anonymous one.
  std::string caller_id() const { return caller() ? caller()->id : std::string{}; }
  std::string version() const { return parameter("versionId").value_or(""); }
};

struct Reply {
  int status = 200;
  http::Headers headers;
  std::string body;
  // After `body`: the rest of a stretch of an object, which is `length` bytes with it.
  std::unique_ptr<ObjectReader> reader;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::vector<FileStretch> stretches;  // where the rest lies; empty: the reader is asked for it
};
using ReplyResult = S3Result<Reply>;

struct ParsedDocuments;

struct ServiceContext {
  ObjectStore& store;
  const AccessKeys& keys;
  const ServiceOptions& options;
  const base::Clock& clock;
  ParsedDocuments& parsed;
};

/// For the events of what the call changes.
EventOrigin origin_of(const Call& call);

Reply xml_reply(std::string xml, int status = 200);
std::string quoted(std::string_view etag);
std::string unquoted(std::string_view etag);

/// An integer parameter; `missing` when it is absent. Errors: 400 InvalidArgument.
S3Result<int> integer_parameter(const Call& call, std::string_view name, int missing);

/// The end of an operation that answers with nothing but its status.
ReplyResult done(const base::Status& status, int code);

/// "CRC32", as XML elements and headers of answers write it.
std::string upper_name_of(ChecksumAlgorithm algorithm);
std::string_view name_of(ChecksumType type);

/// The headers that show a checksum.
void add_checksum(http::Headers& headers, const std::optional<Checksum>& checksum);

/// Owner and its name; `id` empty: the bucket's.
struct OwnerName {
  std::string id, name;
};
OwnerName owner_of(const ServiceContext& context, const std::string& id, const BucketInfo& bucket);

}  // namespace store::s3
