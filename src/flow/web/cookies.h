#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "http/url.h"

namespace flow::web {

/// The cookies that servers set, in memory (RFC 6265). Thread-safe.
class Cookies {
 public:
  /// Of the lines Set-Cookie of an answer from `url`.
  void keep(const http::Url& url, const http::Headers& headers, base::Instant now);
  /// The value of Cookie for a request to `url`; empty: none.
  std::string find(const http::Url& url, base::Instant now) const;

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    bool host_only = true;
    std::string path;
    bool secure = false;
    base::Instant expires{};  // 0: never
  };
  static bool belongs(const Cookie& cookie, const http::Url& url);
  void keep_one(Cookie cookie, base::Instant now);

  mutable std::mutex cookies_mutex_;
  std::vector<Cookie> cookies_;
};

}  // namespace flow::web
