#include "store/s3/request_statistics.h"

#include <fmt/format.h>

namespace store::s3 {

void RequestStatistics::Histogram::add(std::chrono::nanoseconds time) {
  sum_ns += static_cast<std::uint64_t>(time.count());
  for (std::size_t i = 0; i < kBoundsMs.size(); ++i)
    if (time <= std::chrono::milliseconds{kBoundsMs[i]}) ++counts[i];
}

void RequestStatistics::add(const AccessRecord& record) {
  const std::lock_guard lock(entries_mutex_);
  auto& entry = entries_[record.operation.empty() ? "none" : record.operation];
  ++entry.requests;
  entry.bytes_received += record.bytes_received;
  entry.bytes_sent += record.bytes_sent;
  if (!record.error_code.empty()) ++entry.errors[record.error_code];
  entry.first_byte.add(record.turn_around_time);
  entry.total.add(record.total_time);
}

void RequestStatistics::print(std::string& page, std::string_view metric, std::string_view operation,
                              const Histogram& histogram, std::uint64_t count) {
  for (std::size_t i = 0; i < kBoundsMs.size(); ++i)
    page += fmt::format("{}_bucket{{operation=\"{}\",le=\"{}\"}} {}\n", metric, operation, kBoundsMs[i] / 1000.0,
                        histogram.counts[i]);
  page += fmt::format(
      "{0}_bucket{{operation=\"{1}\",le=\"+Inf\"}} {2}\n{0}_sum{{operation=\"{1}\"}} {3}\n"
      "{0}_count{{operation=\"{1}\"}} {2}\n",
      metric, operation, count, static_cast<double>(histogram.sum_ns) / 1e9);
}

std::string RequestStatistics::page() const {
  const std::lock_guard lock(entries_mutex_);
  std::string page;
  const auto begin = [&](std::string_view metric, std::string_view help, std::string_view kind) {
    page += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", metric, help, kind);
  };
  const auto print_counter = [&](std::string_view metric, std::string_view help, std::uint64_t Entry::* member) {
    begin(metric, help, "counter");
    for (const auto& [operation, entry] : entries_)
      page += fmt::format("{}{{operation=\"{}\"}} {}\n", metric, operation, entry.*member);
  };
  print_counter("s3_requests_total", "Requests that were answered.", &Entry::requests);
  print_counter("s3_received_bytes_total", "Bytes of their bodies.", &Entry::bytes_received);
  print_counter("s3_sent_bytes_total", "Bytes of the answers' bodies.", &Entry::bytes_sent);
  begin("s3_errors_total", "Requests that were refused or failed.", "counter");
  for (const auto& [operation, entry] : entries_)
    for (const auto& [code, count] : entry.errors)
      page += fmt::format("s3_errors_total{{operation=\"{}\",code=\"{}\"}} {}\n", operation, code, count);
  begin("s3_first_byte_seconds", "Time to the first byte of the answer.", "histogram");
  for (const auto& [operation, entry] : entries_)
    print(page, "s3_first_byte_seconds", operation, entry.first_byte, entry.requests);
  begin("s3_request_seconds", "Time to the last byte of the answer.", "histogram");
  for (const auto& [operation, entry] : entries_)
    print(page, "s3_request_seconds", operation, entry.total, entry.requests);
  return page;
}

}  // namespace store::s3
