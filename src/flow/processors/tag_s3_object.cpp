#include "flow/processors/tag_s3_object.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/processors/s3_access.h"

namespace flow {
namespace {

constexpr std::array<Property, 4> kOwn{{
    {.name = "Version", .old_name = "version", .help = "The newest without it", .scope = Scope::FlowFile},
    {.name = "Tag Key", .old_name = "tag-key", .required = true, .scope = Scope::FlowFile},
    {.name = "Tag Value", .old_name = "tag-value", .required = true, .scope = Scope::FlowFile},
    {.name = "Append Tag",
     .old_name = "append-tag",
     .help = "Beside the tags that there are; else instead of them",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
}};
constexpr auto kProperties = joined(kS3Object, kOwn, kS3CustomRegion, kS3Service);
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};
constexpr std::string_view kPrefix = "s3.tag.";

class TagS3Object final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(access_, S3Access::from(configuration));
    appends_ = configuration.flag("Append Tag");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto tags = tag(configuration, services, session, *file);
    if (!tags) {
      fail_object(configuration, session, *file, tags.error());
      return {};
    }
    std::vector<std::string> old;
    for (const auto& [name, value] : file->attributes)
      if (name.starts_with(kPrefix)) old.push_back(name);
    for (const auto& name : old) session.remove_attribute(*file, name);
    for (const auto& [name, value] : *tags) session.put_attribute(*file, std::string(kPrefix) + name, value);
    session.transfer(*file, "success");
    return {};
  }

 private:
  /// All tags that the object has now.
  ObjectResult<NamedTexts> tag(const Configuration& configuration, const Services& services, const Session& session,
                               const FlowFile& file) const {
    const auto name = object_name(configuration, session, file, "Version");
    if (!name) return object_error(name.error());
    std::pair<std::string, std::string> added;
    for (const auto& [property, into] : {std::pair{"Tag Key", &added.first}, std::pair{"Tag Value", &added.second}}) {
      auto value = configuration.evaluate_or(property, session, file, "");
      if (!value) return object_error(value.error());
      if (value->find_first_not_of(" \t\r\n") == std::string::npos)
        return object_error({base::ErrorKind::InvalidValue, 0, {}, fmt::format("'{}' is empty", property), {}});
      *into = std::move(*value);
    }
    const auto target = access_.target(configuration, services, name->bucket, session, file);
    if (!target) return object_error(target.error());
    NamedTexts tags;
    if (appends_) {
      TRY(tags, (*target)->tags(*name));
      std::erase_if(tags, [&](const auto& tag) { return tag.first == added.first; });
    }
    tags.push_back(std::move(added));
    TRY_VOID((*target)->set_tags(*name, tags));
    return tags;
  }

  S3Access access_;
  bool appends_ = true;
};

}  // namespace

const Description kTagS3Object{
    .type = "org.apache.nifi.processors.aws.s3.TagS3Object",
    .bundle = kAwsBundle,
    .help = "Sets a tag of the object that a flowfile names.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new TagS3Object); },
};

}  // namespace flow
