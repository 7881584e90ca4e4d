#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "store/s3/documents/cors.h"
#include "store/s3/documents/ownership_controls.h"
#include "store/s3/documents/policy.h"

namespace store::s3 {

/// What the documents of buckets and users parse to, so that a request parses none that an earlier one did: of each
/// holder (a bucket, a user) the one document that was asked for last. Its text tells whether it is still the same.
/// Thread-safe.
template <class Parsed>
class ParseCache {
 public:
  using Shared = std::shared_ptr<const S3Result<Parsed>>;

  template <class Parse>
  Shared get(const std::string& holder, std::string_view text, const Parse& parse) {
    {
      const std::lock_guard lock(entries_mutex_);
      if (const auto found = entries_.find(holder); found != entries_.end() && found->second.text == text)
        return found->second.parsed;
    }
    auto parsed = std::make_shared<const S3Result<Parsed>>(parse(text));
    const std::lock_guard lock(entries_mutex_);
    // Which one goes does not matter: who has more holders than this at work parses now and then.
    if (entries_.size() >= kHoldersMax && !entries_.contains(holder)) entries_.erase(entries_.begin());
    entries_[holder] = {std::string(text), parsed};
    return parsed;
  }
  std::size_t size() const {
    const std::lock_guard lock(entries_mutex_);
    return entries_.size();
  }

  static constexpr std::size_t kHoldersMax = 256;

 private:
  struct Entry {
    std::string text;
    Shared parsed;
  };
  mutable std::mutex entries_mutex_;
  std::map<std::string, Entry> entries_;
};

struct ParsedDocuments {
  ParseCache<Policy> bucket_policies, user_policies;
  ParseCache<CorsConfiguration> cors;
  ParseCache<ObjectOwnership> ownership;
};

}  // namespace store::s3
