#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/random.h"
#include "store/checksum.h"
#include "store/state.h"

namespace store {
namespace {

base::Error no_such_upload(const std::string& upload) {
  return {base::ErrorKind::NotFound, 0, {}, "no such upload: " + upload, {}};
}

base::Result<std::vector<PartRecord>> read_parts(const Index& index, std::string_view upload) {
  std::vector<PartRecord> parts;
  const auto space = index_key::parts(upload);
  const auto cursor = index.cursor();
  for (cursor->seek(space); cursor->valid() && cursor->key().starts_with(space); cursor->next()) {
    TRY(auto part, decode_part(cursor->value()));
    parts.push_back(std::move(part));
  }
  TRY_VOID(cursor->status());
  return parts;
}

base::Status drop_parts(Transaction& transaction, const std::string& upload, const std::vector<PartRecord>& parts) {
  for (const auto& part : parts) {
    TRY_VOID(transaction.drop_references(part.extents));
    transaction.erase(index_key::part(upload, part.info.number));
  }
  return {};
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
    if (listed[i].number <= listed[i - 1].number)
      return invalid("the parts are not in ascending order", listed[i].number);
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const auto& [number, etag, checksum] = listed[i];
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

/// The object that consists of the parts' extents; nothing is copied.
ObjectRecord join(const std::vector<PartRecord>& parts, const UploadRecord& upload) {
  ObjectRecord object;
  std::string digests;
  for (const auto& part : parts) {
    object.details.info.size += part.info.size;
    object.details.part_sizes.push_back(part.info.size);
    object.extents.insert(object.extents.end(), part.extents.begin(), part.extents.end());
    for (std::size_t i = 0; i + 1 < part.info.etag.size(); i += 2)
      digests += static_cast<char>(std::stoi(part.info.etag.substr(i, 2), nullptr, 16));
  }
  object.details.info.etag = fmt::format("{}-{}", to_hex(md5(digests)), parts.size());
  object.details.attributes = upload.attributes;
  object.details.checksum = checksum_of(parts, upload);
  return object;
}

std::string digest_of(const std::vector<CompletedPart>& parts) {
  std::string text;
  for (const auto& part : parts) text += fmt::format("{}={};", part.number, part.etag);
  return md5(text);
}

}  // namespace

base::Result<std::string> ObjectStore::create_upload(const std::string& bucket, const std::string& key,
                                                     UploadOptions options) {
  TRY_VOID(check_key(key));
  // Unguessable, as whoever knows it may add parts.
  const auto id = fmt::format("{:016x}{:016x}", base::entropy(), base::entropy());
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY_VOID(require_bucket(transaction, bucket));
    transaction.put(index_key::upload(bucket, key, id), encode(UploadRecord{transaction.now(), options.attributes,
                                                                            options.checksum, options.checksum_type}));
    return {};
  }));
  return id;
}

base::Result<std::unique_ptr<ObjectWriter>> ObjectStore::begin_part(const std::string& bucket, const std::string& key,
                                                                    const std::string& upload, int number,
                                                                    std::optional<ChecksumAlgorithm> checksum) {
  if (number < 1 || number > 10000) return invalid("the part number must be between 1 and 10000", number);
  TRY_VOID(find_upload(bucket, key, upload));
  auto commit = [bucket, key, upload, number](Transaction& transaction, const WrittenContent& content,
                                              const CommitOptions&) -> base::Result<ObjectDetails> {
    TRY(const auto found, transaction.get(index_key::upload(bucket, key, upload)));
    if (!found) return base::fail(no_such_upload(upload));
    const auto name = index_key::part(upload, number);
    TRY(const auto old, transaction.get(name));
    PartRecord part{{number, content.size, to_hex(content.md5), transaction.now(), content.checksum}, content.extents};
    TRY_VOID(transaction.add_references(part.extents));
    if (old) {
      TRY(const auto replaced, decode_part(*old));
      TRY_VOID(transaction.drop_references(replaced.extents));
    }
    transaction.put(name, encode(part));
    ObjectDetails details;
    details.info = {
        .bucket = bucket, .key = key, .size = content.size, .etag = part.info.etag, .last_modified = transaction.now()};
    details.checksum = content.checksum;
    return details;
  };
  return make_writer(*state_, checksum, std::move(commit), nullptr);
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
    TRY(const auto stored, read_parts(transaction.index(), upload));
    TRY(const auto chosen, choose_parts(stored, parts, state_->options.part_bytes_min));
    auto object = join(chosen, record);
    if (!options.expected_checksum.empty() &&
        (!object.details.checksum || object.details.checksum->value != options.expected_checksum))
      return base::fail(base::ErrorKind::InvalidValue, "digest does not match: checksum");
    object.details.info.bucket = bucket;
    object.details.info.key = key;
    TRY_VOID(make_visible(transaction, object, EventKind::CompleteMultipartUpload, options));
    TRY_VOID(drop_parts(transaction, upload, stored));
    transaction.erase(name);
    transaction.put(index_key::finished(upload), encode(FinishedUpload{digest_of(parts), object}));
    answer = std::move(object.details);
    return {};
  };
  TRY_VOID(state_->run(apply, true));
  return answer;
}

base::Status ObjectStore::abort_upload(const std::string& bucket, const std::string& key, const std::string& upload) {
  return state_->run(
      [&](Transaction& transaction) -> base::Status {
        const auto name = index_key::upload(bucket, key, upload);
        TRY(const auto found, transaction.get(name));
        if (!found) return base::fail(no_such_upload(upload));
        TRY(const auto parts, read_parts(transaction.index(), upload));
        TRY_VOID(drop_parts(transaction, upload, parts));
        transaction.erase(name);
        return {};
      },
      true);
}

base::Result<UploadInfo> ObjectStore::find_upload(const std::string& bucket, const std::string& key,
                                                  const std::string& upload) const {
  TRY_VOID(find_bucket(bucket));
  TRY(const auto found, state_->index->get(index_key::upload(bucket, key, upload)));
  if (!found) return base::fail(no_such_upload(upload));
  TRY(const auto record, decode_upload(*found));
  return UploadInfo{key, upload, record.initiated, record.checksum, record.checksum_type};
}

base::Result<std::vector<PartInfo>> ObjectStore::list_parts(const std::string& bucket, const std::string& key,
                                                            const std::string& upload) const {
  TRY_VOID(find_upload(bucket, key, upload));
  TRY(auto records, read_parts(*state_->index, upload));
  std::vector<PartInfo> parts;
  for (auto& record : records) parts.push_back(std::move(record.info));
  return parts;
}

base::Result<std::vector<UploadInfo>> ObjectStore::list_uploads(const std::string& bucket,
                                                                const std::string& prefix) const {
  TRY_VOID(find_bucket(bucket));
  std::vector<UploadInfo> uploads;
  const auto space = index_key::uploads(bucket);
  const auto cursor = state_->index->cursor();
  for (cursor->seek(space + prefix); cursor->valid() && cursor->key().starts_with(space + prefix); cursor->next()) {
    const auto rest = cursor->key().substr(space.size());
    const auto end = rest.rfind('\0');
    TRY(const auto record, decode_upload(cursor->value()));
    uploads.push_back({std::string(rest.substr(0, end)), std::string(rest.substr(end + 1)), record.initiated,
                       record.checksum, record.checksum_type});
  }
  TRY_VOID(cursor->status());
  std::ranges::sort(uploads, [](const UploadInfo& a, const UploadInfo& b) {
    return std::tie(a.key, a.initiated, a.id) < std::tie(b.key, b.initiated, b.id);
  });
  return uploads;
}

}  // namespace store
