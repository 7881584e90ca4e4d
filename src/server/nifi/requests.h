#pragma once

#include <boost/json.hpp>
#include <deque>
#include <mutex>
#include <string>

#include "base/result.h"

namespace server::nifi {

/// Answers of requests that clients ask for again until they are complete, and then delete. Here they are complete when
/// they are made; the newest are kept. Thread-safe.
class Requests {
 public:
  void add(const std::string& id, boost::json::object entity);
  base::Result<boost::json::object> find(const std::string& id) const;
  base::Result<boost::json::object> remove(const std::string& id);

 private:
  struct Kept {
    std::string id;
    boost::json::object entity;
  };
  mutable std::mutex kept_mutex_;
  std::deque<Kept> kept_;
};

}  // namespace server::nifi
