#include "store/s3/expiration.h"

#include "store/s3/documents/lifecycle.h"

namespace store::s3 {

std::optional<std::string> expiration_of(const BucketInfo& bucket, const ObjectDetails& details) {
  const auto* document = bucket.document("lifecycle");
  if (document == nullptr) return std::nullopt;
  const auto configuration = parse_lifecycle(*document);
  if (!configuration) return std::nullopt;
  ObjectFacts facts{.key = details.info.key, .size = details.info.size, .last_modified = details.info.last_modified};
  for (const auto& [name, value] : details.tags) facts.tags.push_back({name, value});
  return expiration_header(*configuration, facts);
}

}  // namespace store::s3
