#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "store/object_store.h"
#include "store/s3/s3_error.h"
#include "store/s3/signature.h"

/// What the operations of the S3 server share. Not for other rooms.
namespace store::s3 {

/// One authenticated request, taken apart.
struct Call {
  const http::Request* request = nullptr;
  std::string bucket;
  std::string key;
  std::vector<std::pair<std::string, std::string>> query;
  Authentication authentication;
  std::string body;  // of the operations that take a document

  std::optional<std::string> parameter(std::string_view name) const;
  bool has(std::string_view name) const { return parameter(name).has_value(); }
  /// A header, or the query parameter that a presigned URL has in its place.
  std::optional<std::string> header(std::string_view name) const;
};

struct Reply {
  int status = 200;
  http::Headers headers;
  std::string body;
  // Instead of `body`: a stretch of an object.
  std::unique_ptr<ObjectReader> reader;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
using ReplyResult = S3Result<Reply>;

struct ServiceContext {
  ObjectStore& store;
  std::string region;
};

Reply xml_reply(std::string xml, int status = 200);
std::string quoted(std::string_view etag);
std::string unquoted(std::string_view etag);

/// What a write says about its object, its checksum and its conditions.
struct WriteRequest {
  ObjectAttributes attributes;
  std::optional<ChecksumAlgorithm> checksum;
  CommitOptions commit;
};
S3Result<WriteRequest> read_write_request(const Call& call);
http::Headers written_headers(const ObjectDetails& details);

// The operations; they block.
ReplyResult list_buckets(ServiceContext& context);
ReplyResult create_bucket(ServiceContext& context, const Call& call);
ReplyResult get_bucket_setting(ServiceContext& context, const Call& call, const std::string& name);
ReplyResult list_objects(ServiceContext& context, const Call& call);
ReplyResult list_uploads(ServiceContext& context, const Call& call);
ReplyResult delete_objects(ServiceContext& context, const Call& call);
ReplyResult get_object(ServiceContext& context, const Call& call);
ReplyResult delete_object(ServiceContext& context, const Call& call);
ReplyResult copy_object(ServiceContext& context, const Call& call);
ReplyResult create_upload(ServiceContext& context, const Call& call);
ReplyResult complete_upload(ServiceContext& context, const Call& call);
ReplyResult list_parts(ServiceContext& context, const Call& call);

/// An integer parameter; `missing` when it is absent. Errors: 400 InvalidArgument.
S3Result<int> integer_parameter(const Call& call, std::string_view name, int missing);

}  // namespace store::s3
