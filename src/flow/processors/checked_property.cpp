#include "flow/processors/checked_property.h"

#include <fmt/format.h>

namespace flow {

base::Failure<base::Error> in_property(const Configuration& configuration, std::string_view property,
                                       base::Error error) {
  error.message = fmt::format("{}, property '{}': {}", configuration.error_prefix(), property, error.message);
  return base::fail(std::move(error));
}

base::Failure<base::Error> in_property(const Configuration& configuration, std::string_view property,
                                       std::string_view problem) {
  return in_property(configuration, property,
                     base::Error{.kind = base::ErrorKind::InvalidValue, .message = std::string(problem)});
}

base::Result<CharacterSet> character_set(const Configuration& configuration, std::string_view name) {
  auto set = CharacterSet::find(configuration.text_or(name, "UTF-8"));
  if (!set) return in_property(configuration, name, set.error());
  return set;
}

base::Result<char> one_character(const Configuration& configuration, std::string_view name) {
  const auto text = configuration.text_or(name, "");
  if (text.size() != 1) return in_property(configuration, name, "must be one character");
  return text.front();
}

}  // namespace flow
