#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/random.h"
#include "store/checksum.h"
#include "store/state.h"
#include "store/stored_reader.h"
#include "store/versions.h"

namespace store {
namespace {

base::Error no_such_upload(const std::string& upload) {
  return {base::ErrorKind::NotFound, 0, {}, "no such upload: " + upload, {}};
}

base::Result<std::vector<PartRecord>> read_parts(const Transaction& transaction, const std::string& upload) {
  TRY(const auto entries, transaction.scan(index_key::parts(upload)));
  std::vector<PartRecord> parts;
  for (const auto& [place, value] : entries) {
    TRY(auto part, decode_part(value));
    parts.push_back(std::move(part));
  }
  return parts;
}

/// Tells one customer's key from another without keeping either; empty without a key.
std::string key_check_of(const std::string& upload, const std::string& customer_key) {
  return customer_key.empty() ? std::string{} : hmac_sha256(customer_key, upload);
}

base::Failure<base::Error> invalid(std::string_view what, int number) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: part {}", what, number));
}

/// The parts that the client lists, in its order.
base::Result<std::vector<PartRecord>> choose_parts(const std::vector<PartRecord>& stored,
                                                   const std::vector<CompletedPart>& listed, std::uint64_t bytes_min) {
  std::map<int, const PartRecord*> by_number;
  for (const auto& part : stored) by_number[part.info.number] = &part;
  std::vector<PartRecord> chosen;
  for (std::size_t i = 1; i < listed.size(); ++i)
    if (listed[i].number < listed[i - 1].number)
      return invalid("the parts are not in ascending order", listed[i].number);
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const auto& [number, etag, checksum] = listed[i];
    // Of a part that was sent again while it was under way, some clients list both; the last counts.
    if (i + 1 < listed.size() && listed[i + 1].number == number) continue;
    const auto found = by_number.find(number);
    if (found == by_number.end() || found->second->info.etag != etag) return invalid("invalid part", number);
    const auto& part = *found->second;
    if (!checksum.empty() && (!part.info.checksum || part.info.checksum->value != checksum))
      return invalid("invalid part", number);
    if (i + 1 < listed.size() && part.info.size < bytes_min) return invalid("the part is too small", number);
    chosen.push_back(part);
  }
  return chosen;
}

/// Of the whole object, out of its parts'.
std::optional<Checksum> checksum_of(const std::vector<PartRecord>& parts, const UploadRecord& upload) {
  if (!upload.checksum) return std::nullopt;
  const auto algorithm = *upload.checksum;
  std::string whole;
  for (const auto& part : parts) {
    if (!part.info.checksum || part.info.checksum->algorithm != algorithm) return std::nullopt;
    const auto raw = from_base64(part.info.checksum->value);
    if (!raw) return std::nullopt;
    if (upload.checksum_type == ChecksumType::Composite) {
      whole += *raw;
    } else {
      whole = whole.empty() ? *raw : combine_crc(algorithm, whole, *raw, part.info.size);
    }
  }
  if (upload.checksum_type == ChecksumType::FullObject)
    return Checksum{algorithm, upload.checksum_type, to_base64(whole)};
  return Checksum{algorithm, upload.checksum_type,
                  fmt::format("{}-{}", to_base64(checksum(algorithm, whole)), parts.size())};
}

/// Plain contents that follow each other are one.
void append_content(std::vector<Content>& contents, const Content& content) {
  if (contents.empty() || !content.key.empty() || !contents.back().key.empty()) {
    contents.push_back(content);
    return;
  }
  auto& last = contents.back();
  last.size += content.size;
  last.extents.insert(last.extents.end(), content.extents.begin(), content.extents.end());
}

/// The object that consists of the parts' extents; nothing is copied.
ObjectRecord join(const std::vector<PartRecord>& parts, const UploadRecord& upload) {
  ObjectRecord object;
  auto& details = object.details;
  std::string digests;
  for (const auto& part : parts) {
    details.info.size += part.info.size;
    details.parts.push_back(
        {part.info.number, part.info.size, part.info.checksum ? part.info.checksum->value : std::string{}});
    for (const auto& content : part.contents) append_content(object.contents, content);
    for (std::size_t i = 0; i + 1 < part.info.etag.size(); i += 2)
      digests += static_cast<char>(std::stoi(part.info.etag.substr(i, 2), nullptr, 16));
  }
  details.info.etag = fmt::format("{}-{}", to_hex(md5(digests)), parts.size());
  details.info.owner = upload.settings.owner;
  details.attributes = upload.attributes;
  details.checksum = checksum_of(parts, upload);
  details.access = upload.settings.access;
  details.tags = upload.settings.tags;
  details.lock = upload.settings.lock;
  details.encryption = upload.encryption;
  return object;
}

std::string digest_of(const std::vector<CompletedPart>& parts) {
  std::string text;
  for (const auto& part : parts) text += fmt::format("{}={};", part.number, part.etag);
  return md5(text);
}

}  // namespace

base::Status drop_parts(Transaction& transaction, const std::string& upload) {
  TRY(const auto parts, read_parts(transaction, upload));
  for (const auto& part : parts) {
    TRY_VOID(transaction.drop_references(extents_of(part.contents)));
    transaction.erase(index_key::part(upload, part.info.number));
  }
  return {};
}

base::Result<std::string> ObjectStore::create_upload(const std::string& bucket, const std::string& key,
                                                     UploadOptions options) {
  TRY_VOID(check_key(key));
  TRY_VOID(wrapping_key_of(*state_, options.encryption));
  // Unguessable, as whoever knows it may add parts.
  const auto id = fmt::format("{:016x}{:016x}", base::entropy(), base::entropy());
  UploadRecord record{.attributes = std::move(options.attributes),
                      .checksum = options.checksum,
                      .checksum_type = options.checksum_type,
                      .settings = std::move(options.settings),
                      .encryption = options.encryption.encryption,
                      .key_check = key_check_of(id, options.encryption.customer_key)};
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    record.initiated = transaction.now();
    transaction.put(index_key::upload(bucket, key, id), encode(record));
    return {};
  }));
  return id;
}

namespace {

struct PartPlace {
  std::string bucket, key, upload;
  int number = 0;
};

/// Puts the part in the place of one of its number that came before.
base::Status place_part(Transaction& transaction, const PartPlace& place, PartRecord& part) {
  TRY(const auto found, transaction.get(index_key::upload(place.bucket, place.key, place.upload)));
  if (!found) return base::fail(no_such_upload(place.upload));
  const auto name = index_key::part(place.upload, place.number);
  TRY(const auto old, transaction.get(name));
  part.info.number = place.number;
  part.info.last_modified = transaction.now();
  TRY_VOID(transaction.add_references(extents_of(part.contents)));
  if (old) {
    TRY(const auto replaced, decode_part(*old));
    TRY_VOID(transaction.drop_references(extents_of(replaced.contents)));
  }
  transaction.put(name, encode(part));
  return {};
}

base::Result<UploadRecord> read_upload(const StoreState& state, const PartPlace& place) {
  TRY(const auto found, state.index->get(index_key::upload(place.bucket, place.key, place.upload)));
  if (found) return decode_upload(*found);
  TRY(const auto bucket, state.index->get(index_key::bucket(place.bucket)));
  return base::fail(bucket ? no_such_upload(place.upload) : no_such_bucket(place.bucket));
}

/// The key for a part. Errors: Denied when the customer's key is not the one that the upload began with.
base::Result<std::string> part_key(const StoreState& state, const PartPlace& place, const UploadRecord& upload,
                                   const std::string& customer_key) {
  if (upload.key_check != key_check_of(place.upload, customer_key))
    return base::fail(base::ErrorKind::Denied,
                      "the key does not open the upload, which began with another one or none");
  return wrapping_key_of(state, {upload.encryption, customer_key});
}

}  // namespace

base::Result<std::unique_ptr<ObjectWriter>> ObjectStore::begin_part(const std::string& bucket, const std::string& key,
                                                                    const std::string& upload, int number,
                                                                    PartOptions part_options) {
  if (number < 1 || number > 10000) return invalid("the part number must be between 1 and 10000", number);
  const PartPlace place{bucket, key, upload, number};
  TRY(const auto record, read_upload(*state_, place));
  WriterOptions options{.checksum = part_options.checksum,
                        .computes_sha256 = part_options.computes_sha256,
                        .expected_bytes = part_options.expected_bytes};
  TRY(options.wrapping_key, part_key(*state_, place, record, part_options.customer_key));
  options.commit = [place](Transaction& transaction, const WrittenContent& written,
                           const CommitOptions&) -> base::Result<ObjectDetails> {
    PartRecord part{.info = {.size = written.content.size, .etag = to_hex(written.md5), .checksum = written.checksum},
                    .contents = {written.content}};
    TRY_VOID(place_part(transaction, place, part));
    ObjectDetails details;
    details.info = {.bucket = place.bucket,
                    .key = place.key,
                    .size = part.info.size,
                    .etag = part.info.etag,
                    .last_modified = part.info.last_modified};
    details.checksum = part.info.checksum;
    return details;
  };
  return make_writer(*state_, std::move(options));
}

namespace {

/// The stretch of plain contents, in their extents.
Content stretch_of(const std::vector<Content>& contents, ByteRange range) {
  Content stretch{.size = range.length};
  std::uint64_t start = 0;
  const auto end = range.offset + range.length;
  for (const auto& extent : extents_of(contents)) {
    const auto from = std::max(start, range.offset), to = std::min(start + extent.length, end);
    if (from < to) stretch.extents.push_back({extent.file, extent.offset + (from - start), to - from});
    start += extent.length;
  }
  return stretch;
}

/// Digests the bytes as they pass, and keeps none: they stay where they are.
struct PassingDigests {
  std::unique_ptr<Digest> md5 = make_md5();
  std::unique_ptr<Digest> checksum;

  base::Status read(const ObjectReader& from, ByteRange range) {
    std::string buffer;
    for (std::uint64_t done = 0; done < range.length; done += buffer.size()) {
      buffer.resize(std::min<std::uint64_t>(1 << 20, range.length - done));
      TRY_VOID(from.read_at(range.offset + done, buffer));
      md5->update(buffer);
      if (checksum != nullptr) checksum->update(buffer);
    }
    return {};
  }
};

}  // namespace

base::Result<PartInfo> ObjectStore::copy_part(const CopySource& source, std::optional<ByteRange> range,
                                              const std::string& bucket, const std::string& key,
                                              const std::string& upload, int number, std::string customer_key) {
  if (number < 1 || number > 10000) return invalid("the part number must be between 1 and 10000", number);
  const PartPlace place{bucket, key, upload, number};
  TRY(const auto record, read_upload(*state_, place));
  TRY(const auto reader, open_stored(*state_, source));
  const auto stretch = range.value_or(ByteRange{0, reader->details().info.size});
  if (reader->details().encryption.kind != EncryptionKind::None || record.encryption.kind != EncryptionKind::None) {
    TRY(const auto writer, begin_part(bucket, key, upload, number,
                                      {.checksum = record.checksum, .customer_key = std::move(customer_key)}));
    TRY_VOID(copy_bytes(*reader, stretch, *writer));
    TRY(const auto written, writer->commit());
    return PartInfo{number, written.info.size, written.info.etag, written.info.last_modified, written.checksum};
  }
  PassingDigests digests;
  if (record.checksum) digests.checksum = make_checksum(*record.checksum);
  TRY_VOID(digests.read(*reader, stretch));
  PartRecord part{.info = {.size = stretch.length, .etag = to_hex(digests.md5->finish())},
                  .contents = {stretch_of(reader->record().contents, stretch)}};
  if (digests.checksum != nullptr)
    part.info.checksum = Checksum{*record.checksum, ChecksumType::FullObject, to_base64(digests.checksum->finish())};
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(still_there(transaction, *reader));
    return place_part(transaction, place, part);
  }));
  return part.info;
}

base::Result<ObjectDetails> ObjectStore::complete_upload(const std::string& bucket, const std::string& key,
                                                         const std::string& upload, std::vector<CompletedPart> parts,
                                                         CommitOptions options) {
  if (parts.empty()) return base::fail(base::ErrorKind::InvalidValue, "an upload cannot be completed without parts");
  ObjectDetails answer;
  const auto apply = [&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    const auto name = index_key::upload(bucket, key, upload);
    TRY(const auto found, transaction.get(name));
    if (!found) {
      TRY(const auto finished, transaction.get(index_key::finished(upload)));
      if (!finished) return base::fail(no_such_upload(upload));
      TRY(auto first, decode_finished(*finished));
      const auto& info = first.object.details.info;
      if (first.parts_digest != digest_of(parts) || info.bucket != bucket || info.key != key)
        return base::fail(no_such_upload(upload));
      answer = std::move(first.object.details);
      return {};
    }
    TRY(const auto record, decode_upload(*found));
    if (record.key_check != key_check_of(upload, options.customer_key))
      return base::fail(base::ErrorKind::Denied,
                        "the key does not open the upload, which began with another one or none");
    TRY(const auto stored, read_parts(transaction, upload));
    TRY(const auto chosen, choose_parts(stored, parts, state_->options.part_bytes_min));
    auto object = join(chosen, record);
    if (options.expected_size && *options.expected_size != object.details.info.size)
      return base::fail(base::ErrorKind::InvalidValue, "the size of the object does not match");
    if (!options.expected_checksum.empty() &&
        (!object.details.checksum || object.details.checksum->value != options.expected_checksum))
      return base::fail(base::ErrorKind::InvalidValue, "digest does not match: checksum");
    object.details.info.bucket = bucket;
    object.details.info.key = key;
    TRY_VOID(make_visible(transaction, object, EventKind::CompleteMultipartUpload, options));
    TRY_VOID(drop_parts(transaction, upload));
    transaction.erase(name);
    transaction.put(index_key::finished(upload), encode(FinishedUpload{digest_of(parts), object}));
    answer = std::move(object.details);
    return {};
  };
  TRY_VOID(state_->run(apply));
  return answer;
}

base::Status ObjectStore::abort_upload(const std::string& bucket, const std::string& key, const std::string& upload) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    auto name = index_key::upload(bucket, key, upload);
    TRY(const auto found, transaction.get(name));
    if (!found) return base::fail(no_such_upload(upload));
    TRY_VOID(drop_parts(transaction, upload));
    transaction.erase(std::move(name));
    return {};
  });
}

namespace {

UploadInfo info_of(std::string key, std::string id, UploadRecord record) {
  return {.key = std::move(key),
          .id = std::move(id),
          .initiated = record.initiated,
          .checksum = record.checksum,
          .checksum_type = record.checksum_type,
          .settings = std::move(record.settings),
          .encryption = std::move(record.encryption),
          .storage_class = std::move(record.attributes.storage_class)};
}

}  // namespace

base::Result<UploadInfo> ObjectStore::find_upload(const std::string& bucket, const std::string& key,
                                                  const std::string& upload) const {
  TRY(auto record, read_upload(*state_, {bucket, key, upload}));
  return info_of(key, upload, std::move(record));
}

base::Result<std::vector<PartInfo>> ObjectStore::list_parts(const std::string& bucket, const std::string& key,
                                                            const std::string& upload) const {
  TRY_VOID(find_upload(bucket, key, upload));
  std::vector<PartInfo> parts;
  const auto space = index_key::parts(upload);
  const auto cursor = state_->index->cursor();
  for (cursor->seek(space); cursor->valid() && cursor->key().starts_with(space); cursor->next()) {
    TRY(auto part, decode_part(cursor->value()));
    parts.push_back(std::move(part.info));
  }
  TRY_VOID(cursor->status());
  return parts;
}

namespace {

/// The uploads of a bucket below a prefix, by key, then as they began.
base::Result<std::vector<UploadInfo>> read_uploads(const Index& index, const std::string& bucket,
                                                   const std::string& prefix) {
  std::vector<UploadInfo> uploads;
  const auto space = index_key::uploads(bucket);
  const auto cursor = index.cursor();
  for (cursor->seek(space + prefix); cursor->valid() && cursor->key().starts_with(space + prefix); cursor->next()) {
    const auto rest = cursor->key().substr(space.size());
    const auto end = rest.rfind('\0');
    TRY(auto record, decode_upload(cursor->value()));
    uploads.push_back(info_of(std::string(rest.substr(0, end)), std::string(rest.substr(end + 1)), std::move(record)));
  }
  TRY_VOID(cursor->status());
  std::ranges::sort(uploads, [](const UploadInfo& a, const UploadInfo& b) {
    return std::tie(a.key, a.initiated, a.id) < std::tie(b.key, b.initiated, b.id);
  });
  return uploads;
}

/// Drops what came on the pages before.
void skip_markers(std::vector<UploadInfo>& uploads, const UploadListOptions& options) {
  const auto& [key, marker] = std::tie(options.key_marker, options.upload_marker);
  if (key.empty()) return;
  const auto at = std::ranges::find_if(
      uploads, [&](const UploadInfo& upload) { return upload.key == key && !marker.empty() && upload.id == marker; });
  if (at != uploads.end()) {
    uploads.erase(uploads.begin(), at + 1);
    return;
  }
  const bool is_prefix = !options.delimiter.empty() && key.ends_with(options.delimiter);
  std::erase_if(uploads, [&](const UploadInfo& upload) {
    return upload.key <= key || (is_prefix && upload.key.starts_with(key));
  });
}

}  // namespace

// Few uploads are open at a time: all that fit the prefix are read for each page.
base::Result<UploadListing> ObjectStore::list_uploads(const std::string& bucket,
                                                      const UploadListOptions& options) const {
  TRY_VOID(find_bucket(bucket));
  TRY(auto uploads, read_uploads(*state_->index, bucket, options.prefix));
  skip_markers(uploads, options);
  UploadListing listing;
  for (auto& upload : uploads) {
    const auto common = common_prefix_of(upload.key, options.prefix, options.delimiter);
    if (!common.empty() && !listing.common_prefixes.empty() && listing.common_prefixes.back() == common) continue;
    if (std::cmp_equal(listing.uploads.size() + listing.common_prefixes.size(), options.max_uploads)) {
      listing.truncated = options.max_uploads > 0;
      break;
    }
    listing.next_key = common.empty() ? upload.key : common;
    listing.next_upload = common.empty() ? upload.id : std::string{};
    if (common.empty())
      listing.uploads.push_back(std::move(upload));
    else
      listing.common_prefixes.push_back(common);
  }
  if (!listing.truncated) listing.next_key = listing.next_upload = {};
  return listing;
}

}  // namespace store
