#pragma once

#include <string>

#include "flow/description.h"

namespace flow {

/// A description as one line of JSON: what a flow file may say about a component of this type. NiFi's names where it
/// has them: "name" is the key that NiFi 2.7 and later write, "old_name" the one before.
std::string description_json(const Description& description);

}  // namespace flow
