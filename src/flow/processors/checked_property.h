#pragma once

#include <string_view>

#include "flow/content/character_set.h"
#include "flow/engine/processor.h"

namespace flow {

/// An error of Processor::prepare that names the property.
base::Failure<base::Error> in_property(const Configuration& configuration, std::string_view property,
                                       base::Error error);
base::Failure<base::Error> in_property(const Configuration& configuration, std::string_view property,
                                       std::string_view problem);

/// Those of 'Character Set'; InvalidValue when there is no such set.
base::Result<CharacterSet> character_set(const Configuration& configuration, std::string_view name = "Character Set");

/// A property of one character.
base::Result<char> one_character(const Configuration& configuration, std::string_view name);

}  // namespace flow
