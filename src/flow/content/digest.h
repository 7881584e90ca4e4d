#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/engine/content.h"

namespace flow {

/// The digest of a source in hexadecimal, by the name that NiFi gives the algorithm: "SHA-256", "SHA3-512",
/// "BLAKE2-256". Unsupported: one that is not known here (MD2).
base::Result<std::string> hex_digest(std::string_view algorithm, ByteSource& source);

}  // namespace flow
