#include "cli/remote_targets.h"

#include <algorithm>

#include "flow/remote_target.h"

namespace cli {
namespace {

std::string_view without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

}  // namespace

bool RemoteTargets::is_local(const std::string& endpoint) const {
  return std::ranges::any_of(local_endpoints_,
                             [&](const auto& local) { return without_slash(local) == without_slash(endpoint); });
}

base::Result<std::shared_ptr<flow::ObjectTarget>> RemoteTargets::find(const flow::TargetRequest& request) {
  if (is_local(request.endpoint)) return nullptr;
  const store::s3::RemoteCredentials credentials{{request.access_key, request.secret_key}, {}};
  const auto* remote = remotes_.find(request.bucket, request.endpoint);
  if (remote == nullptr && request.endpoint.empty()) return nullptr;
  std::shared_ptr<store::s3::S3Client> client;
  if (remote != nullptr) {
    TRY(client, remotes_.client(*remote, credentials));
  } else {
    TRY(client, remotes_.client_of(
                    {.endpoint = request.endpoint,
                     .region = request.region,
                     .addressing = request.path_style ? store::s3::Addressing::Path : store::s3::Addressing::Automatic},
                    credentials));
  }
  const std::lock_guard lock(targets_mutex_);
  auto& target = targets_[client];
  if (!target)
    target = std::make_shared<flow::RemoteTarget>(
        client, std::string(without_slash(remote != nullptr ? remote->endpoint : request.endpoint)));
  return target;
}

}  // namespace cli
