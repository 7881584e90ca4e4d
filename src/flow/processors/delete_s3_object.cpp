#include "flow/processors/delete_s3_object.h"

#include "flow/processors/s3_access.h"

namespace flow {
namespace {

constexpr std::array<Property, 7> kOwn{{
    {.name = "Version", .help = "The newest without it", .scope = Scope::FlowFile},
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
    {.name = "Owner", .fallback = "${s3.owner}", .scope = Scope::FlowFile, .no_effect = true},
}};
constexpr auto kProperties = joined(kS3Object, kOwn, kS3CustomRegion, kS3Service);
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class DeleteS3Object final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(access_, S3Access::from(configuration));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto removed = remove(configuration, services, session, *file);
    if (removed)
      session.transfer(*file, "success");
    else
      fail_object(configuration, session, *file, removed.error());
    return {};
  }

 private:
  ObjectStatus remove(const Configuration& configuration, const Services& services, const Session& session,
                      const FlowFile& file) const {
    const auto name = object_name(configuration, session, file, "Version");
    if (!name) return object_error(name.error());
    const auto target = access_.target(configuration, services, name->bucket, session, file);
    if (!target) return object_error(target.error());
    return (*target)->remove(*name);
  }

  S3Access access_;
};

}  // namespace

const Description kDeleteS3Object{
    .type = "org.apache.nifi.processors.aws.s3.DeleteS3Object",
    .bundle = kAwsBundle,
    .help = "Removes the object that a flowfile names, or one version of it.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new DeleteS3Object); },
};

}  // namespace flow
