#include "store/s3/remote.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/s3/documents/wildcard.h"

namespace store::s3 {
namespace {

/// The machine's, with the profile and the files that a remote names. Who names one does not mean the keys that stand
/// in the environment.
class RemoteEnvironment final : public Environment {
 public:
  RemoteEnvironment(const Remote& remote, const Environment& machine)
      : profile_(remote.profile), credentials_file_(remote.credentials_file), machine_(machine) {}

  std::optional<std::string> variable(const std::string& name) const override {
    static constexpr std::array kKeys{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                                      "AWS_WEB_IDENTITY_TOKEN_FILE"};
    if (!profile_.empty() && name == "AWS_PROFILE") return profile_;
    if (!credentials_file_.empty() && name == "AWS_SHARED_CREDENTIALS_FILE") return credentials_file_;
    const bool named = !profile_.empty() || !credentials_file_.empty();
    if (named && std::ranges::find(kKeys, name) != kKeys.end()) return std::nullopt;
    return machine_.variable(name);
  }
  base::Result<std::string> read_file(const std::string& path) const override { return machine_.read_file(path); }
  base::Result<std::string> run(const std::string& command) const override { return machine_.run(command); }

 private:
  const std::string profile_, credentials_file_;
  const Environment& machine_;
};

/// "https://host/" and "host" are the same endpoint.
std::string_view host_of(std::string_view endpoint) {
  if (const auto scheme = endpoint.find("://"); scheme != std::string_view::npos) endpoint.remove_prefix(scheme + 3);
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  return endpoint;
}

}  // namespace

Remotes::Remotes(std::vector<Remote> remotes, const Environment& environment, const base::WallClock& wall_clock)
    : remotes_(std::move(remotes)), machine_(environment), wall_clock_(wall_clock) {
  for (const auto& remote : remotes_) environments_.push_back(std::make_unique<RemoteEnvironment>(remote, environment));
}
Remotes::~Remotes() = default;

const Environment& Remotes::environment_of(const Remote& remote) const {
  return *environments_[static_cast<std::size_t>(&remote - remotes_.data())];
}

const Remote* Remotes::find(std::string_view bucket, std::string_view endpoint) const {
  const auto found = std::ranges::find_if(remotes_, [&](const Remote& remote) {
    if (!endpoint.empty()) return http::equal_without_case(host_of(remote.endpoint), host_of(endpoint));
    return std::ranges::any_of(remote.buckets,
                               [&](const std::string& pattern) { return matches_wildcard(pattern, bucket); });
  });
  return found == remotes_.end() ? nullptr : &*found;
}

base::Result<std::shared_ptr<S3Client>> Remotes::client(const Remote& remote, const RemoteCredentials& credentials) {
  return connect({&remote, {}}, remote, credentials, environment_of(remote));
}

base::Result<std::shared_ptr<S3Client>> Remotes::client_of(const Remote& remote, const RemoteCredentials& credentials) {
  auto place = fmt::format("{} {} {}", remote.endpoint, remote.region, static_cast<int>(remote.addressing));
  return connect({nullptr, std::move(place)}, remote, credentials, machine_);
}

base::Result<std::shared_ptr<S3Client>> Remotes::connect(Place place, const Remote& remote,
                                                         const RemoteCredentials& credentials,
                                                         const Environment& environment) {
  const auto& [id, secret] = credentials.key;
  const std::lock_guard lock(clients_mutex_);
  auto& client = clients_[{std::move(place), id, secret, credentials.session_token}];
  if (client) return client;
  const bool own = id.empty();
  S3Client::Options options{.endpoint = remote.endpoint,
                            .key = own ? remote.key : credentials.key,
                            .session_token = own ? remote.session_token : credentials.session_token,
                            .region = remote.region,
                            .addressing = remote.addressing,
                            .anonymous = remote.anonymous,
                            .environment = &environment,
                            .ca_bundle = remote.ca_bundle};
  TRY(auto made, S3Client::connect(std::move(options), wall_clock_));
  client = std::make_shared<S3Client>(std::move(made));
  return client;
}

}  // namespace store::s3
