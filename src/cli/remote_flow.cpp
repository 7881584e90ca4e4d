#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>

#include "base/random.h"
#include "cli/flow_runner.h"
#include "http/client.h"
#include "server/nifi/multipart.h"

namespace cli {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

std::uint64_t count_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

const json::object& object_at(const json::object& object, std::string_view name) {
  static const json::object kNone;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

const json::array& array_at(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& value : array_at(object, name))
    if (value.is_string()) texts.emplace_back(std::string_view(value.get_string()));
  return texts;
}

base::ErrorKind kind_of(int status) {
  switch (status) {
    case 400: return base::ErrorKind::InvalidValue;
    case 401:
    case 403: return base::ErrorKind::Denied;
    case 404: return base::ErrorKind::NotFound;
    case 409: return base::ErrorKind::Conflict;
    case 503: return base::ErrorKind::Unavailable;
    default: return base::ErrorKind::Internal;
  }
}

flow::RunState state_of(std::string_view name) {
  for (const auto state : {flow::RunState::Running, flow::RunState::Disabled, flow::RunState::Invalid})
    if (flow::name_of(state) == name) return state;
  return flow::RunState::Stopped;
}

/// A form with files, as browsers send it.
class Form {
 public:
  Form() : boundary_(fmt::format("freshet-{:016x}{:016x}", base::entropy(), base::entropy())) {}
  void add(std::string_view name, std::string_view content, std::string_view file_name = {}) {
    body_ += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"", boundary_, name);
    if (!file_name.empty())
      body_ += fmt::format("; filename=\"{}\"\r\nContent-Type: application/octet-stream",
                           server::nifi::escape_form_name(file_name));
    body_ += "\r\n\r\n";
    body_ += content;
    body_ += "\r\n";
  }
  std::string content_type() const { return "multipart/form-data; boundary=" + boundary_; }
  std::string body() const { return body_ + "--" + boundary_ + "--\r\n"; }

 private:
  std::string boundary_, body_;
};

class RemoteFlow final : public FlowRunner {
 public:
  RemoteFlow(http::Client::Options server, std::string url) : url_(std::move(url)), client_(std::move(server)) {}

  base::Status log_in(const std::string& password) {
    TRY(const auto response, send("POST", "/access/token", "application/x-www-form-urlencoded",
                                  "username=freshet&password=" + http::percent_encode(password)));
    token_ = response.body;
    return {};
  }

  base::Result<flow::ImportReport> import(const std::string& text, const std::string& file,
                                          const Parameters& parameters) override {
    json::object open, secret;
    for (const auto& [name, value] : parameters.values)
      (parameters.secrets.contains(name) ? secret : open)[name] = value;
    Form form;
    form.add("parameters", json::serialize(open));
    form.add("secrets", json::serialize(secret));
    if (!parameters.sensitive_key.empty()) form.add("sensitiveKey", parameters.sensitive_key);
    form.add("file", text, file);
    TRY(const auto response,
        send("POST", "/process-groups/root/process-groups/upload", form.content_type(), form.body()));
    TRY(const auto entity, parse(response));
    const auto& report = object_at(entity, "importReport");
    return flow::ImportReport{.id = text_at(entity, "id"),
                              .name = text_at(object_at(entity, "component"), "name"),
                              .problems = texts_at(report, "problems"),
                              .notes = texts_at(report, "notes")};
  }

  base::Status start(const std::string& id) override { return schedule(id, "RUNNING"); }
  base::Status stop(const std::string& id) override { return schedule(id, "STOPPED"); }

  base::Result<Rest> run_until_idle(const std::string& id, std::stop_token interrupt) override {
    TRY(auto response, send("POST", fmt::format("/process-groups/{}/idle-requests", id)));
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    for (auto wait = 5ms;; wait = std::min<std::chrono::milliseconds>(2 * wait, 200ms)) {
      TRY(const auto entity, parse(response));
      const auto& request = object_at(entity, "idleRequest");
      const auto path = fmt::format("/process-groups/{}/idle-requests/{}", id, text_at(request, "id"));
      const bool finished = request.contains("finished") && request.at("finished") == json::value(true);
      if (finished) {
        TRY_VOID(send("DELETE", path));
        if (request.contains("failureReason"))
          return base::fail(base::ErrorKind::Internal, text_at(request, "failureReason"));
        return rest_of(request);
      }
      woken.wait_for(lock, interrupt, wait, [] { return false; });
      // What is removed before it is finished is answered when it ended.
      TRY(response, send(interrupt.stop_requested() ? "DELETE" : "GET", path));
      if (interrupt.stop_requested()) {
        TRY(const auto ended, parse(response));
        return rest_of(object_at(ended, "idleRequest"));
      }
    }
  }

  base::Result<Status> status(const std::string& id) override {
    TRY(const auto response,
        send("GET", fmt::format("/flow/process-groups/{}/status?recursive=true&allTime=true", id)));
    TRY(const auto entity, parse(response));
    const auto& snapshot = object_at(object_at(entity, "processGroupStatus"), "aggregateSnapshot");
    Status status;
    for (const auto& [list, name] : {std::pair("processorStatusSnapshots", "processorStatusSnapshot"),
                                     std::pair("inputPortStatusSnapshots", "portStatusSnapshot"),
                                     std::pair("outputPortStatusSnapshots", "portStatusSnapshot"),
                                     std::pair("funnelStatusSnapshots", "portStatusSnapshot")})
      for (const auto& entry : array_at(snapshot, list))
        if (entry.is_object()) status.components.push_back(component_of(object_at(entry.get_object(), name)));
    if (snapshot.contains("failure")) status.failure = text_at(snapshot, "failure");
    TRY(const auto board, send("GET", fmt::format("/flow/bulletin-board?groupId={}&includeDescendantGroups=true", id)));
    TRY(const auto bulletins, parse(board));
    for (const auto& entry : array_at(object_at(bulletins, "bulletinBoard"), "bulletins")) {
      if (!entry.is_object()) continue;
      const auto& bulletin = object_at(entry.get_object(), "bulletin");
      const auto component =
          std::ranges::find(status.components, text_at(bulletin, "sourceId"), &flow::ComponentStatus::id);
      if (component != status.components.end())
        component->bulletins.push_back({.at = {}, .message = text_at(bulletin, "message")});
    }
    return status;
  }

 private:
  static Rest rest_of(const json::object& request) {
    return {.queued = count_at(request, "flowFilesQueued"), .failing = texts_at(request, "failingSources")};
  }
  static flow::ComponentStatus component_of(const json::object& snapshot) {
    flow::ComponentStatus component{.id = text_at(snapshot, "id"),
                                    .group = text_at(snapshot, "groupId"),
                                    .name = text_at(snapshot, "name"),
                                    .type = text_at(snapshot, "type"),
                                    .state = state_of(text_at(snapshot, "runStatus"))};
    component.in = {.files = count_at(snapshot, "flowFilesIn"), .bytes = count_at(snapshot, "bytesIn")};
    component.out = {.files = count_at(snapshot, "flowFilesOut"), .bytes = count_at(snapshot, "bytesOut")};
    component.bytes_written = count_at(snapshot, "bytesWritten");
    if (const auto dropped = count_at(snapshot, "flowFilesDropped"); dropped > 0) component.dropped[""].files = dropped;
    return component;
  }

  base::Status schedule(const std::string& id, std::string_view state) {
    const auto body = json::serialize(json::object{{"id", id}, {"state", state}});
    TRY_VOID(send("PUT", "/flow/process-groups/" + id, "application/json", body));
    return {};
  }

  base::Result<http::Response> send(std::string method, const std::string& path, std::string content_type = {},
                                    std::string body = {}) {
    http::Request request{
        .method = std::move(method), .target = "/nifi-api" + path, .headers = {}, .body = std::move(body)};
    if (!content_type.empty()) request.headers.add("Content-Type", std::move(content_type));
    if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
    TRY(auto response, client_.send(request));
    if (response.status == 503)
      return base::fail(base::ErrorKind::Unavailable, "the server is still starting: " + url_);
    if (response.status >= 300) return base::fail(kind_of(response.status), response.body);
    return response;
  }

  base::Result<json::object> parse(const http::Response& response) const {
    boost::system::error_code error;
    auto value = json::parse(response.body, error);
    if (error || !value.is_object())
      return base::fail(base::ErrorKind::Unavailable, "no flow engine answers there: " + url_);
    return std::move(value.get_object());
  }

  const std::string url_;
  std::string token_;
  http::Client client_;
};

}  // namespace

base::Result<std::unique_ptr<FlowRunner>> connect_flow_runner(const std::string& url, const std::string& password) {
  TRY(const auto parts, http::parse_url(url));
  if (parts.scheme != "http") return base::fail(base::ErrorKind::Unsupported, "https is not supported: " + url);
  // Stopping a flow waits for what its processors have begun.
  auto runner = std::make_unique<RemoteFlow>(
      http::Client::Options{.host = parts.host, .port = parts.port, .timeout = std::chrono::minutes(5)}, url);
  TRY_VOID(runner->log_in(password));
  return runner;
}

}  // namespace cli
