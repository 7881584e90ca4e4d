#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/message.h"

namespace flow::web {

/// Answers to GET that may be used again, in memory, the newest that fit (RFC 9111, as a private cache). Thread-safe.
class AnswerCache {
 public:
  explicit AnswerCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  std::uint64_t bytes_max() const { return bytes_max_; }

  struct Entry {
    std::string url;
    std::vector<std::pair<std::string, std::string>> varies;  // header lines of the request that it depends on
    http::Response answer;
    std::optional<base::Instant> fresh_until;
  };
  /// Null when there is none for this request.
  std::shared_ptr<const Entry> find(const std::string& url, const http::Headers& request) const;
  /// What asks the server whether an entry still holds; empty: nothing can.
  static http::Headers validators(const Entry& entry);

  /// Whether an answer may be kept at all.
  static bool is_storable(const http::Response& head, const http::Headers& request);
  void keep(std::string url, const http::Headers& request, http::Response answer, base::Instant now);
  /// The server says that an entry holds, with newer headers (of 304). Answers with the entry as it is now.
  std::shared_ptr<const Entry> refresh(const Entry& entry, const http::Headers& newer, base::Instant now);

 private:
  static std::uint64_t size_of(const Entry& entry);
  void insert(Entry entry);

  const std::uint64_t bytes_max_;
  mutable std::mutex entries_mutex_;
  std::list<std::shared_ptr<const Entry>> entries_;  // newest first
  std::uint64_t bytes_ = 0;
};

}  // namespace flow::web
