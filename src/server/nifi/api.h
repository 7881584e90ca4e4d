#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flow/flow.h"
#include "server/nifi/idle_requests.h"

namespace boost::json {
class value;
class object;
}  // namespace boost::json

namespace server::nifi {

/// A request below /nifi-api, and what answers it.
struct Call {
  std::string method;
  std::string path;  // "flow/about"
  std::vector<std::pair<std::string, std::string>> query;
  std::string content_type;
  std::string body;
};
struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// What the REST interface does, without HTTP: one blocking call per request. Thread-safe.
///
/// Uploads keep the ids of the definition: one with the root group of a flow that is there replaces it, and its queues
/// stay. Beside NiFi's own: the form field `parameters` and `secrets` of an upload (objects of names and values), its
/// answer's `importReport`, and idle requests (`/process-groups/{id}/idle-requests`), which run a flow until nothing is
/// left to do.
class Api {
 public:
  explicit Api(flow::Flow& flow) : flow_(flow), idle_requests_(flow) {}
  /// Errors as text with the status of their kind: 400, 404, 409 ...
  Answer answer(const Call& call);
  void stop() { idle_requests_.stop(); }

 private:
  using Ids = std::vector<std::string>;
  using Handler = base::Result<Answer> (Api::*)(const Call& call, const Ids& ids);
  struct Route {
    std::string_view method, pattern;  // '*' is an id
    Handler handler;
  };
  static const Route kRoutes[];

  base::Result<Answer> about(const Call& call, const Ids& ids);
  base::Result<Answer> current_user(const Call& call, const Ids& ids);
  base::Result<Answer> get_group(const Call& call, const Ids& ids);
  base::Result<Answer> get_canvas(const Call& call, const Ids& ids);
  base::Result<Answer> get_status(const Call& call, const Ids& ids);
  base::Result<Answer> list_groups(const Call& call, const Ids& ids);
  base::Result<Answer> list_processors(const Call& call, const Ids& ids);
  base::Result<Answer> get_processor(const Call& call, const Ids& ids);
  base::Result<Answer> run_processor(const Call& call, const Ids& ids);
  base::Result<Answer> clear_state(const Call& call, const Ids& ids);
  base::Result<Answer> empty_queue(const Call& call, const Ids& ids);
  base::Result<Answer> upload(const Call& call, const Ids& ids);
  base::Result<Answer> import_group(const Call& call, const Ids& ids);
  base::Result<Answer> remove_group(const Call& call, const Ids& ids);
  base::Result<Answer> schedule_group(const Call& call, const Ids& ids);
  base::Result<Answer> bulletin_board(const Call& call, const Ids& ids);
  base::Result<Answer> list_contexts(const Call& call, const Ids& ids);
  base::Result<Answer> get_context(const Call& call, const Ids& ids);
  base::Result<Answer> update_context(const Call& call, const Ids& ids);
  base::Result<Answer> begin_idle(const Call& call, const Ids& ids);
  base::Result<Answer> get_idle(const Call& call, const Ids& ids);
  base::Result<Answer> remove_idle(const Call& call, const Ids& ids);

  struct Import {
    std::string text, file;
    std::map<std::string, std::string> parameters;
    std::set<std::string> secrets;
    std::string sensitive_key;
  };
  base::Result<Answer> import_flow(const Import& wanted, const std::string& parent);
  /// Conflict when the caller names another revision than the present one; then the next begins.
  base::Status revise(const Call& call, const boost::json::object* body, const std::string& flow);
  std::int64_t version_of(const std::string& flow) const;

  flow::Flow& flow_;
  IdleRequests idle_requests_;
  mutable std::mutex versions_mutex_;
  std::map<std::string, std::int64_t> versions_;  // by flow
};

}  // namespace server::nifi
