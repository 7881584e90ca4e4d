#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "flow/description.h"

namespace flow {

namespace web {
class ParkedRequest;
}

/// Requests of HandleHttpRequest that HandleHttpResponse is to answer. Thread-safe.
class HttpContextMap {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.http.HttpContextMap";
  virtual ~HttpContextMap() = default;
  /// False: there is no room. A request that nobody takes in time is given up.
  virtual bool add(const std::string& id, std::shared_ptr<web::ParkedRequest> request) = 0;
  /// Removes it; null when there is none, or its time was over.
  virtual std::shared_ptr<web::ParkedRequest> take(const std::string& id) = 0;
};

extern const Description kHttpContextMap;

}  // namespace flow
