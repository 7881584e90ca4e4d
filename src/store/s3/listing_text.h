#pragma once

#include <string>
#include <string_view>

#include "store/s3/call.h"
#include "store/s3/xml.h"

namespace store::s3 {

/// What all listings have in common: the prefix and delimiter that they were asked for, and how keys are shown.
struct ListRequest {
  std::string prefix;
  std::string delimiter;
  int max_keys = 1000;
  bool encoded = false;  // encoding-type=url

  std::string shown(std::string_view text) const;
};
/// Errors: 400 InvalidArgument. `max_name`: the parameter that bounds a page.
S3Result<ListRequest> read_list_request(const Call& call, std::string_view max_name);

void write_owner(XmlWriter& xml, std::string_view element, const OwnerName& owner);
void write_common_prefixes(XmlWriter& xml, const std::vector<std::string>& prefixes, const ListRequest& list);
std::string_view shown_class(std::string_view storage_class);

}  // namespace store::s3
