#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/s3/caller.h"
#include "store/s3/environment.h"

namespace store::s3 {

/// What the clients of all services are told alike; their options explain it.
struct Access {
  AccessKey key;
  std::string session_token;
  bool anonymous = false;
  const Environment* environment = nullptr;
  Sleeper* sleeper = nullptr;
  std::optional<std::uint64_t> retry_seed;
  bool verify_certificates = true;
  std::string ca_bundle;
};

struct Connected {
  std::unique_ptr<Sleeper> sleeper;  // outlives the caller, which may use it
  std::unique_ptr<Caller> caller;
};

/// The environment that the client was given, or an empty one.
const Environment& environment_of(const Environment* given);

/// Completes the options by the environment: a region, how often is tried, TLS. What `access` points to, and the clock,
/// outlive the caller. Errors: InvalidValue for a bundle that cannot be read.
base::Result<Connected> connect_caller(Caller::Options options, const Access& access,
                                       const base::WallClock& wall_clock);

}  // namespace store::s3
