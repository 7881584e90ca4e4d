#include "store/s3/access_record.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "http/message.h"

namespace store::s3 {
namespace {

/// Operations that the logs call otherwise than by method and sub-resource.
struct LoggedName {
  std::string_view operation, logged;
};
constexpr std::array kLoggedNames{
    LoggedName{"CopyObject", "REST.COPY.OBJECT"},
    LoggedName{"UploadPart", "REST.PUT.PART"},
    LoggedName{"UploadPartCopy", "REST.COPY.PART"},
    LoggedName{"ListParts", "REST.GET.UPLOAD"},
    LoggedName{"CompleteMultipartUpload", "REST.POST.UPLOAD"},
    LoggedName{"AbortMultipartUpload", "REST.DELETE.UPLOAD"},
    LoggedName{"DeleteObjects", "REST.POST.MULTI_OBJECT_DELETE"},
    LoggedName{"ListObjectVersions", "REST.GET.BUCKETVERSIONS"},
    LoggedName{"GetBucketPolicy", "REST.GET.BUCKETPOLICY"},
    LoggedName{"PutBucketPolicy", "REST.PUT.BUCKETPOLICY"},
    LoggedName{"DeleteBucketPolicy", "REST.DELETE.BUCKETPOLICY"},
};

std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

/// Fields end at blanks, quoted ones at quotes; neither may end its line.
std::string field(std::string_view text) { return or_dash(http::percent_encode(text, "/:@!$&'()*+,;=?#[]")); }
std::string quoted_field(std::string_view text) {
  return "\"" + or_dash(http::percent_encode(text, " /:@!$&'()*+,;=?#[]%{}<>|^`\\")) + "\"";
}

/// [06/Feb/2019:00:00:38 +0000]
std::string log_time(base::Instant instant) {
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = instant.ns / 1'000'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("[{:02}/{}/{}:{:02}:{:02}:{:02} +0000]", utc.tm_mday,
                     kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                     utc.tm_sec);
}

std::int64_t ms(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

bool is_secret(std::string_view name) {
  static constexpr std::array kSecrets{"X-Amz-Signature", "X-Amz-Security-Token", "Signature", "AWSAccessKeyId"};
  for (const std::string_view known : kSecrets)
    if (http::equal_without_case(known, name)) return true;
  return false;
}

}  // namespace

std::string without_secrets(std::string_view url) {
  const auto query = url.find('?');
  if (query == std::string_view::npos) return std::string(url);
  std::string out(url.substr(0, query + 1));
  for (auto rest = url.substr(query + 1);;) {
    const auto end = rest.find('&');
    const auto parameter = rest.substr(0, end);
    const auto equals = parameter.find('=');
    // A name can be written in more ways than one.
    if (equals != std::string_view::npos && is_secret(http::percent_decode(parameter.substr(0, equals))))
      out.append(parameter.substr(0, equals + 1)).append("REDACTED");
    else
      out.append(parameter);
    if (end == std::string_view::npos) return out;
    out += '&';
    rest.remove_prefix(end + 1);
  }
}

std::string access_log_operation(const AccessRecord& record) {
  for (const auto& [operation, logged] : kLoggedNames)
    if (operation == record.operation) return std::string(logged);
  auto resource = record.sub_resource.empty() ? std::string(record.level) : record.sub_resource;
  for (char& c : resource) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-') c = '_';
  }
  return fmt::format("REST.{}.{}", record.method, resource);
}

std::string access_log_line(const AccessRecord& record, std::string_view bucket_owner) {
  const bool is_signed = !record.requester.empty();
  return fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} freshet {} - {} {} - - -", field(bucket_owner),
      field(record.bucket), log_time(record.received), field(record.remote_address), field(record.requester),
      field(record.request_id), field(access_log_operation(record)), field(record.key),
      quoted_field(fmt::format("{} {} HTTP/1.1", record.method, without_secrets(record.target))), record.status,
      field(record.error_code), record.bytes_sent == 0 ? "-" : std::to_string(record.bytes_sent),
      record.object_size ? std::to_string(*record.object_size) : "-", ms(record.total_time),
      ms(record.turn_around_time), quoted_field(without_secrets(record.referrer)), quoted_field(record.user_agent),
      field(record.version), is_signed ? "SigV4" : "-",
      !is_signed         ? "-"
      : record.presigned ? "QueryString"
                         : "AuthHeader",
      field(record.host));
}

}  // namespace store::s3
