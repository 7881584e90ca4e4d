#pragma once

#include <boost/json.hpp>
#include <deque>
#include <mutex>
#include <string>

#include "base/result.h"
#include "server/nifi/api.h"

namespace server::nifi {

/// Answers of requests that clients ask for again until they are complete, and then delete. Here they are complete when
/// they are made; the newest are kept, at most 64 MB of them. Thread-safe.
class Requests {
 public:
  void add(const std::string& id, const boost::json::object& entity);
  /// What was added. NotFound.
  base::Result<Answer> find(const std::string& id) const;
  base::Result<Answer> remove(const std::string& id);

 private:
  struct Kept {
    std::string id;
    std::string text;
  };
  std::deque<Kept>::const_iterator at(const std::string& id) const;

  mutable std::mutex kept_mutex_;
  std::deque<Kept> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace server::nifi
