// Listings with all that they say, versions and tags of objects.

#include <pugixml.hpp>

#include "store/s3/answers.h"
#include "store/s3/caller.h"
#include "store/s3/client.h"
#include "store/s3/documents/tagging.h"

namespace store::s3 {
namespace {

using Kind = ListQuery::Kind;

http::Headers payer(bool requester_pays) {
  return requester_pays ? http::Headers{{"x-amz-request-payer", "requester"}} : http::Headers{};
}

std::string version_query(std::string_view version_id) {
  return version_id.empty() ? std::string{} : "versionId=" + http::percent_encode(version_id);
}

/// Where the next page begins.
struct Marker {
  std::string key;
  std::string version;
};

std::string query_of(const ListQuery& list, const Marker& marker) {
  std::string query;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    query.append(name).append("=").append(http::percent_encode(value));
  };
  add("encoding-type", "url");
  if (list.kind == Kind::ObjectsV2) add("list-type", "2");
  if (list.kind == Kind::ObjectsV2) add("fetch-owner", "true");
  add("prefix", list.prefix);
  if (!list.delimiter.empty()) add("delimiter", list.delimiter);
  if (!marker.key.empty()) {
    switch (list.kind) {
      case Kind::Objects: add("marker", marker.key); break;
      case Kind::ObjectsV2: add("continuation-token", marker.key); break;
      case Kind::Versions:
        add("key-marker", marker.key);
        if (!marker.version.empty()) add("version-id-marker", marker.version);
        break;
    }
  }
  // As a sub-resource it has no value; the query is signed in the order of its names.
  return list.kind == Kind::Versions ? "versions&" + query : query;
}

RemoteVersion read_version(const pugi::xml_node& root, const pugi::xml_node& entry, Kind kind) {
  RemoteVersion version;
  version.key = decoded_text(root, entry, "Key");
  version.size = entry.child("Size").text().as_ullong();
  version.etag = strip_quotes(entry.child_value("ETag"));
  version.last_modified = entry.child_value("LastModified");
  version.owner = entry.child("Owner").child_value("ID");
  version.storage_class = entry.child_value("StorageClass");
  if (kind == Kind::Versions) {
    version.version_id = entry.child_value("VersionId");
    version.is_latest = std::string_view(entry.child_value("IsLatest")) == "true";
  }
  return version;
}

Marker next_marker(const pugi::xml_node& root, const std::vector<RemoteVersion>& page, Kind kind) {
  if (std::string_view(root.child_value("IsTruncated")) != "true") return {};
  switch (kind) {
    case Kind::ObjectsV2: return {root.child_value("NextContinuationToken"), {}};
    case Kind::Versions: return {decoded_text(root, root, "NextKeyMarker"), root.child_value("NextVersionIdMarker")};
    case Kind::Objects: break;
  }
  // A listing without a delimiter need not say where it ends.
  auto next = decoded_text(root, root, "NextMarker");
  return {next.empty() && !page.empty() ? page.back().key : std::move(next), {}};
}

}  // namespace

base::Status S3Client::list_versions(const std::string& bucket, const ListQuery& list,
                                     const std::function<base::Status(std::vector<RemoteVersion>)>& page,
                                     Refusal* refusal) {
  Marker marker;
  do {
    TRY(const auto answer,
        ask({.method = "GET", .bucket = bucket, .query = query_of(list, marker), .headers = payer(list.requester_pays)},
            refusal));
    TRY(const auto document, parse_xml(answer.response));
    const auto root = document.child(list.kind == Kind::Versions ? "ListVersionsResult" : "ListBucketResult");
    std::vector<RemoteVersion> versions;
    for (const auto& entry : root.children(list.kind == Kind::Versions ? "Version" : "Contents"))
      versions.push_back(read_version(root, entry, list.kind));
    marker = next_marker(root, versions, list.kind);
    TRY_VOID(page(std::move(versions)));
  } while (!marker.key.empty());
  return {};
}

base::Result<RemoteDetails> S3Client::head_version(const std::string& bucket, const std::string& key,
                                                   const VersionOptions& options) {
  auto headers = payer(options.requester_pays);
  headers.add("x-amz-checksum-mode", "ENABLED");
  TRY(const auto answer, ask({.method = "HEAD",
                              .bucket = bucket,
                              .key = key,
                              .query = version_query(options.version_id),
                              .headers = std::move(headers)},
                             options.refusal));
  return read_details(key, answer.response.headers);
}

base::Status S3Client::remove_version(const std::string& bucket, const std::string& key,
                                      const VersionOptions& options) {
  TRY_VOID(ask({.method = "DELETE", .bucket = bucket, .key = key, .query = version_query(options.version_id)},
               options.refusal));
  return {};
}

base::Result<NameValues> S3Client::get_tags(const std::string& bucket, const std::string& key,
                                            const VersionOptions& options) {
  auto query = std::string("tagging");
  if (!options.version_id.empty()) query += "&" + version_query(options.version_id);
  TRY(const auto answer, ask({.method = "GET",
                              .bucket = bucket,
                              .key = key,
                              .query = std::move(query),
                              .headers = payer(options.requester_pays)},
                             options.refusal));
  TRY(const auto document, parse_xml(answer.response));
  NameValues tags;
  for (const auto& tag : document.child("Tagging").child("TagSet").children("Tag"))
    tags.emplace_back(tag.child_value("Key"), tag.child_value("Value"));
  return tags;
}

base::Status S3Client::put_tags(const std::string& bucket, const std::string& key, const NameValues& tags,
                                const VersionOptions& options) {
  Tags set;
  for (const auto& [name, value] : tags) set.push_back({name, value});
  const auto body = body_of(print_tagging(set));
  auto query = std::string("tagging");
  if (!options.version_id.empty()) query += "&" + version_query(options.version_id);
  TRY_VOID(ask({.method = "PUT",
                .bucket = bucket,
                .key = key,
                .query = std::move(query),
                .headers = {{"Content-Type", "application/xml"}},
                .body = &body,
                .checksum = ChecksumAlgorithm::Crc32,
                .needs_checksum = true},
               options.refusal));
  return {};
}

}  // namespace store::s3
