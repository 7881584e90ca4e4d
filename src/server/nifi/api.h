#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/flow.h"

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
  std::string body = {};
  std::optional<flow::ContentClaim> content = {};  // in place of the body
  std::string file_name = {};                      // under which clients should keep it
};

struct Context;

/// What the REST interface does, without HTTP: one blocking call per request. Thread-safe.
///
/// Beside NiFi's own: an upload without the form field `groupName` keeps the ids of its file (one with the root group
/// of a flow that is there replaces it, and its queues stay) and may have the fields `parameters` and `secrets`
/// (objects of names and values); the `importReport` of an upload; idle requests
/// (`/process-groups/{id}/idle-requests`), which run a flow until nothing is left to do; and the query parameter
/// `allTime` of a group's status, for counts that are not of the last five minutes only.
class Api {
 public:
  explicit Api(flow::Flow& flow);
  ~Api();
  /// Errors as text with the status of their kind: 400, 404, 409 ...
  Answer answer(const Call& call);
  /// From here on notes what components do, for those who ask later. Until now only calls did.
  void keep_history();
  void stop();

 private:
  const std::unique_ptr<Context> context_;
};

}  // namespace server::nifi
