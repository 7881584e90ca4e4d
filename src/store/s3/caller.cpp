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
    sleeper_.sleep(*pause);
  }
}

bool Caller::pause_before_next(int attempt) {
  const auto pause = retry_.before_next(attempt, Trouble::Transient);
  if (pause) sleeper_.sleep(*pause);
  return pause.has_value();
}

RemoteResult<Answer> Caller::attempt(const Operation& operation, Progress& progress) {
  auto credentials = credentials_.get();
  if (!credentials) {
    auto refusal = no_answer(credentials.error());
    refusal.is_final = true;
    return RemoteFailure(std::move(refusal));
  }
  progress.credentials = std::move(*credentials);
  const auto place = place_of(operation.bucket);
  progress.region = place.region;
  const auto address = address_of(options_.endpoint, operation.bucket, place.region, place.host);
  progress.host = address.host_header;
  TRY(const auto request, prepare(operation, address, progress));
  auto lease = pool_.take({address.scheme, address.host, address.port});
  TRY(auto response, exchange(operation, request, lease.client(), progress));
  return Answer{std::move(response), progress.attempt, progress.digests ? progress.digests->checksum : ""};
}

base::Status Caller::measure(const Operation& operation, const Address& address, Progress& progress) {
  if (progress.digests) return {};
  const bool hashed = address.scheme == "http" && !progress.credentials.is_anonymous();
  TRY(progress.digests, digests_of(*operation.body, hashed, operation.checksum));
  return {};
}

RemoteResult<http::Request> Caller::prepare(const Operation& operation, const Address& address, Progress& progress) {
  http::Request request{.method = operation.method, .target = address.path, .headers = operation.headers};
  if (!operation.key.empty() || request.target.empty())
    request.target += "/" + http::percent_encode(operation.key, "/");
  if (!operation.query.empty()) request.target += "?" + operation.query;
  request.headers.set("Host", address.host_header);
  request.headers.set("User-Agent", "freshet");
  std::string payload = to_hex(sha256(""));
  if (operation.body != nullptr) {
    if (auto measured = measure(operation, address, progress); !measured) {
      auto refusal = no_answer(measured.error());
      refusal.is_final = true;
      return RemoteFailure(std::move(refusal));
    }
    const auto& digests = *progress.digests;
    payload = digests.sha256_hex.empty() ? std::string(kUnsignedPayload) : digests.sha256_hex;
    progress.checksum_sent = operation.checksum && understands_checksums(address.host_header);
    if (progress.checksum_sent)
      request.headers.set(fmt::format("x-amz-checksum-{}", name_of(*operation.checksum)), digests.checksum);
    else if (operation.needs_checksum)
      request.headers.set("Content-MD5", md5_base64(*operation.body));
    if (operation.body->length >= kContinueBytes) request.headers.set("Expect", "100-continue");
  }
  if (!progress.checksum_sent) request.headers.remove("x-amz-sdk-checksum-algorithm");
  const auto& credentials = progress.credentials;
  if (credentials.is_anonymous()) return request;
  if (!credentials.session_token.empty()) request.headers.set("x-amz-security-token", credentials.session_token);
  sign(request, credentials.key, progress.region, address.host_header, payload, signing_time());
  return request;
}

RemoteResult<http::Response> Caller::exchange(const Operation& operation, const http::Request& request,
                                              http::Client& client, Progress& progress) {
  std::string error_body;
  std::optional<base::Error> own;  // of the caller's sink or body, not of the connection
  const auto note = [&](base::Status status) {
    if (!status) own = status.error();
    return status;
  };
  const http::BodySink take = [&](int status, std::string_view bytes) -> base::Status {
    if (status / 100 == 2) {
      progress.delivered = true;
      return note((*operation.sink)(status, bytes));
    }
    if (error_body.size() < kErrorBytesMax) error_body += bytes;
    return {};
  };
  const http::HeadSink see = [&](const http::Response& head) -> base::Status {
    return head.status / 100 == 2 && operation.head != nullptr ? note((*operation.head)(head)) : base::Status{};
  };
  auto response = [&]() -> base::Result<http::Response> {
    if (operation.sink != nullptr) return client.receive(request, see, take);
    if (operation.body == nullptr) return client.send(request);
    auto source = source_of(*operation.body);
    source.next = [next = std::move(source.next), &own]() {
      auto piece = next();
      if (!piece) own = piece.error();
      return piece;
    };
    return client.send(request, std::move(source));
  }();
  if (!response) {
    auto refusal = no_answer(own ? *own : response.error());
    if (own) refusal.is_final = true;
    return RemoteFailure(std::move(refusal));
  }
  const bool success = response->status / 100 == 2;
  if (success && operation.error_in_success && is_hidden_error(response->body)) {
    auto refusal = read_refusal(*response, response->body);
    refusal.status = 500;
    refusal.kind = base::ErrorKind::Internal;
    if (refusal.code == "OK") refusal.code = "InternalError", refusal.message = "the server's answer broke off";
    return RemoteFailure(std::move(refusal));
  }
  if (success) return std::move(*response);
  return RemoteFailure(read_refusal(*response, operation.sink != nullptr ? error_body : response->body));
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
