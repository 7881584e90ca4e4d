#include "store/s3/connecting.h"

#include <algorithm>

#include "base/random.h"
#include "store/s3/credential_chain.h"

namespace store::s3 {
namespace {

const EmptyEnvironment kNoEnvironment;

CredentialProvider::Fetch fetch_of(const Access& access, const base::WallClock& wall_clock, const std::string& region,
                                   std::shared_ptr<http::ClientTls> tls) {
  if (!access.key.id.empty())
    return [fixed = Credentials{access.key, access.session_token, {}}]() -> base::Result<Credentials> { return fixed; };
  CredentialSearch search{.environment = environment_of(access.environment),
                          .wall_clock = wall_clock,
                          .region = region,
                          .tls = std::move(tls),
                          .anonymous = access.anonymous};
  return [search = std::move(search)] { return find_credentials(search); };
}

}  // namespace

const Environment& environment_of(const Environment* given) { return given != nullptr ? *given : kNoEnvironment; }

base::Result<Connected> connect_caller(Caller::Options options, const Access& access,
                                       const base::WallClock& wall_clock) {
  const Environment& environment = environment_of(access.environment);
  auto& region = options.endpoint.region;
  if (region.empty() && access.environment != nullptr)
    region = region_of_instance({.environment = environment, .wall_clock = wall_clock}).value_or("");
  if (region.empty()) region = "us-east-1";
  options.seed = access.retry_seed ? *access.retry_seed : base::entropy();
  if (const auto attempts = environment.variable("AWS_MAX_ATTEMPTS"))
    options.retry.attempts_max = std::max(1, std::atoi(attempts->c_str()));
  const bool may_be_plain = options.endpoint.override_url && options.endpoint.override_url->scheme == "http";
  if (!may_be_plain) {
    auto bundle = access.ca_bundle.empty() ? environment.variable("AWS_CA_BUNDLE").value_or("") : access.ca_bundle;
    TRY(options.pool.tls, http::ClientTls::make({access.verify_certificates, std::move(bundle)}));
  }
  auto fetch = fetch_of(access, wall_clock, region, options.pool.tls);
  Connected connected{.sleeper = std::make_unique<SystemSleeper>(), .caller = {}};
  Sleeper& waits = access.sleeper != nullptr ? *access.sleeper : *connected.sleeper;
  connected.caller = std::make_unique<Caller>(std::move(options), std::move(fetch), environment, wall_clock, waits);
  return connected;
}

}  // namespace store::s3
