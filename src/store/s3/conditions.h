#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "store/object_store.h"
#include "store/s3/call.h"

namespace store::s3 {

enum class Outcome { Go, NotModified, Failed };

/// Names of the four conditional headers: of a read, or of a copy's source.
struct ConditionNames {
  std::string_view match, none_match, modified_since, unmodified_since;
};
inline constexpr ConditionNames kReadConditions{"if-match", "if-none-match", "if-modified-since",
                                                "if-unmodified-since"};
inline constexpr ConditionNames kSourceConditions{"x-amz-copy-source-if-match", "x-amz-copy-source-if-none-match",
                                                  "x-amz-copy-source-if-modified-since",
                                                  "x-amz-copy-source-if-unmodified-since"};

/// The conditions of a request on an object that is there; those on the ETag win over those of time.
/// Source: RFC 7232, section 6.
Outcome check_conditions(const Call& call, const ObjectInfo& info, base::Instant now, const ConditionNames& names);

/// One range of bytes; none when the header means the whole object (also when it is not understood).
/// Errors: 416 when no byte of the object is in the range. Source: RFC 7233.
S3Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size);

std::optional<std::uint64_t> number_of(std::string_view text);

}  // namespace store::s3
