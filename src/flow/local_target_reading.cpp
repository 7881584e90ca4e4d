// What is listed, read, tagged and removed in the store of this process.
#include <algorithm>

#include "flow/local_target.h"
#include "store/s3/expiration.h"
#include "store/s3/s3_error.h"

namespace flow {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

ListedObject listed(const store::ObjectInfo& info) {
  return {.key = info.key,
          .etag = info.etag,
          .version = {},
          .owner = info.owner,
          .storage_class = info.storage_class.empty() ? "STANDARD" : info.storage_class,
          .size = info.size,
          .modified_ms = info.last_modified.ns / 1'000'000};
}

std::string encryption_name(store::EncryptionKind kind) {
  switch (kind) {
    case store::EncryptionKind::None:
    case store::EncryptionKind::Customer: return {};
    case store::EncryptionKind::Store: return "AES256";
    case store::EncryptionKind::Named: return "aws:kms";
  }
  return {};
}

std::string header_of(const store::ObjectDetails& details, std::string_view name) {
  const auto& headers = details.attributes.headers;
  const auto found = std::ranges::find(headers, name, &store::NameValues::value_type::first);
  return found == headers.end() ? std::string{} : found->second;
}

}  // namespace

ObjectStatus LocalTarget::list(const ObjectListing& listing, const Page& page) {
  return listing.versions ? list_versions(listing, page) : list_objects(listing, page);
}

ObjectStatus LocalTarget::list_objects(const ObjectListing& listing, const Page& page) const {
  store::ListOptions options{.prefix = listing.prefix, .delimiter = listing.delimiter};
  for (;;) {
    const auto found = objects_.list(listing.bucket, options);
    if (!found) return store_error(found.error());
    std::vector<ListedObject> objects;
    for (const auto& info : found->objects) objects.push_back(listed(info));
    if (const auto taken = page(objects); !taken) return object_error(taken.error());
    if (!found->truncated) return {};
    options.start_after = found->next;
  }
}

ObjectStatus LocalTarget::list_versions(const ObjectListing& listing, const Page& page) const {
  store::VersionListOptions options{.prefix = listing.prefix, .delimiter = listing.delimiter};
  for (;;) {
    const auto found = objects_.list_versions(listing.bucket, options);
    if (!found) return store_error(found.error());
    std::vector<ListedObject> objects;
    for (const auto& version : found->versions) {
      if (version.is_delete_marker) continue;
      auto& object = objects.emplace_back(listed(version.info));
      object.version = version_id(version.info);
      object.is_latest = version.is_latest;
    }
    if (const auto taken = page(objects); !taken) return object_error(taken.error());
    if (!found->truncated) return {};
    options.key_marker = found->next_key;
    options.version_marker = found->next_version;
  }
}

ObjectResult<ObjectFacts> LocalTarget::facts_of(const store::ObjectDetails& details) const {
  const auto bucket = objects_.find_bucket(details.info.bucket);
  if (!bucket) return store_error(bucket.error());
  const auto& attributes = details.attributes;
  return ObjectFacts{
      .etag = details.info.etag,
      .version = bucket->versioning == store::Versioning::Never ? std::string{} : version_id(details.info),
      .content_type = attributes.content_type.empty() ? "binary/octet-stream" : attributes.content_type,
      .content_disposition = header_of(details, "content-disposition"),
      .content_md5 = {},
      .expiration = store::s3::expiration_of(*bucket, details).value_or(""),
      .encryption = encryption_name(details.encryption.kind),
      .metadata = attributes.metadata};
}

ObjectResult<ObjectFacts> LocalTarget::head(const ObjectName& name) {
  const auto details = objects_.head(name.bucket, name.key, name.version);
  if (!details) return store_error(details.error());
  return facts_of(*details);
}

ObjectResult<ObjectFacts> LocalTarget::get(const ObjectName& name, const ObjectRange& range, ByteSink& sink) {
  const auto reader = objects_.open_reader(name.bucket, name.key, {.version = name.version, .customer_key = {}});
  if (!reader) return store_error(reader.error());
  const auto& details = (*reader)->details();
  const auto size = details.info.size;
  if (range.offset > 0 ? range.offset >= size : range.length && size == 0)
    return base::Failure<ObjectError>(ObjectError{.kind = base::ErrorKind::InvalidValue,
                                                  .status = 416,
                                                  .code = "InvalidRange",
                                                  .message = "The requested range is not satisfiable"});
  const auto end = range.length ? range.offset + std::min(*range.length, size - range.offset) : size;
  std::string buffer(std::min<std::uint64_t>(end - range.offset, kBufferBytes), '\0');
  for (auto offset = range.offset; offset < end;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - offset));
    const auto read = (*reader)->read_at(offset, std::span(buffer).first(wanted));
    if (!read) return store_error(read.error());
    if (const auto taken = sink.append(std::string_view(buffer).substr(0, *read)); !taken)
      return object_error(taken.error());
    offset += *read;
  }
  return facts_of(details);
}

ObjectStatus LocalTarget::remove(const ObjectName& name) {
  const auto removed = objects_.remove(name.bucket, name.key, {.version = name.version});
  if (!removed) return store_error(removed.error());
  return {};
}

ObjectResult<NamedTexts> LocalTarget::tags(const ObjectName& name) {
  const auto details = objects_.head(name.bucket, name.key, name.version);
  if (!details) return store_error(details.error());
  return details->tags;
}

ObjectStatus LocalTarget::set_tags(const ObjectName& name, const NamedTexts& tags) {
  TRY_VOID(check_tags(tags));
  const auto changed = objects_.update_object(name.bucket, name.key, name.version, [&](store::ObjectDetails& details) {
    details.tags = tags;
    return base::Status{};
  });
  if (!changed) return store_error(changed.error());
  return {};
}

/// Puts are never in parts here; what S3 clients began is not the flow's to end.
ObjectStatus LocalTarget::abort_old_uploads(const std::string&, std::chrono::nanoseconds) { return {}; }

}  // namespace flow
