#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "store/keys.h"
#include "store/s3/client.h"
#include "store/s3/endpoint.h"

namespace store::s3 {

/// Buckets that are not of this process, and how to get there. What is empty comes from where the AWS tools look.
struct Remote {
  std::vector<std::string> buckets;  // names, in which * stands for any text
  std::string endpoint;              // a URL; empty: the region's of AWS
  std::string region;
  Addressing addressing = Addressing::Automatic;
  std::string profile;           // of the shared files
  std::string credentials_file;  // instead of ~/.aws/credentials
  AccessKey key;                 // counts for more than both
  std::string session_token;
  bool anonymous = false;                               // go on without credentials when there are none
  std::string ca_bundle;                                // PEM
  std::string queue;                                    // URL of an SQS queue with the buckets' events; empty: none
  std::optional<std::chrono::milliseconds> list_every;  // pipes look for new files; none: never
};

/// Whose requests: by default those of the remote's own credentials.
struct RemoteCredentials {
  AccessKey key;
  std::string session_token;
};

/// The remotes of a configuration, and a client for each that was used. Thread-safe.
class Remotes {
 public:
  /// The references outlive this and its clients.
  Remotes(std::vector<Remote> remotes, const Environment& environment, const base::WallClock& wall_clock);
  ~Remotes();
  Remotes(const Remotes&) = delete;
  Remotes& operator=(const Remotes&) = delete;

  const std::vector<Remote>& all() const { return remotes_; }
  /// The first that a bucket's name fits, or, where an endpoint is named, the first with that one. None: the bucket is
  /// of this process.
  const Remote* find(std::string_view bucket, std::string_view endpoint) const;
  /// Errors: those of S3Client::connect.
  base::Result<std::shared_ptr<S3Client>> client(const Remote& remote, const RemoteCredentials& credentials = {});
  /// The same for an endpoint that no configuration names; remotes that differ in more than endpoint, region and
  /// addressing are not told apart.
  base::Result<std::shared_ptr<S3Client>> client_of(const Remote& remote, const RemoteCredentials& credentials);
  /// What the remote's clients, and those of its queue, learn from the machine.
  const Environment& environment_of(const Remote& remote) const;

 private:
  using Place = std::pair<const Remote*, std::string>;  // of the configuration; or the text of a place of its own
  base::Result<std::shared_ptr<S3Client>> connect(Place place, const Remote& remote,
                                                  const RemoteCredentials& credentials, const Environment& environment);

  const std::vector<Remote> remotes_;
  const Environment& machine_;
  const base::WallClock& wall_clock_;
  std::vector<std::unique_ptr<Environment>> environments_;  // of the remotes
  std::mutex clients_mutex_;
  std::map<std::tuple<Place, std::string, std::string, std::string>, std::shared_ptr<S3Client>> clients_;
};

}  // namespace store::s3
