#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

#include "store/s3/s3_error.h"

namespace store::s3 {

/// A JSON text that a client sent.
/// Errors: 400 with `code` for text that is not JSON (the message says where), nests more than 32 deep, or has an
/// object with two members of one name: which of them counts would be a guess.
S3Result<boost::json::value> parse_json(std::string_view text, std::string_view code);

}  // namespace store::s3
