#pragma once

// How the client reads what servers answer.

#include <pugixml.hpp>

#include "store/s3/caller.h"
#include "store/s3/client.h"

namespace store::s3 {

std::string strip_quotes(std::string_view etag);
/// Errors: InvalidValue.
base::Result<pugi::xml_document> parse_xml(const http::Response& response);
RemoteDetails read_details(std::string key, const http::Headers& headers);
/// The bucket and key of an operation, as messages name them.
std::string target_text(const Operation& operation);
/// The text of a listing's element: percent-encoded where the listing says so.
std::string decoded_text(const pugi::xml_node& root, const pugi::xml_node& node, const char* name);

}  // namespace store::s3
