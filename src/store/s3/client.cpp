#include "store/s3/client.h"

#include <fmt/format.h>

#include <charconv>
#include <pugixml.hpp>

#include "store/s3/signature.h"

namespace store::s3 {
namespace {

constexpr std::size_t kErrorBytesMax = 64 << 10;

base::ErrorKind kind_of(int status) {
  switch (status) {
    case 404: return base::ErrorKind::NotFound;
    case 401:
    case 403: return base::ErrorKind::Denied;
    case 409:
    case 412: return base::ErrorKind::Conflict;
    case 501: return base::ErrorKind::Unsupported;
    case 503: return base::ErrorKind::Unavailable;
    default: return status < 500 ? base::ErrorKind::InvalidValue : base::ErrorKind::Internal;
  }
}

std::string strip_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

base::Status check(int status, std::string_view body, const http::Request& request) {
  if (status / 100 == 2) return {};
  pugi::xml_document document;
  std::string code = fmt::format("HTTP {}", status);
  std::string message(http::reason_of(status));
  if (document.load_buffer(body.data(), body.size())) {
    const auto error = document.child("Error");
    if (error.child("Code")) code = error.child_value("Code");
    if (error.child("Message")) message = error.child_value("Message");
  }
  const auto kind = code == "BucketAlreadyOwnedByYou" || code == "BucketAlreadyExists" ? base::ErrorKind::AlreadyExists
                                                                                       : kind_of(status);
  return base::fail(kind,
                    fmt::format("{}: {} ({} {})", code, message, request.method, http::percent_decode(request.path())));
}

base::Result<pugi::xml_document> parse(const http::Response& response) {
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size()))
    return base::fail(base::ErrorKind::InvalidValue, "the server's answer is no XML");
  return document;
}

}  // namespace

S3Client::S3Client(Options options, std::string host, http::Client client, const base::WallClock& wall_clock)
    : options_(std::move(options)), host_(std::move(host)), client_(std::move(client)), wall_clock_(wall_clock) {}

base::Result<S3Client> S3Client::connect(Options options, const base::WallClock& wall_clock) {
  TRY(const auto url, http::parse_url(options.endpoint));
  if (url.scheme != "http")
    return base::fail(base::ErrorKind::Unsupported, "https endpoints are not supported: " + options.endpoint);
  auto host = fmt::format("{}:{}", url.host, url.port);
  http::Client client({.host = url.host, .port = url.port});
  return S3Client(std::move(options), std::move(host), std::move(client), wall_clock);
}

http::Request S3Client::request(std::string method, const std::string& bucket, const std::string& key,
                                std::string query) const {
  http::Request made{.method = std::move(method)};
  made.target = "/" + bucket;
  if (!key.empty()) made.target += "/" + http::percent_encode(key, "/");
  if (!query.empty()) made.target += "?" + query;
  return made;
}

base::Result<http::Response> S3Client::send(http::Request request) {
  sign(request, options_.key, options_.region, host_, kUnsignedPayload, wall_clock_.now());
  TRY(auto response, client_.send(request));
  TRY_VOID(check(response.status, response.body, request));
  return response;
}

base::Result<std::vector<RemoteBucket>> S3Client::list_buckets() {
  TRY(const auto response, send(request("GET", "", "")));
  TRY(const auto document, parse(response));
  std::vector<RemoteBucket> buckets;
  for (const auto& bucket : document.child("ListAllMyBucketsResult").child("Buckets").children("Bucket"))
    buckets.push_back({bucket.child_value("Name"), bucket.child_value("CreationDate")});
  return buckets;
}

base::Status S3Client::create_bucket(const std::string& bucket) {
  TRY_VOID(send(request("PUT", bucket, "")));
  return {};
}

base::Status S3Client::remove_bucket(const std::string& bucket) {
  TRY_VOID(send(request("DELETE", bucket, "")));
  return {};
}

base::Status S3Client::list(
    const std::string& bucket, const std::string& prefix, std::string_view delimiter,
    const std::function<base::Status(std::vector<RemoteObject>, std::vector<std::string>)>& page) {
  std::string token;
  for (;;) {
    auto query = "encoding-type=url&list-type=2&prefix=" + http::percent_encode(prefix);
    if (!delimiter.empty()) query += "&delimiter=" + http::percent_encode(delimiter);
    if (!token.empty()) query += "&continuation-token=" + http::percent_encode(token);
    TRY(const auto response, send(request("GET", bucket, "", std::move(query))));
    TRY(const auto document, parse(response));
    const auto root = document.child("ListBucketResult");
    std::vector<RemoteObject> objects;
    for (const auto& entry : root.children("Contents"))
      objects.push_back({http::percent_decode(entry.child_value("Key")), entry.child("Size").text().as_ullong(),
                         strip_quotes(entry.child_value("ETag")), entry.child_value("LastModified")});
    std::vector<std::string> prefixes;
    for (const auto& entry : root.children("CommonPrefixes"))
      prefixes.push_back(http::percent_decode(entry.child_value("Prefix")));
    TRY_VOID(page(std::move(objects), std::move(prefixes)));
    token = root.child_value("NextContinuationToken");
    if (token.empty()) return {};
  }
}

base::Result<RemoteObject> S3Client::head(const std::string& bucket, const std::string& key) {
  TRY(const auto response, send(request("HEAD", bucket, key)));
  RemoteObject object{.key = key,
                      .etag = strip_quotes(response.headers.get("etag")),
                      .last_modified = std::string(response.headers.get("last-modified"))};
  const auto length = response.headers.get("content-length");
  std::from_chars(length.data(), length.data() + length.size(), object.size);
  return object;
}

base::Status S3Client::get(const std::string& bucket, const std::string& key,
                           const std::function<base::Status(std::string_view)>& sink) {
  auto asked = request("GET", bucket, key);
  sign(asked, options_.key, options_.region, host_, kUnsignedPayload, wall_clock_.now());
  std::string error_body;
  const http::BodySink take = [&](int status, std::string_view bytes) -> base::Status {
    if (status / 100 == 2) return sink(bytes);
    if (error_body.size() < kErrorBytesMax) error_body += bytes;
    return {};
  };
  TRY(const auto response, client_.receive(asked, take));
  return check(response.status, error_body, asked);
}

base::Status S3Client::put(const std::string& bucket, const std::string& key, http::BodySource body) {
  auto asked = request("PUT", bucket, key);
  sign(asked, options_.key, options_.region, host_, kUnsignedPayload, wall_clock_.now());
  TRY(const auto response, client_.send(asked, std::move(body)));
  return check(response.status, response.body, asked);
}

base::Status S3Client::remove(const std::string& bucket, const std::string& key) {
  TRY_VOID(send(request("DELETE", bucket, key)));
  return {};
}

}  // namespace store::s3
