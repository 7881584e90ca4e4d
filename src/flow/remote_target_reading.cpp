// What is listed, read, tagged and removed at an S3 endpoint.
#include "flow/remote_target.h"
#include "store/s3/iso_time.h"

namespace flow {
namespace {

namespace s3 = store::s3;

s3::ListQuery query_of(const ObjectListing& listing) {
  using Kind = s3::ListQuery::Kind;
  return {.prefix = listing.prefix,
          .delimiter = listing.delimiter,
          .kind = listing.versions      ? Kind::Versions
                  : listing.second_type ? Kind::ObjectsV2
                                        : Kind::Objects,
          .requester_pays = listing.requester_pays && !listing.versions};
}

ListedObject listed(s3::RemoteVersion version) {
  const auto modified = s3::parse_iso_time(version.last_modified);
  return {.key = std::move(version.key),
          .etag = std::move(version.etag),
          .version = std::move(version.version_id),
          .owner = std::move(version.owner),
          .storage_class = version.storage_class.empty() ? "STANDARD" : std::move(version.storage_class),
          .size = version.size,
          .modified_ms = modified ? modified->ns / 1'000'000 : 0,
          .is_latest = version.is_latest};
}

ObjectFacts facts_of(s3::RemoteDetails details) {
  const auto header = [&](std::string_view name) { return std::string(details.headers.get(name)); };
  return {.etag = std::move(details.etag),
          .version = std::move(details.version_id),
          .content_type = std::move(details.content_type),
          .content_disposition = header("content-disposition"),
          .content_md5 = header("content-md5"),
          .expiration = header("x-amz-expiration"),
          .encryption = header("x-amz-server-side-encryption"),
          .metadata = std::move(details.metadata)};
}

s3::VersionOptions options_of(const ObjectName& name, s3::Refusal& refusal) {
  return {.version_id = name.version, .requester_pays = name.requester_pays, .refusal = &refusal};
}

}  // namespace

ObjectStatus RemoteTarget::list(const ObjectListing& listing, const Page& page) {
  s3::Refusal refusal;
  const auto all = client_->list_versions(
      listing.bucket, query_of(listing),
      [&](std::vector<s3::RemoteVersion> versions) {
        std::vector<ListedObject> objects;
        for (auto& version : versions) objects.push_back(listed(std::move(version)));
        return page(objects);
      },
      &refusal);
  if (!all) return remote_error(refusal, all.error());
  return {};
}

ObjectResult<ObjectFacts> RemoteTarget::head(const ObjectName& name) {
  s3::Refusal refusal;
  auto details = client_->head_version(name.bucket, name.key, options_of(name, refusal));
  if (!details) return remote_error(refusal, details.error());
  return facts_of(std::move(*details));
}

ObjectResult<ObjectFacts> RemoteTarget::get(const ObjectName& name, const ObjectRange& range, ByteSink& sink) {
  s3::Refusal refusal;
  s3::RemoteDetails details;
  const auto read = client_->get(name.bucket, name.key, [&](std::string_view bytes) { return sink.append(bytes); },
                                 {.offset = range.offset,
                                  .length = range.length,
                                  .version_id = name.version,
                                  .requester_pays = name.requester_pays,
                                  .details = &details,
                                  .refusal = &refusal});
  if (!read) return remote_error(refusal, read.error());
  return facts_of(std::move(details));
}

ObjectStatus RemoteTarget::remove(const ObjectName& name) {
  s3::Refusal refusal;
  const auto removed = client_->remove_version(name.bucket, name.key, options_of(name, refusal));
  if (!removed) return remote_error(refusal, removed.error());
  return {};
}

ObjectResult<NamedTexts> RemoteTarget::tags(const ObjectName& name) {
  s3::Refusal refusal;
  auto tags = client_->get_tags(name.bucket, name.key, options_of(name, refusal));
  if (!tags) return remote_error(refusal, tags.error());
  return std::move(*tags);
}

ObjectStatus RemoteTarget::set_tags(const ObjectName& name, const NamedTexts& tags) {
  s3::Refusal refusal;
  const auto set = client_->put_tags(name.bucket, name.key, tags, options_of(name, refusal));
  if (!set) return remote_error(refusal, set.error());
  return {};
}

}  // namespace flow
