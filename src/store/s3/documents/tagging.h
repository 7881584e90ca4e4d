#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/s3/s3_error.h"

namespace store::s3 {

class XmlElement;
class XmlWriter;

struct Tag {
  std::string key;
  std::string value;

  bool operator==(const Tag&) const = default;
};
using Tags = std::vector<Tag>;

/// What carries the tags: an object has at most 10 of them, a bucket 50.
enum class TagHolder { Object, Bucket };

/// A Tagging document, in its order.
/// Errors: 400 MalformedXML; 400 InvalidTag for too many tags, a key of not 1 to 128 characters or a value of more than
/// 256, characters that tags cannot have, a key that is there twice or begins with "aws:".
/// Source: Amazon S3 User Guide, "Categorizing your objects using tags".
S3Result<Tags> parse_tagging(std::string_view xml, TagHolder holder);
std::string print_tagging(const Tags& tags);

/// The header x-amz-tagging: key=value&key2=value2, percent-encoded; in the order of the keys.
/// Errors: 400 InvalidTag as above.
S3Result<Tags> parse_tagging_header(std::string_view header);

/// Errors: 400 InvalidTag as above.
S3Result<void> check_tags(const Tags& tags, TagHolder holder);

/// A Tag element of a larger document, unchecked but for its shape. Errors: 400 MalformedXML.
S3Result<Tag> read_tag(const XmlElement& element);
void write_tag(XmlWriter& xml, const Tag& tag);

}  // namespace store::s3
