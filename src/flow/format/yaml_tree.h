#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flow {

/// A YAML document as JSON: scalars are texts (what a number means is decided by who reads it), empty ones null.
struct YamlTree {
  boost::json::value value;
  std::map<std::string, std::size_t> lines;  // by path ("$.Processors[0].name"), of each part
};

/// What unquoted scalars are: texts all, or what they look like (numbers, truth values).
enum class PlainScalars { Texts, Typed };

/// The documents of a YAML text. Errors: Syntax, with the line.
base::Result<std::vector<YamlTree>> parse_yaml(const std::string& text, std::string_view file,
                                               PlainScalars plain = PlainScalars::Texts);

}  // namespace flow
