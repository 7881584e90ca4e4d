#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "flow/web/cache.h"
#include "flow/web/cookies.h"
#include "flow/web/digest.h"
#include "http/client.h"

namespace flow::web {

/// One request to wherever it leads.
struct Call {
  std::string method;
  std::string url;
  http::Headers headers;
  http::BodySource* body = nullptr;  // outlives the call; null: none
};

/// What came of it in the end, behind all redirects.
struct Answer {
  int status = 0;
  std::string reason;
  http::Headers headers;
  std::string url;   // that answered
  std::string peer;  // the subject of its certificate; empty: there was no TLS
};
using AnswerSink = std::function<base::Status(const Answer& answer)>;
using BytesSink = std::function<base::Status(std::string_view bytes)>;

/// Requests to any servers, over connections that are kept for the next ones; with redirects, digest authentication,
/// cookies and a cache, where they are wanted. Thread-safe.
class Caller {
 public:
  struct Options {
    std::shared_ptr<http::ClientTls> tls;
    std::optional<http::Proxy> proxy = {};
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds read_timeout{15'000};
    std::chrono::milliseconds write_timeout{15'000};
    std::chrono::milliseconds idle_timeout{300'000};
    std::size_t idle_max = 5;  // connections
    bool follows_redirects = true;
    bool keeps_cookies = false;
    std::uint64_t cache_bytes = 0;  // 0: no cache
    std::optional<Credentials> digest = {};
  };
  Caller(Options options, const base::WallClock& clock);

  /// Hands over the answer before its body, and the body as it comes. `trouble` says why there is no answer.
  /// Errors: InvalidValue (the URL or a header), Conflict (too many redirects), Denied (the certificate), Unavailable,
  /// Cancelled, and those of the sinks.
  base::Status call(const Call& call, const AnswerSink& head, const BytesSink& body, const std::stop_token& stop,
                    http::Trouble& trouble);

 private:
  struct Idle {
    std::string server;
    http::Client client;
    std::chrono::steady_clock::time_point since;
  };
  struct Step;
  http::Client take(const http::Url& url);
  void give_back(const http::Url& url, http::Client client);
  base::Status authorize(Step& step);
  base::Status judge(Step& step, const http::Response& head);
  base::Status serve(const AnswerCache::Entry& entry, const AnswerSink& head, const BytesSink& body) const;

  const Options options_;
  const base::WallClock& clock_;
  Cookies cookies_;
  AnswerCache cache_;
  std::mutex idle_mutex_;
  std::list<Idle> idle_;  // newest first
  std::mutex challenges_mutex_;
  struct Known {
    DigestChallenge challenge;
    std::uint64_t count = 0;
  };
  std::map<std::string, Known> challenges_;  // by server
  base::Random random_;
};

}  // namespace flow::web
