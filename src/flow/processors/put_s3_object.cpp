#include "flow/processors/put_s3_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/s3_access.h"
#include "flow/services/s3_encryption.h"

namespace flow {
namespace {

constexpr std::size_t kBatch = 64;  // flowfiles of one session, so that their objects share a sync

constexpr Allowed kStorageClasses[] = {{"STANDARD", "Standard"},
                                       {"REDUCED_REDUNDANCY", "ReducedRedundancy"},
                                       {"GLACIER", "Glacier"},
                                       {"STANDARD_IA", "StandardInfrequentAccess"},
                                       {"ONEZONE_IA", "OneZoneInfrequentAccess"},
                                       {"INTELLIGENT_TIERING", "IntelligentTiering"},
                                       {"DEEP_ARCHIVE", "DeepArchive"},
                                       {"OUTPOSTS", "Outposts"},
                                       {"GLACIER_IR", "GlacierInstantRetrieval"},
                                       {"SNOW", "Snow"}};
constexpr Allowed kDispositions[] = {{"inline"}, {"attachment"}};
constexpr Allowed kEncryptions[] = {{"None"}, {"AES256"}};
constexpr Allowed kSources[] = {{"FLOWFILE_CONTENT", "FlowFile Content"},
                                {"FILE_RESOURCE_SERVICE", "File Resource Service", false}};

constexpr std::array<Property, 25> kOwn{{
    {.name = "Content Type", .scope = Scope::FlowFile},
    {.name = "Content Disposition",
     .help = "Without it, the name of the file as objects keep it for FetchS3Object",
     .allowed = kDispositions},
    {.name = "Cache Control", .scope = Scope::FlowFile},
    {.name = "Storage Class",
     .help = "Kept with the object; the local store has one class",
     .fallback = "STANDARD",
     .required = true,
     .allowed = kStorageClasses},
    {.name = "Use Path Style Access",
     .old_name = "use-path-style-access",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Resource Transfer Source", .fallback = "FLOWFILE_CONTENT", .required = true, .allowed = kSources},
    {.name = "File Resource Service", .unsupported = true},
    {.name = "Object Tags Prefix",
     .old_name = "s3-object-tags-prefix",
     .help = "Attributes whose names begin with it become tags",
     .scope = Scope::FlowFile},
    {.name = "Remove Tag Prefix",
     .old_name = "s3-object-remove-tags-prefix",
     .help = "Whether the names of tags are without it",
     .fallback = "false",
     .allowed = kS3Truths},
    {.name = "Expiration Time Rule", .scope = Scope::FlowFile, .no_effect = true},
    {.name = "Server Side Encryption",
     .old_name = "server-side-encryption",
     .fallback = "None",
     .required = true,
     .allowed = kEncryptions},
    {.name = "Multipart Threshold",
     .help = "Longer contents are put in parts; the local store takes all in one",
     .fallback = "5 GB",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Multipart Part Size", .fallback = "5 GB", .required = true, .kind = Property::Kind::Size},
    {.name = "Multipart Upload AgeOff Interval",
     .help = "How often old uploads are looked for",
     .fallback = "60 min",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Multipart Upload Max Age Threshold",
     .help = "Older uploads of the bucket that never ended are removed",
     .fallback = "7 days",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Temporary Directory Multipart State",
     .old_name = "s3-temporary-directory-multipart",
     .help = "Where uploads in parts are noted, to go on after a restart",
     .fallback = "${java.io.tmpdir}",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Use Chunked Encoding",
     .old_name = "use-chunked-encoding",
     .fallback = "true",
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Owner", .fallback = "${s3.owner}", .scope = Scope::FlowFile, .no_effect = true},
    {.name = "Canned ACL",
     .old_name = "canned-acl",
     .help = "At an endpoint; the local store has no lists for what flows put",
     .fallback = "${s3.permissions.cannedacl}",
     .scope = Scope::FlowFile},
    {.name = "FullControl User List",
     .help = "At an endpoint; ids and mail addresses, with commas",
     .fallback = "${s3.permissions.full.users}",
     .scope = Scope::FlowFile},
    {.name = "Read Permission User List", .fallback = "${s3.permissions.read.users}", .scope = Scope::FlowFile},
    {.name = "Write Permission User List",
     .fallback = "${s3.permissions.write.users}",
     .scope = Scope::FlowFile,
     .no_effect = true},
    {.name = "Read ACL User List", .fallback = "${s3.permissions.readacl.users}", .scope = Scope::FlowFile},
    {.name = "Write ACL User List", .fallback = "${s3.permissions.writeacl.users}", .scope = Scope::FlowFile},
    {.name = "Encryption Service", .old_name = "encryption-service", .service = S3Encryption::kApi},
}};
constexpr auto kProperties = joined(kS3Object, kOwn, kS3CustomRegion, kS3Service);
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

struct CannedList {
  std::string_view name, header;
};
constexpr CannedList kCannedLists[] = {{"Private", "private"},
                                       {"PublicRead", "public-read"},
                                       {"PublicReadWrite", "public-read-write"},
                                       {"AuthenticatedRead", "authenticated-read"},
                                       {"LogDeliveryWrite", "log-delivery-write"},
                                       {"BucketOwnerRead", "bucket-owner-read"},
                                       {"BucketOwnerFullControl", "bucket-owner-full-control"},
                                       {"AwsExecRead", "aws-exec-read"}};

std::string form_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(".-*_").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else if (c == ' ')
      out += '+';
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

class PutS3Object final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(access_, S3Access::from(configuration));
    disposition_ = configuration.text_or("Content Disposition", "");
    storage_class_ = configuration.text_or("Storage Class", "STANDARD");
    if (configuration.text("Server Side Encryption") == "AES256")
      encryption_ = {.kind = ObjectEncryption::Aes256, .key = {}, .strategy = {}};
    else if (const auto service = configuration.service<S3Encryption>("Encryption Service"))
      encryption_ = {.kind = service->kind(), .key = service->key(), .strategy = service->strategy()};
    in_parts_ = {.single_bytes_max = configuration.size("Multipart Threshold").value_or(0),
                 .part_bytes = configuration.size("Multipart Part Size").value_or(0),
                 .directory = configuration.text_or("Temporary Directory Multipart State", "")};
    constexpr std::uint64_t kLeast = 5 << 20, kMost = std::uint64_t{5} << 30;
    for (const auto& [name, bytes] : {std::pair{"Multipart Threshold", in_parts_.single_bytes_max},
                                      std::pair{"Multipart Part Size", in_parts_.part_bytes}})
      if (bytes < kLeast || bytes > kMost) return in_property(configuration, name, "must be from 5 MB to 5 GB");
    age_off_every_ = configuration.duration("Multipart Upload AgeOff Interval").value_or(std::chrono::hours{1});
    upload_age_max_ = configuration.duration("Multipart Upload Max Age Threshold").value_or(std::chrono::days{7});
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto files = session.get(kBatch);
    std::map<std::shared_ptr<ObjectTarget>, Batch> by_target;
    for (auto* file : files) {
      auto put = make_put(configuration, session, *file);
      auto target = put ? access_.target(configuration, services, put->bucket, session, *file)
                        : base::Result<std::shared_ptr<ObjectTarget>>(nullptr);
      if (!put || !target) {
        fail_object(configuration, session, *file, object_error(put ? target.error() : put.error()).error());
        continue;
      }
      // The sink may learn the token only of what is there after a crash: else the number may come to name another
      // file.
      TRY_VOID(session.make_durable(*file));
      put->token = session.sink_token(*file);
      by_target[*target].emplace_back(file, std::move(*put));
    }
    for (auto& [target, batch] : by_target) {
      for (const auto& [file, put] : batch) age_off(*target, put.bucket, services.wall_clock.now());
      TRY_VOID(write(configuration, session, *target, batch));
    }
    return {};
  }

 private:
  struct Encryption {
    ObjectEncryption kind = ObjectEncryption::None;
    std::string key;
    std::string strategy;  // of the service; empty: there is none
  };
  using Batch = std::vector<std::pair<FlowFile*, ObjectPut>>;

  base::Result<ObjectPut> make_put(const Configuration& configuration, const Session& session,
                                   const FlowFile& file) const {
    ObjectPut put;
    const auto read = [&](std::string_view name, std::string& into) -> base::Status {
      TRY(into, configuration.evaluate_or(name, session, file, ""));
      return {};
    };
    TRY(auto name, object_name(configuration, session, file));
    put.bucket = std::move(name.bucket);
    put.key = std::move(name.key);
    TRY_VOID(read("Content Type", put.content_type));
    TRY_VOID(read("Cache Control", put.cache_control));
    const auto filename = form_encoded(file.attribute("filename"));
    if (disposition_.empty() || disposition_ == "attachment")
      put.content_disposition = disposition_.empty() ? filename : fmt::format("attachment; filename=\"{}\"", filename);
    else
      put.content_disposition = disposition_;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(auto value, session.evaluate(dynamic.value, file));
      put.metadata.emplace_back(lower(dynamic.name), std::move(value));
    }
    TRY(put.tags, tags_of(configuration, session, file));
    TRY(put.access, access_of(configuration, session, file));
    put.storage_class = storage_class_;
    put.encryption = encryption_.kind;
    put.encryption_key = encryption_.key;
    put.in_parts = in_parts_;
    put.content = file.content;
    return put;
  }
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return text;
  }

  static base::Result<NamedTexts> tags_of(const Configuration& configuration, const Session& session,
                                          const FlowFile& file) {
    TRY(const auto prefix, configuration.evaluate_or("Object Tags Prefix", session, file, ""));
    NamedTexts tags;
    if (prefix.empty()) return tags;
    const auto cut = configuration.flag("Remove Tag Prefix") ? prefix.size() : 0;
    for (const auto& [name, value] : file.attributes)
      if (name.starts_with(prefix)) tags.emplace_back(name.substr(cut), value);
    return tags;
  }

  static base::Result<ObjectAccess> access_of(const Configuration& configuration, const Session& session,
                                              const FlowFile& file) {
    ObjectAccess access;
    for (const auto& [name, list] :
         {std::pair{"FullControl User List", &access.full_control},
          std::pair{"Read Permission User List", &access.read}, std::pair{"Read ACL User List", &access.read_list},
          std::pair{"Write ACL User List", &access.write_list}}) {
      TRY(const auto users, configuration.evaluate_or(name, session, file, ""));
      *list = comma_list(users);
    }
    TRY(const auto canned, configuration.evaluate_or("Canned ACL", session, file, ""));
    if (canned.empty()) return access;
    const auto known = std::ranges::find(kCannedLists, canned, &CannedList::name);
    if (known == std::end(kCannedLists))
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("'Canned ACL' is no such list: '{}'", canned));
    // A list of users counts for more.
    if (access.full_control.empty() && access.read.empty() && access.read_list.empty() && access.write_list.empty())
      access.canned = known->header;
    return access;
  }

  /// Now and then, once for a bucket.
  void age_off(ObjectTarget& target, const std::string& bucket, base::Instant now) {
    {
      const std::lock_guard lock(aged_off_mutex_);
      auto& last = aged_off_[bucket];
      if (last.ns != 0 && now - last < age_off_every_) return;
      last = now;
    }
    // What cannot be looked at now will be later; the right to do so may be missing.
    if (const auto removed = target.abort_old_uploads(bucket, upload_age_max_); !removed)
      LOG_WARN("flow.old_uploads_not_removed bucket={} error=\"{}\"", bucket, removed.error().message);
  }

  base::Status write(const Configuration& configuration, Session& session, ObjectTarget& target, Batch& batch) const {
    std::vector<ObjectPut> puts;
    for (auto& [file, put] : batch) puts.push_back(put);
    base::kill_point("flow.before_put");
    const auto answers = target.put(puts);
    base::kill_point("flow.objects_put");
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& file = *batch[i].first;
      if (answers[i]) {
        succeed(session, target, file, puts[i], *answers[i]);
        continue;
      }
      // A store that is gone for now, or whose answer is not known: the same token is tried again after the penalty.
      if (answers[i].error().may_pass())
        return base::fail(base::Error{base::ErrorKind::Conflict,
                                      0,
                                      {},
                                      fmt::format("{}: {}", configuration.error_prefix(), answers[i].error().message),
                                      std::nullopt});
      fail_object(configuration, session, file, answers[i].error());
    }
    return {};
  }

  void succeed(Session& session, const ObjectTarget& target, FlowFile& file, const ObjectPut& put,
               const ObjectPutAnswer& answer) const {
    const auto set = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) session.put_attribute(file, name, value);
    };
    set("s3.url", target.url_of(put.bucket, put.key));
    set("s3.bucket", put.bucket);
    set("s3.key", put.key);
    set("s3.contenttype", put.content_type);
    set("s3.cachecontrol", put.cache_control);
    if (!disposition_.empty()) set("s3.contentdisposition", put.content_disposition);
    set("s3.etag", answer.etag);
    set("s3.version", answer.version);
    set("s3.storeClass", storage_class_);
    set("s3.apimethod", answer.in_parts ? "multipartupload" : "putobject");
    set("s3.uploadId", answer.upload_id);
    if (put.encryption == ObjectEncryption::Aes256) set("s3.sseAlgorithm", "AES256");
    if (put.encryption == ObjectEncryption::Kms) set("s3.sseAlgorithm", "aws:kms");
    set("s3.encryptionStrategy", encryption_.strategy);
    put_expiration(session, file, answer.expiration);
    std::string metadata;
    for (const auto& [name, value] : put.metadata)
      metadata += fmt::format("{}{}={}", metadata.empty() ? "" : "\n", name, value);
    set("s3.usermetadata", metadata);
    session.count_bytes_in(file.size());
    session.report(EventType::Send, file, {.uri = target.url_of(put.bucket, put.key)});
    session.transfer(file, "success");
  }

  S3Access access_;
  std::string disposition_;
  std::string storage_class_;
  Encryption encryption_;
  PutInParts in_parts_;
  std::chrono::nanoseconds age_off_every_{};
  std::chrono::nanoseconds upload_age_max_{};
  std::mutex aged_off_mutex_;
  std::map<std::string, base::Instant> aged_off_;  // by bucket, when its old uploads were looked for
};

}  // namespace

const Description kPutS3Object{
    .type = "org.apache.nifi.processors.aws.s3.PutS3Object",
    .bundle = kAwsBundle,
    .help = "Puts the content of flowfiles into a bucket: the local store's, or that of an endpoint.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new PutS3Object); },
};

}  // namespace flow
