#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace server::nifi {

/// One field of a form with files.
struct FormPart {
  std::string name;
  std::string file_name;  // empty where none is told
  std::string_view content;
};

/// The parts of a multipart/form-data body; they point into `body`. Errors: InvalidValue.
/// Source: RFC 7578, and the HTML standard for quotes and line ends in names.
base::Result<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body);

/// The value of a name in `name="…"`, escaped as browsers do it.
std::string escape_form_name(std::string_view name);

}  // namespace server::nifi
