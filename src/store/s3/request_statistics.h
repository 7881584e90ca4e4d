#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "store/s3/access_record.h"

namespace store::s3 {

/// Counts of requests by operation. Thread-safe.
class RequestStatistics {
 public:
  void add(const AccessRecord& record);
  /// In Prometheus' text format: s3_requests_total, s3_errors_total (by code), s3_received_bytes_total,
  /// s3_sent_bytes_total, and the histograms s3_first_byte_seconds and s3_request_seconds.
  std::string page() const;

 private:
  static constexpr std::array kBoundsMs{1, 5, 25, 100, 500, 2500, 10'000, 60'000};
  struct Histogram {
    std::array<std::uint64_t, kBoundsMs.size()> counts{};  // of each bound, those below it included
    std::uint64_t sum_ns = 0;
    void add(std::chrono::nanoseconds time);
  };
  struct Entry {
    std::uint64_t requests = 0, bytes_received = 0, bytes_sent = 0;
    std::map<std::string, std::uint64_t> errors;
    Histogram first_byte, total;
  };
  static void print(std::string& page, std::string_view metric, std::string_view operation, const Histogram& histogram,
                    std::uint64_t count);

  mutable std::mutex entries_mutex_;
  std::map<std::string_view, Entry> entries_;  // by names that live as long as the program
};

}  // namespace store::s3
