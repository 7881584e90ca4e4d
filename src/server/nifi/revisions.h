#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/result.h"

namespace server::nifi {

struct Call;

/// How often each component was changed; who changes one names the revision that he has seen. As in NiFi they begin at
/// 0 with each start of the program. Thread-safe.
class Revisions {
 public:
  std::int64_t of(const std::string& id) const;
  /// Conflict when the caller (in the body's `revision`, or the query) names another revision than the present one.
  base::Status check(const Call& call, const boost::json::object* body, const std::string& id) const;
  void raise(const std::string& id);
  void forget(const std::string& id);

 private:
  mutable std::mutex versions_mutex_;
  std::map<std::string, std::int64_t> versions_;
};

}  // namespace server::nifi
