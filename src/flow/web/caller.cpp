#include "flow/web/caller.h"

#include <fmt/format.h>

#include "flow/web/text.h"
#include "flow/web/url.h"

namespace flow::web {
namespace {

constexpr int kRedirectsMax = 20;

std::string server_of(const http::Url& url) { return url.scheme + "://" + authority_of(url); }

bool is_redirect(int status) {
  return status == 300 || status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool keeps_body(int status) { return status == 307 || status == 308; }

}  // namespace

/// One exchange with one server, and what follows from it.
struct Caller::Step {
  http::Url url;
  std::string method;
  http::Headers headers;
  http::BodySource* body = nullptr;
  // Of this exchange:
  http::Headers sent = {};
  std::shared_ptr<const AnswerCache::Entry> cached = nullptr;
  std::string answered_nonce = {};  // of the challenge that `sent` meets
  bool challenged = false;          // by this server, and answered
  // What comes next; the answer is the last one when nothing does:
  std::optional<http::Url> redirect = {};
  bool again = false;      // a challenge was met
  bool unchanged = false;  // the cache's answer holds
  bool is_last() const { return !redirect && !again && !unchanged; }
};

Caller::Caller(Options options, const base::WallClock& clock)
    : options_(std::move(options)), clock_(clock), cache_(options_.cache_bytes), random_(base::entropy()) {}

http::Client Caller::take(const http::Url& url) {
  const auto server = server_of(url);
  std::list<Idle> ended;  // closed behind the lock
  {
    const std::lock_guard lock(idle_mutex_);
    const auto oldest = std::chrono::steady_clock::now() - options_.idle_timeout;
    for (auto at = idle_.begin(); at != idle_.end();) {
      const auto next = std::next(at);
      if (at->since < oldest) ended.splice(ended.end(), idle_, at);
      at = next;
    }
    for (auto at = idle_.begin(); at != idle_.end(); ++at) {
      if (at->server != server) continue;
      auto client = std::move(at->client);
      idle_.erase(at);
      return client;
    }
  }
  return http::Client({.host = url.host,
                       .port = url.port,
                       .connect_timeout = options_.connect_timeout,
                       .timeout = options_.read_timeout,
                       .write_timeout = options_.write_timeout,
                       .tls = url.scheme == "https" ? options_.tls : nullptr,
                       .proxy = options_.proxy});
}

void Caller::give_back(const http::Url& url, http::Client client) {
  if (options_.idle_max == 0 || !client.is_connected()) return;
  std::list<Idle> ended;
  const std::lock_guard lock(idle_mutex_);
  idle_.push_front({server_of(url), std::move(client), std::chrono::steady_clock::now()});
  while (idle_.size() > options_.idle_max) ended.splice(ended.end(), idle_, std::prev(idle_.end()));
}

/// Adds what meets the last challenge of the server, when there was one.
base::Status Caller::authorize(Step& step) {
  if (!options_.digest) return {};
  DigestRequest request{.method = step.method, .target = step.url.target, .client_nonce = {}};
  DigestChallenge challenge;
  {
    const std::lock_guard lock(challenges_mutex_);
    const auto found = challenges_.find(server_of(step.url));
    if (found == challenges_.end()) return {};
    challenge = found->second.challenge;
    request.count = ++found->second.count;
    request.client_nonce = fmt::format("{:016x}", random_.next());
  }
  TRY(auto answer, answer_digest(challenge, *options_.digest, request));
  step.sent.set("Authorization", std::move(answer));
  step.answered_nonce = challenge.nonce;
  return {};
}

/// Decides what follows from an answer.
base::Status Caller::judge(Step& step, const http::Response& head) {
  if (options_.keeps_cookies) cookies_.keep(step.url, head.headers, clock_.now());
  step.unchanged = head.status == 304 && step.cached != nullptr;
  const bool can_repeat = step.body == nullptr || step.body->rewind;
  if (head.status == 401 && options_.digest && can_repeat) {
    auto challenge = find_digest_challenge(head.headers);
    // Once: the same again would be refused again, unless only its nonce had become old.
    step.again = challenge && !step.challenged && (challenge->stale || challenge->nonce != step.answered_nonce);
    if (step.again) {
      step.challenged = true;
      const std::lock_guard lock(challenges_mutex_);
      challenges_.insert_or_assign(server_of(step.url), Known{std::move(*challenge), 0});
    }
  }
  const auto location = head.headers.find("location");
  if (!options_.follows_redirects || !is_redirect(head.status) || !location) return {};
  if (keeps_body(head.status) && !can_repeat) return {};
  // What leads to no URL of http is the answer itself.
  if (auto target = resolve(step.url, *location)) step.redirect = std::move(*target);
  return {};
}

base::Status Caller::serve(const AnswerCache::Entry& entry, const AnswerSink& head, const BytesSink& body) const {
  TRY_VOID(head({entry.answer.status, entry.answer.reason, entry.answer.headers, entry.url, {}}));
  return body(entry.answer.body);
}

base::Status Caller::call(const Call& call, const AnswerSink& head, const BytesSink& body, const std::stop_token& stop,
                          http::Trouble& trouble) {
  TRY(auto first, parse_url(call.url));
  Step step{.url = std::move(first), .method = call.method, .headers = call.headers, .body = call.body};
  int follow_ups = 0;
  for (;;) {
    step.sent = step.headers;
    step.sent.set("Host", authority_of(step.url));
    if (options_.keeps_cookies && !step.sent.find("cookie"))
      if (auto cookies = cookies_.find(step.url, clock_.now()); !cookies.empty()) step.sent.add("Cookie", cookies);
    TRY_VOID(authorize(step));
    const auto url = text_of(step.url);
    const bool may_cache = cache_.bytes_max() > 0 && step.method == "GET";
    if (may_cache) {
      step.cached = cache_.find(url, step.sent);
      if (step.cached != nullptr && step.cached->fresh_until && *step.cached->fresh_until > clock_.now())
        return serve(*step.cached, head, body);
      const auto validators = step.cached == nullptr ? http::Headers{} : AnswerCache::validators(*step.cached);
      for (const auto& [name, value] : validators.lines()) step.sent.set(name, value);
    }

    auto client = take(step.url);
    std::optional<http::Response> kept;  // on its way into the cache
    const http::Request request{.method = step.method, .target = step.url.target, .headers = step.sent};
    const auto on_head = [&](const http::Response& response) -> base::Status {
      TRY_VOID(judge(step, response));
      if (!step.is_last()) return {};
      if (may_cache && AnswerCache::is_storable(response, step.sent)) kept = response;
      const auto peer = client.peer();
      return head({response.status, response.reason, response.headers, url, peer ? peer->subject : std::string()});
    };
    const auto on_bytes = [&](int, std::string_view bytes) -> base::Status {
      if (!step.is_last()) return {};
      if (kept) kept->body += bytes;
      if (kept && kept->body.size() > cache_.bytes_max()) kept.reset();
      return body(bytes);
    };
    if (step.body != nullptr && follow_ups > 0) TRY_VOID(step.body->rewind());
    const auto answered = client.exchange(request, step.body, on_head, on_bytes, stop);
    trouble = client.trouble();
    if (!answered) return base::fail(answered.error());
    give_back(step.url, std::move(client));
    if (step.unchanged) return serve(*cache_.refresh(*step.cached, answered->headers, clock_.now()), head, body);
    if (step.is_last()) {
      if (kept) cache_.keep(url, step.sent, std::move(*kept), clock_.now());
      return {};
    }

    if (++follow_ups > kRedirectsMax)
      return base::fail(base::ErrorKind::Conflict, fmt::format("Too many follow-up requests: {}", follow_ups));
    if (step.redirect) {
      if (!keeps_body(answered->status)) {
        if (step.method != "GET" && step.method != "HEAD") step.method = "GET";
        step.body = nullptr;
        for (const auto* name : {"Content-Type", "Content-Encoding", "Content-Length"}) step.headers.remove(name);
      }
      // Who is asked now need not know what the first server was told.
      if (!same_server(step.url, *step.redirect)) step.headers.remove("Authorization");
      step.challenged = false;
      step.url = std::move(*step.redirect);
    }
    step.redirect.reset();
    step.again = false;
    step.cached = nullptr;
    step.answered_nonce.clear();
  }
}

}  // namespace flow::web
