#include "flow/processors/put_s3_object.h"

#include <fmt/format.h>

#include "base/fault/kill_point.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/object_target.h"
#include "flow/services/aws_credentials.h"
#include "flow/services/proxy_configuration.h"
#include "flow/services/ssl_context.h"

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
constexpr Allowed kTruths[] = {{"true", "True"}, {"false", "False"}};
constexpr Allowed kEncryptions[] = {{"None"}, {"AES256"}};
constexpr Allowed kSigners[] = {{"Default Signature"},
                                {"AWSS3V4SignerType", "Signature Version 4"},
                                {"S3SignerType", "Signature Version 2"},
                                {"CustomSignerType", "Custom Signature"}};
constexpr Allowed kSources[] = {{"FLOWFILE_CONTENT", "FlowFile Content"},
                                {"FILE_RESOURCE_SERVICE", "File Resource Service", false}};

constexpr Property kProperties[] = {
    {.name = "Bucket",
     .help = "Made on first use in the local store",
     .fallback = "${s3.bucket}",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Object Key", .fallback = "${filename}", .required = true, .scope = Scope::FlowFile},
    {.name = "Region", .old_name = "aws-region", .fallback = "us-west-2", .required = true},
    {.name = "Custom Region", .old_name = "custom-region", .scope = Scope::Environment},
    {.name = "Access Key", .scope = Scope::Environment, .sensitive = true},
    {.name = "Secret Key", .scope = Scope::Environment, .sensitive = true},
    {.name = "Credentials File", .no_effect = true},
    {.name = "AWS Credentials Provider Service",
     .old_name = "AWS Credentials Provider service",
     .help = "Counts for more than Access Key and Secret Key",
     .service = AwsCredentialsProvider::kApi},
    {.name = "Content Type", .scope = Scope::FlowFile},
    {.name = "Content Disposition", .allowed = kDispositions},
    {.name = "Cache Control", .scope = Scope::FlowFile},
    {.name = "Storage Class",
     .help = "Kept as an attribute; the local store has one class",
     .fallback = "STANDARD",
     .required = true,
     .allowed = kStorageClasses},
    {.name = "Endpoint Override URL", .scope = Scope::Environment},
    {.name = "Use Path Style Access",
     .old_name = "use-path-style-access",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Resource Transfer Source", .fallback = "FLOWFILE_CONTENT", .required = true, .allowed = kSources},
    {.name = "File Resource Service", .unsupported = true},
    {.name = "Encryption Service", .old_name = "encryption-service", .unsupported = true},
    {.name = "Object Tags Prefix", .old_name = "s3-object-tags-prefix", .scope = Scope::FlowFile, .unsupported = true},
    {.name = "Remove Tag Prefix",
     .old_name = "s3-object-remove-tags-prefix",
     .fallback = "false",
     .allowed = kTruths,
     .no_effect = true},
    {.name = "Expiration Time Rule", .scope = Scope::FlowFile, .unsupported = true},
    {.name = "Server Side Encryption",
     .old_name = "server-side-encryption",
     .fallback = "None",
     .required = true,
     .allowed = kEncryptions,
     .no_effect = true},
    {.name = "Multipart Threshold", .fallback = "5 GB", .required = true, .no_effect = true},
    {.name = "Multipart Part Size", .fallback = "5 GB", .required = true, .no_effect = true},
    {.name = "Multipart Upload AgeOff Interval", .fallback = "60 min", .required = true, .no_effect = true},
    {.name = "Multipart Upload Max Age Threshold", .fallback = "7 days", .required = true, .no_effect = true},
    {.name = "Temporary Directory Multipart State",
     .old_name = "s3-temporary-directory-multipart",
     .fallback = "${java.io.tmpdir}",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Communications Timeout", .fallback = "30 secs", .required = true, .no_effect = true},
    {.name = "SSL Context Service",
     .help = "Without stores of its own: certificates are checked against the machine's or the configuration's",
     .service = SslContext::kApi},
    {.name = "Use Chunked Encoding",
     .old_name = "use-chunked-encoding",
     .fallback = "true",
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Signer Override", .fallback = "Default Signature", .allowed = kSigners, .no_effect = true},
    {.name = "Custom Signer Class Name",
     .old_name = "custom-signer-class-name",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Custom Signer Module Location",
     .old_name = "custom-signer-module-location",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Proxy Configuration Service",
     .old_name = "proxy-configuration-service",
     .help = "Of type DIRECT only; the environment's HTTPS_PROXY counts",
     .service = ProxyConfiguration::kApi},
    {.name = "Proxy Host", .scope = Scope::Environment, .no_effect = true},
    {.name = "Proxy Host Port", .scope = Scope::Environment, .no_effect = true},
    {.name = "Proxy Username", .old_name = "proxy-user-name", .no_effect = true},
    {.name = "Proxy Password", .old_name = "proxy-user-password", .sensitive = true, .no_effect = true},
    {.name = "Owner", .fallback = "${s3.owner}", .scope = Scope::FlowFile, .no_effect = true},
    {.name = "Canned ACL",
     .old_name = "canned-acl",
     .fallback = "${s3.permissions.cannedacl}",
     .scope = Scope::FlowFile,
     .no_effect = true},
    {.name = "FullControl User List",
     .fallback = "${s3.permissions.full.users}",
     .scope = Scope::FlowFile,
     .no_effect = true},
    {.name = "Read Permission User List",
     .fallback = "${s3.permissions.read.users}",
     .scope = Scope::FlowFile,
     .no_effect = true},
    {.name = "Write Permission User List",
     .fallback = "${s3.permissions.write.users}",
     .scope = Scope::FlowFile,
     .no_effect = true},
    {.name = "Read ACL User List",
     .fallback = "${s3.permissions.readacl.users}",
     .scope = Scope::FlowFile,
     .no_effect = true},
    {.name = "Write ACL User List",
     .fallback = "${s3.permissions.writeacl.users}",
     .scope = Scope::FlowFile,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

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

class PutS3Object final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    request_.region = configuration.text_or("Region", "");
    if (request_.region == "use-custom-region") request_.region = configuration.text_or("Custom Region", "");
    request_.endpoint = configuration.text_or("Endpoint Override URL", "");
    request_.path_style = configuration.flag("Use Path Style Access");
    request_.access_key = configuration.text_or("Access Key", "");
    request_.secret_key = configuration.text_or("Secret Key", "");
    if (const auto provider = configuration.service<AwsCredentialsProvider>("AWS Credentials Provider Service")) {
      request_.access_key = provider->credentials().access_key;
      request_.secret_key = provider->credentials().secret_key;
    }
    const auto unsupported = [&](std::string_view property, std::string_view what) {
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("{}, property '{}': {}", configuration.error_prefix(), property, what));
    };
    const auto proxy = configuration.service<ProxyConfiguration>("Proxy Configuration Service");
    if (proxy != nullptr && proxy->proxy().type != "DIRECT")
      return unsupported("Proxy Configuration Service", "a proxy is not supported; set HTTPS_PROXY in the environment");
    const auto ssl = configuration.service<SslContext>("SSL Context Service");
    if (ssl != nullptr && !(ssl->key_store().path.empty() && ssl->trust_store().path.empty()))
      return unsupported("SSL Context Service",
                         "stores of certificates are not supported; configure ca_bundle for the endpoint");
    disposition_ = configuration.text_or("Content Disposition", "");
    storage_class_ = configuration.text_or("Storage Class", "STANDARD");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto files = session.get(kBatch);
    std::map<std::shared_ptr<ObjectTarget>, std::vector<std::pair<FlowFile*, ObjectPut>>> by_target;
    for (auto* file : files) {
      auto put = make_put(configuration, session, *file);
      auto target = put ? services.targets.find(request_for(put->bucket, *file))
                        : base::Result<std::shared_ptr<ObjectTarget>>(nullptr);
      if (!put || !target) {
        fail_one(configuration, session, *file, put ? target.error() : put.error());
        continue;
      }
      // The sink may learn the token only of what is there after a crash: else the number may come to name another
      // file.
      TRY_VOID(session.make_durable(*file));
      put->token = session.sink_token(*file);
      by_target[*target].emplace_back(file, std::move(*put));
    }
    for (auto& [target, batch] : by_target) TRY_VOID(write(configuration, session, *target, batch));
    return {};
  }

 private:
  TargetRequest request_for(const std::string& bucket, const FlowFile& file) const {
    auto request = request_;
    request.bucket = bucket;
    if (request.region == "attribute-defined-region") request.region = file.attribute("s3.region");
    return request;
  }

  base::Result<ObjectPut> make_put(const Configuration& configuration, const Session& session,
                                   const FlowFile& file) const {
    ObjectPut put;
    const auto read = [&](std::string_view name, std::string& into) -> base::Status {
      TRY(auto value, configuration.evaluate(name, session, file));
      into = value.value_or("");
      return {};
    };
    TRY_VOID(read("Bucket", put.bucket));
    TRY_VOID(read("Object Key", put.key));
    TRY_VOID(read("Content Type", put.content_type));
    TRY_VOID(read("Cache Control", put.cache_control));
    const auto name = form_encoded(file.attribute("filename"));
    if (disposition_.empty() || disposition_ == "attachment")
      put.content_disposition = disposition_.empty() ? name : fmt::format("attachment; filename=\"{}\"", name);
    else
      put.content_disposition = disposition_;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(auto value, session.evaluate(dynamic.value, file));
      put.metadata.emplace_back(lower(dynamic.name), std::move(value));
    }
    put.storage_class = storage_class_;
    put.content = file.content;
    return put;
  }
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return text;
  }

  base::Status write(const Configuration& configuration, Session& session, ObjectTarget& target,
                     std::vector<std::pair<FlowFile*, ObjectPut>>& batch) const {
    std::vector<ObjectPut> puts;
    for (auto& [file, put] : batch) puts.push_back(put);
    base::kill_point("flow.before_put");
    const auto answers = target.put(puts);
    base::kill_point("flow.objects_put");
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& file = *batch[i].first;
      if (!answers[i]) {
        const auto kind = answers[i].error().kind;
        // A store that is gone for now, or whose answer is not known: the same token is tried again after the penalty.
        if (kind == base::ErrorKind::Unavailable || kind == base::ErrorKind::Internal)
          return base::fail(base::Error{base::ErrorKind::Conflict,
                                        0,
                                        {},
                                        fmt::format("{}: {}", configuration.error_prefix(), answers[i].error().message),
                                        std::nullopt});
        fail_one(configuration, session, file, answers[i].error());
        continue;
      }
      succeed(session, target, file, puts[i], *answers[i]);
    }
    return {};
  }

  void succeed(Session& session, const ObjectTarget& target, FlowFile& file, const ObjectPut& put,
               const ObjectPutAnswer& answer) const {
    session.put_attribute(file, "s3.url", target.url_of(put.bucket, put.key));
    session.put_attribute(file, "s3.bucket", put.bucket);
    session.put_attribute(file, "s3.key", put.key);
    if (!put.content_type.empty()) session.put_attribute(file, "s3.contenttype", put.content_type);
    session.put_attribute(file, "s3.etag", answer.etag);
    if (!answer.version.empty()) session.put_attribute(file, "s3.version", answer.version);
    session.put_attribute(file, "s3.storeClass", storage_class_);
    session.put_attribute(file, "s3.apimethod", answer.in_parts ? "multipartupload" : "putobject");
    std::string metadata;
    for (const auto& [name, value] : put.metadata)
      metadata += fmt::format("{}{}={}", metadata.empty() ? "" : "\n", name, value);
    if (!metadata.empty()) session.put_attribute(file, "s3.usermetadata", metadata);
    session.count_bytes_in(file.size());
    session.report(EventType::Send, file, {.uri = target.url_of(put.bucket, put.key)});
    session.transfer(file, "success");
  }

  static void fail_one(const Configuration& configuration, Session& session, FlowFile& file, const base::Error& error) {
    session.log_error(fmt::format("{}: {}", configuration.error_prefix(), error.message));
    session.put_attribute(file, "s3.exception", std::string(name_of(error.kind)));
    session.put_attribute(file, "s3.errorMessage", error.message);
    session.penalize(file);
    session.transfer(file, "failure", error.message);
  }

  TargetRequest request_;
  std::string disposition_;
  std::string storage_class_;
};

}  // namespace

const Description kPutS3Object{
    .type = "org.apache.nifi.processors.aws.s3.PutS3Object",
    .bundle = "org.apache.nifi:nifi-aws-nar",
    .help = "Puts the content of flowfiles into a bucket: the local store's, or that of an endpoint.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new PutS3Object); },
};

}  // namespace flow
