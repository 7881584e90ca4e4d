#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Headers with parameters, as forms have them. Not for other rooms.
namespace store::s3 {

/// The parameter of that name behind a header's value: `; name=value` or `; name="value"`. In quotes, \" is a quote,
/// and so is %22, as browsers write it.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

struct PartHeaders {
  std::string name;
  std::string file_name;
  std::string content_type;
};

/// The lines in front of a part. None when one of them is no header, or none says the name of the part.
std::optional<PartHeaders> read_part_headers(std::string_view lines);

}  // namespace store::s3
