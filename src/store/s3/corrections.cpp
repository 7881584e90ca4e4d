// What a Caller learns from refusals.

#include <array>

#include "base/log.h"
#include "store/s3/caller.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

constexpr int kHopsMax = 2;
constexpr std::chrono::minutes kSkewMax{5};

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

bool contains_without_case(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at)
    if (http::equal_without_case(text.substr(at, word.size()), word)) return true;
  return false;
}

bool sends_elsewhere(const Operation& operation, const Refusal& refusal) {
  if (refusal.status == 301 || refusal.status == 307) return true;
  if (is_one_of(refusal.code, {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException"})) return true;
  return operation.method == "HEAD" && (refusal.status == 400 || refusal.status == 403) && !refusal.region.empty();
}

}  // namespace

bool Caller::correct(const Operation& operation, const Refusal& refusal, Progress& progress) {
  if (sends_elsewhere(operation, refusal) && follow(operation, refusal, progress)) return true;
  const bool maybe_skewed =
      is_one_of(refusal.code, {"RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException"}) ||
      (operation.method == "HEAD" && refusal.status == 403);
  if (maybe_skewed && !progress.clock_set && set_clock(refusal)) {
    progress.clock_set = true;
    return true;
  }
  const bool expired =
      is_one_of(refusal.code, {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"});
  if (expired && !progress.credentials_renewed && !progress.credentials.session_token.empty()) {
    progress.credentials_renewed = true;
    credentials_.reject(progress.credentials);
    return true;
  }
  return give_up_checksums(refusal, progress);
}

bool Caller::follow(const Operation& operation, const Refusal& refusal, Progress& progress) {
  if (operation.bucket.empty() || progress.hops >= kHopsMax) return false;
  ++progress.hops;
  auto place = place_of(operation.bucket);
  auto region = refusal.region;
  const bool asks_already = operation.method == "HEAD" && operation.key.empty();
  if (region.empty() && refusal.endpoint.empty() && !asks_already) {
    // The answer to HEAD on a bucket names its region, whatever its status.
    Progress inner{.hops = kHopsMax};
    const auto asked = attempt({.method = "HEAD", .bucket = operation.bucket}, inner);
    region = asked ? std::string(asked->response.headers.get("x-amz-bucket-region")) : asked.error().region;
  }
  if (!region.empty() && region != place.region)
    place.region = region;
  else if (!refusal.endpoint.empty() && refusal.endpoint != progress.host)
    place.host = refusal.endpoint;
  else
    return false;
  LOG_DEBUG("s3.bucket_found bucket={} region={}", operation.bucket, place.region);
  learn(operation.bucket, std::move(place));
  return true;
}

bool Caller::set_clock(const Refusal& refusal) {
  const auto server = parse_http_time(refusal.headers.get("date"));
  if (!server) return false;
  const auto offset = *server - wall_clock_.now();
  const auto change = offset - std::chrono::nanoseconds{clock_offset_ns_.load()};
  if (change < kSkewMax && change > -kSkewMax) return false;
  LOG_WARN("s3.clock_differs seconds={}", std::chrono::duration_cast<std::chrono::seconds>(offset).count());
  clock_offset_ns_ = offset.count();
  return true;
}

bool Caller::give_up_checksums(const Refusal& refusal, const Progress& progress) {
  if (!progress.checksum_sent) return false;
  const bool unknown =
      refusal.status == 501 || is_one_of(refusal.code, {"MissingContentLength", "XAmzContentSHA256Mismatch"}) ||
      (refusal.status == 400 && refusal.code != "BadDigest" && contains_without_case(refusal.message, "checksum"));
  if (!unknown) return false;
  LOG_INFO("s3.checksums_given_up host={} code={}", progress.host, refusal.code);
  const std::lock_guard lock(learned_mutex_);
  without_checksums_.insert(progress.host);
  return true;
}

void Caller::learn(const std::string& bucket, Place place) {
  const std::lock_guard lock(learned_mutex_);
  places_[bucket] = std::move(place);
}

Caller::Place Caller::place_of(const std::string& bucket) const {
  const std::lock_guard lock(learned_mutex_);
  const auto found = places_.find(bucket);
  return found == places_.end() ? Place{.region = options_.endpoint.region} : found->second;
}

bool Caller::understands_checksums(const std::string& host) const {
  const std::lock_guard lock(learned_mutex_);
  return !without_checksums_.contains(host);
}

base::Instant Caller::signing_time() const {
  return wall_clock_.now() + std::chrono::nanoseconds{clock_offset_ns_.load()};
}

}  // namespace store::s3
