#include "store/s3/caller.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"
#include "store/checksum.h"
#include "store/s3/signature.h"

namespace store::s3 {
namespace {

constexpr std::size_t kErrorBytesMax = 64 << 10;
constexpr std::uint64_t kContinueBytes = 1 << 20;  // larger bodies wait for the server's word

std::string md5_base64(const Body& body) {
  const auto bytes = body.read(0, static_cast<std::size_t>(body.length));
  return bytes ? to_base64(md5(*bytes)) : std::string();
}

std::optional<std::chrono::milliseconds> retry_after(const Refusal& refusal) {
  std::int64_t number = 0;
  const auto read = [&](std::string_view name) {
    const auto text = refusal.headers.get(name);
    return !text.empty() && std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
  };
  if (read("x-amz-retry-after")) return std::chrono::milliseconds{number};
  if (read("retry-after")) return std::chrono::seconds{number};
  return std::nullopt;
}

/// Answers whose success is only in their body: an <Error> there, or half a document, is a failure of the server.
bool is_hidden_error(std::string_view body) {
  const auto root = body.find_first_not_of(" \r\n\t", body.starts_with("<?xml") ? body.find("?>") + 2 : 0);
  if (root == std::string_view::npos || !body.substr(root).starts_with('<')) return true;
  return body.substr(root).starts_with("<Error") || body.rfind("</") == std::string_view::npos ||
         body.find('>', body.rfind("</")) == std::string_view::npos;
}

Refusal read_hidden_refusal(const http::Response& response) {
  auto refusal = read_refusal(response, response.body);
  if (refusal.code == "OK") refusal.message = "the server's answer broke off";
  if (refusal.code == "OK") refusal.code = "InternalError";
  refusal.status = 500;
  refusal.kind = base::ErrorKind::Internal;
  return refusal;
}

/// What no other attempt changes: a body that cannot be read, a sink that is full, credentials that nobody has.
Refusal of_our_own(const base::Error& error) {
  auto refusal = no_answer(error);
  refusal.is_final = true;
  return refusal;
}

}  // namespace

Caller::Caller(Options options, CredentialProvider::Fetch fetch, const Environment& environment,
               const base::WallClock& wall_clock, Sleeper& sleeper)
    : options_(std::move(options)),
      wall_clock_(wall_clock),
      sleeper_(sleeper),
      credentials_(std::move(fetch), wall_clock),
      pool_(options_.pool, environment, wall_clock),
      retry_(options_.retry, options_.seed) {}

RemoteResult<Answer> Caller::call(const Operation& operation) {
  Progress progress;
  for (;;) {
    auto answer = attempt(operation, progress);
    if (answer) {
      retry_.succeeded(progress.paid);
      answer->attempts = progress.attempt;
      return answer;
    }
    auto& refusal = answer.error();
    refusal.attempts = progress.attempt;
    if (refusal.is_final || progress.delivered) return answer;
    if (correct(operation, refusal, progress)) continue;
    const bool conflict = operation.repeats_conflicts && refusal.code == "ConditionalRequestConflict";
    const auto trouble = conflict ? Trouble::Transient : trouble_of(refusal.status, refusal.code);
    const auto pause = retry_.before_next(progress.attempt, trouble, retry_after(refusal));
    if (!pause) return answer;
    LOG_DEBUG("s3.retry attempt={} status={} code={} pause_ms={}", progress.attempt, refusal.status, refusal.code,
              pause->count());
    progress.paid = trouble;
    ++progress.attempt;
    sleeper_.sleep(*pause, operation.stop);
  }
}

bool Caller::pause_before_next(int attempt) {
  const auto pause = retry_.before_next(attempt, Trouble::Transient);
  if (pause) sleeper_.sleep(*pause, {});
  return pause.has_value();
}

/// One request on its way, between the caller's functions and the connection's.
class Caller::Exchange {
 public:
  Exchange(const Operation& operation, Progress& progress) : operation_(operation), progress_(progress) {}

  RemoteResult<http::Response> run(const http::Request& request, http::Client& client) {
    auto response = send(request, client);
    if (!response && own_) return RemoteFailure(of_our_own(*own_));
    if (!response) return RemoteFailure(no_answer(response.error()));
    const bool success = response->status / 100 == 2;
    if (success && operation_.error_in_success && is_hidden_error(response->body))
      return RemoteFailure(read_hidden_refusal(*response));
    if (success) return std::move(*response);
    return RemoteFailure(read_refusal(*response, operation_.sink != nullptr ? error_body_ : response->body));
  }

 private:
  base::Result<http::Response> send(const http::Request& request, http::Client& client) {
    if (operation_.sink != nullptr) {
      const http::HeadSink head = [this](const http::Response& response) { return see(response); };
      const http::BodySink body = [this](int status, std::string_view bytes) { return take(status, bytes); };
      return client.receive(request, head, body);
    }
    if (operation_.body == nullptr) return client.send(request);
    auto source = source_of(*operation_.body);
    source.next = [next = std::move(source.next), this]() {
      auto piece = next();
      if (!piece) own_ = piece.error();
      return piece;
    };
    return client.send(request, std::move(source), operation_.stop);
  }

  base::Status see(const http::Response& head) {
    if (head.status / 100 != 2 || operation_.head == nullptr) return {};
    return note((*operation_.head)(head));
  }

  base::Status take(int status, std::string_view bytes) {
    if (status / 100 != 2) {
      if (error_body_.size() < kErrorBytesMax) error_body_ += bytes;
      return {};
    }
    progress_.delivered = true;
    return note((*operation_.sink)(status, bytes));
  }

  base::Status note(base::Status status) {
    if (!status) own_ = status.error();
    return status;
  }

  const Operation& operation_;
  Progress& progress_;
  std::string error_body_;
  std::optional<base::Error> own_;  // of the caller's sink or body, not of the connection
};

RemoteResult<Answer> Caller::attempt(const Operation& operation, Progress& progress) {
  auto credentials = credentials_.get();
  if (!credentials) return RemoteFailure(of_our_own(credentials.error()));
  progress.credentials = std::move(*credentials);
  const auto place = place_of(operation.bucket);
  progress.region = place.region;
  const auto address = address_of(options_.endpoint, operation.bucket, place.region, place.host);
  progress.host = address.host_header;
  TRY(const auto request, prepare(operation, address, progress));
  auto lease = pool_.take({address.scheme, address.host, address.port});
  TRY(auto response, Exchange(operation, progress).run(request, lease.client()));
  return Answer{std::move(response), progress.attempt, progress.digests ? progress.digests->checksum : ""};
}

bool Caller::signs_body(const Address& address, const Progress& progress) const {
  if (progress.credentials.is_anonymous()) return false;
  switch (options_.body_hash) {
    case BodyHash::Never: return false;
    case BodyHash::OverPlainHttp: return address.scheme == "http";
    case BodyHash::Always: return true;
  }
  return true;
}

base::Result<std::string> Caller::describe_body(const Operation& operation, const Address& address, Progress& progress,
                                                http::Headers& headers) {
  const auto& body = *operation.body;
  progress.checksum_sent = operation.checksum && understands_checksums(address.host_header);
  if (progress.digests) {
    // Measured for a server that knows no checksums, and then sent on to another.
    progress.checksum_sent = progress.checksum_sent && !progress.digests->checksum.empty();
  } else {
    TRY(progress.digests,
        digests_of(body, signs_body(address, progress), progress.checksum_sent ? operation.checksum : std::nullopt));
  }
  const auto& digests = *progress.digests;
  if (progress.checksum_sent)
    headers.set(fmt::format("x-amz-checksum-{}", name_of(*operation.checksum)), digests.checksum);
  else if (operation.needs_checksum)
    headers.set("Content-MD5", md5_base64(body));
  if (body.length >= kContinueBytes) headers.set("Expect", "100-continue");
  return digests.sha256_hex.empty() ? std::string(kUnsignedPayload) : digests.sha256_hex;
}

RemoteResult<http::Request> Caller::prepare(const Operation& operation, const Address& address, Progress& progress) {
  http::Request request{.method = operation.method, .target = address.path, .headers = operation.headers};
  if (!operation.key.empty() || request.target.empty())
    request.target += "/" + http::percent_encode(operation.key, "/");
  if (!operation.query.empty()) request.target += "?" + operation.query;
  request.headers.set("Host", address.host_header);
  request.headers.set("User-Agent", "freshet");
  auto payload = operation.body == nullptr ? base::Result<std::string>(to_hex(sha256("")))
                                           : describe_body(operation, address, progress, request.headers);
  if (!payload) return RemoteFailure(of_our_own(payload.error()));
  const auto& credentials = progress.credentials;
  if (credentials.is_anonymous()) return request;
  if (!credentials.session_token.empty()) request.headers.set("x-amz-security-token", credentials.session_token);
  sign(request, credentials.key, progress.region, address.host_header, *payload, signing_time(), options_.service);
  return request;
}

base::Result<std::string> Caller::presigned_url(const std::string& method, const std::string& bucket,
                                                const std::string& key, std::chrono::seconds expires) {
  TRY(const auto credentials, credentials_.get());
  if (credentials.is_anonymous())
    return base::fail(base::ErrorKind::Denied, "a URL cannot be signed without credentials");
  const auto place = place_of(bucket);
  const auto address = address_of(options_.endpoint, bucket, place.region, place.host);
  auto target = address.path + "/" + http::percent_encode(key, "/");
  if (!credentials.session_token.empty())
    target += "?X-Amz-Security-Token=" + http::percent_encode(credentials.session_token);
  return fmt::format(
      "{}://{}{}", address.scheme, address.host_header,
      presign(method, target, credentials.key, place.region, address.host_header, expires, signing_time()));
}

}  // namespace store::s3
