#pragma once

#include <string>

namespace cli {

/// What this machine calls itself, and the first address that its name has; "localhost" and 127.0.0.1 when it has none.
struct HostIdentity {
  std::string name;
  std::string address;
};
HostIdentity host_identity();

}  // namespace cli
