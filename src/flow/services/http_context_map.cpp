#include "flow/services/http_context_map.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

#include "flow/engine/processor.h"
#include "flow/web/parked_request.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "Maximum Outstanding Requests",
     .help = "More are answered with 503",
     .fallback = "5000",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Request Expiration",
     .help = "Then a request is answered with 503",
     .fallback = "1 min",
     .required = true,
     .kind = Property::Kind::Duration},
};

class HttpContextMapService final : public ControllerService, public HttpContextMap {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    most_ = configuration.integer_or("Maximum Outstanding Requests", 5000);
    expiration_ = configuration.duration("Request Expiration").value_or(std::chrono::minutes{1});
    expirer_ = std::jthread([this](const std::stop_token& stop) { expire(stop); });
    return {};
  }

  bool add(const std::string& id, std::shared_ptr<web::ParkedRequest> request) override {
    const std::lock_guard lock(requests_mutex_);
    if (requests_.size() >= most_) return false;
    const auto due = Time::now() + expiration_;
    requests_[id] = std::move(request);
    dues_.emplace(due, id);
    if (dues_.size() == 1) changed_.notify_all();
    return true;
  }

  std::shared_ptr<web::ParkedRequest> take(const std::string& id) override {
    const std::lock_guard lock(requests_mutex_);
    const auto found = requests_.find(id);
    if (found == requests_.end()) return nullptr;
    auto request = std::move(found->second);
    requests_.erase(found);
    return request;
  }

 private:
  using Time = std::chrono::steady_clock;

  void expire(const std::stop_token& stop) {
    std::unique_lock lock(requests_mutex_);
    while (!stop.stop_requested()) {
      if (dues_.empty()) {
        changed_.wait(lock, stop, [this] { return !dues_.empty(); });
        continue;
      }
      const auto first = dues_.begin()->first;
      if (first > Time::now()) {
        changed_.wait_until(lock, stop, first, [] { return false; });
        continue;
      }
      // Who was answered meanwhile is not there any more.
      if (const auto found = requests_.find(dues_.begin()->second); found != requests_.end()) {
        found->second->give_up();
        requests_.erase(found);
      }
      dues_.erase(dues_.begin());
    }
  }

  std::size_t most_ = 5000;
  std::chrono::nanoseconds expiration_{};
  std::mutex requests_mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, std::shared_ptr<web::ParkedRequest>> requests_;
  std::multimap<Time::time_point, std::string> dues_;
  std::jthread expirer_;
};

constexpr std::string_view kApis[] = {HttpContextMap::kApi};

}  // namespace

const Description kHttpContextMap{
    .type = "org.apache.nifi.http.StandardHttpContextMap",
    .bundle = "org.apache.nifi:nifi-http-context-map-nar",
    .help = "Requests between HandleHttpRequest and HandleHttpResponse.",
    .properties = kProperties,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new HttpContextMapService); },
};

}  // namespace flow
