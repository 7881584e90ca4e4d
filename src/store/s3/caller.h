#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "store/s3/body.h"
#include "store/s3/connection_pool.h"
#include "store/s3/credentials.h"
#include "store/s3/endpoint.h"
#include "store/s3/refusal.h"
#include "store/s3/retry.h"

namespace store::s3 {

/// One request of the protocol, before it is known where it goes and how it is signed.
struct Operation {
  std::string method;
  std::string bucket;
  std::string key;
  std::string query;  // encoded, without the '?'
  http::Headers headers;
  const Body* body = nullptr;                 // outlives the call
  std::optional<ChecksumAlgorithm> checksum;  // of the body, sent as its header
  bool needs_checksum = false;                // a server that refuses the header gets Content-MD5 instead
  bool error_in_success = false;              // a 200 may hold an <Error>: Complete and Copy
  bool repeats_conflicts = false;             // another writer came in between: worth another attempt
  const http::HeadSink* head = nullptr;       // of a success
  const http::BodySink* sink = nullptr;       // likewise; what it was given is not asked for again
  std::stop_token stop;                       // of an operation with a body: ends its waits, and its attempts
};

struct Answer {
  http::Response response;
  int attempts = 1;
  std::string checksum;  // that was sent, base64
};

/// When the body of a request goes into its signature. TLS protects bodies as well, but only S3 signs without them.
enum class BodyHash { Never, OverPlainHttp, Always };

/// Sends operations: finds the server, signs, and repeats what may be repeated. Of any thread.
/// Corrects itself once each for a clock that is off, for credentials that expired and for checksums that the server
/// does not understand, and follows a bucket to its region in at most two steps; these are no attempts.
class Caller {
 public:
  struct Options {
    Endpoint endpoint;
    ConnectionPool::Options pool;
    RetryPolicy::Options retry;
    std::uint64_t seed = 0;
    BodyHash body_hash = BodyHash::OverPlainHttp;
    std::string service = "s3";  // that requests are signed for
  };
  /// The references outlive the caller.
  Caller(Options options, CredentialProvider::Fetch fetch, const Environment& environment,
         const base::WallClock& wall_clock, Sleeper& sleeper);

  RemoteResult<Answer> call(const Operation& operation);
  /// A URL that anybody may use for the time given. Errors: those of the credentials.
  base::Result<std::string> presigned_url(const std::string& method, const std::string& bucket, const std::string& key,
                                          std::chrono::seconds expires);
  /// For what is repeated from outside: a body that broke off.
  bool pause_before_next(int attempt);
  const std::string& region() const { return options_.endpoint.region; }
  const ConnectionPool& pool() const { return pool_; }
  const RetryPolicy& retry_policy() const { return retry_; }

 private:
  class Exchange;
  /// What one call has learned and tried.
  struct Progress {
    int attempt = 1;
    int hops = 0;
    bool clock_set = false;
    bool credentials_renewed = false;
    Trouble paid = Trouble::None;
    Credentials credentials;
    std::string host, region;  // of the last attempt
    std::optional<BodyDigests> digests;
    bool checksum_sent = false;
    bool delivered = false;  // bytes of the answer are with the caller
  };
  /// Where a bucket was found to live.
  struct Place {
    std::string region, host;
  };

  RemoteResult<Answer> attempt(const Operation& operation, Progress& progress);
  RemoteResult<http::Request> prepare(const Operation& operation, const Address& address, Progress& progress);
  bool signs_body(const Address& address, const Progress& progress) const;
  /// Adds what is told of a body before it is sent, and returns what is signed for it.
  base::Result<std::string> describe_body(const Operation& operation, const Address& address, Progress& progress,
                                          http::Headers& headers);
  /// True when what was wrong is put right and the same attempt is to be made again.
  bool correct(const Operation& operation, const Refusal& refusal, Progress& progress);
  bool follow(const Operation& operation, const Refusal& refusal, Progress& progress);
  bool set_clock(const Refusal& refusal);
  bool give_up_checksums(const Refusal& refusal, const Progress& progress);
  void learn(const std::string& bucket, Place place);
  Place place_of(const std::string& bucket) const;
  bool understands_checksums(const std::string& host) const;
  base::Instant signing_time() const;

  const Options options_;
  const base::WallClock& wall_clock_;
  Sleeper& sleeper_;
  CredentialProvider credentials_;
  ConnectionPool pool_;
  RetryPolicy retry_;
  std::atomic<std::int64_t> clock_offset_ns_ = 0;  // of the server's clock from ours
  mutable std::mutex learned_mutex_;
  std::map<std::string, Place> places_;      // by bucket
  std::set<std::string> without_checksums_;  // by host header
};

}  // namespace store::s3
