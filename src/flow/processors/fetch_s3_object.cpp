#include "flow/processors/fetch_s3_object.h"

#include <fmt/format.h>

#include "flow/engine/quantity.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/s3_access.h"
#include "flow/services/s3_encryption.h"
#include "http/message.h"

namespace flow {
namespace {

constexpr std::array<Property, 3> kOwn{{
    {.name = "Version", .help = "The newest without it", .scope = Scope::FlowFile},
    {.name = "Range Start",
     .old_name = "range-start",
     .help = "Bytes to leave out at the beginning",
     .scope = Scope::FlowFile,
     .kind = Property::Kind::Size},
    {.name = "Range Length",
     .old_name = "range-length",
     .help = "Bytes to take; all that follow without it",
     .scope = Scope::FlowFile,
     .kind = Property::Kind::Size},
}};
constexpr std::array<Property, 1> kEncryption{{{.name = "Encryption Service",
                                                .old_name = "encryption-service",
                                                .help = "Objects say themselves how they are encrypted",
                                                .service = S3Encryption::kApi}}};
constexpr auto kProperties = joined(kS3Object, kOwn, kS3CustomRegion, kS3Service, kEncryption, kS3RequesterPays);
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class FetchS3Object final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(access_, S3Access::from(configuration));
    const auto encryption = configuration.service<S3Encryption>("Encryption Service");
    if (encryption != nullptr && encryption->kind() != ObjectEncryption::None)
      return in_property(
          configuration, "Encryption Service",
          fmt::format("{} is not for reading: such objects are decrypted without it", encryption->strategy()));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto refuse = [&](const ObjectError& error) {
      fail_object(configuration, session, *file, error);
      return base::Status{};
    };
    const auto name = object_name(configuration, session, *file, "Version");
    if (!name) return refuse(object_error(name.error()).error());
    const auto range = range_of(configuration, session, *file);
    if (!range) return refuse(object_error(range.error()).error());
    const auto target = access_.target(configuration, services, name->bucket, session, *file);
    if (!target) return refuse(object_error(target.error()).error());
    TRY(auto content, session.begin_write());
    const auto facts = (*target)->get(*name, *range, content);
    if (!facts) return refuse(facts.error());
    const auto bytes = content.length();
    session.set_content(*file, content.finish());
    session.count_bytes_in(bytes);
    put_attributes(session, *file, *name, *facts);
    session.report(EventType::Fetch, *file, {.uri = (*target)->url_of(name->bucket, name->key)});
    session.transfer(*file, "success");
    return {};
  }

 private:
  static base::Result<ObjectRange> range_of(const Configuration& configuration, const Session& session,
                                            const FlowFile& file) {
    const auto size = [&](std::string_view property) -> base::Result<std::optional<std::uint64_t>> {
      TRY(const auto text, configuration.evaluate(property, session, file));
      if (!text || text->empty()) return std::nullopt;
      const auto bytes = parse_data_size(*text);
      if (!bytes)
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is no size: '{}'", property, *text));
      return bytes;
    };
    ObjectRange range;
    TRY(const auto start, size("Range Start"));
    TRY(range.length, size("Range Length"));
    range.offset = start.value_or(0);
    if (range.length == 0) return base::fail(base::ErrorKind::InvalidValue, "'Range Length' must be 1 B at least");
    return range;
  }

  static void put_attributes(Session& session, FlowFile& file, const ObjectName& name, const ObjectFacts& facts) {
    const auto put = [&](std::string_view attribute, const std::string& value) {
      if (!value.empty()) session.put_attribute(file, attribute, value);
    };
    put("s3.bucket", name.bucket);
    if (!facts.content_disposition.empty()) {
      const auto text = http::percent_decode(facts.content_disposition, http::PlusMeans::Space);
      const bool says_how = text == "inline" || text.starts_with("attachment; filename=");
      put_path(session, file, says_how ? name.key : text);
    }
    put("hash.value", facts.content_md5);
    if (!facts.content_md5.empty()) put("hash.algorithm", "MD5");
    put("mime.type", facts.content_type);
    put("s3.etag", facts.etag);
    put_expiration(session, file, facts.expiration);
    for (const auto& [key, value] : facts.metadata) session.put_attribute(file, key, value);
    put("s3.sseAlgorithm", facts.encryption);
    if (facts.encryption == "AES256") put("s3.encryptionStrategy", "SSE_S3");
    if (facts.encryption == "aws:kms") put("s3.encryptionStrategy", "SSE_KMS");
    put("s3.version", facts.version);
  }

  /// PutS3Object keeps the name of the file as content disposition.
  static void put_path(Session& session, FlowFile& file, const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || slash + 1 == path.size()) {
      session.put_attribute(file, "filename", path);
      return;
    }
    session.put_attribute(file, "path", path.substr(0, slash));
    session.put_attribute(file, "absolute.path", path);
    session.put_attribute(file, "filename", path.substr(slash + 1));
  }

  S3Access access_;
};

}  // namespace

const Description kFetchS3Object{
    .type = "org.apache.nifi.processors.aws.s3.FetchS3Object",
    .bundle = kAwsBundle,
    .help = "Reads the object that a flowfile names.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new FetchS3Object); },
};

}  // namespace flow
