#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "server/nifi/api.h"
#include "server/nifi/body.h"

namespace server::nifi {

namespace json = boost::json;

/// A directory of the test's own.
class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "freshet-api-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline constexpr std::string_view kDefinition =
    R"({"flowContents": {"identifier": "root-of-file", "name": "saved", "parameterContextName": "p",
  "processors": [
    {"identifier": "make", "name": "make", "type": "org.apache.nifi.processors.standard.GenerateFlowFile", "schedulingPeriod": "1 hour"},
    {"identifier": "log", "name": "log", "type": "org.apache.nifi.processors.standard.LogMessage", "properties": {"log-message": "#{text}"},
     "autoTerminatedRelationships": ["success"]}],
  "connections": [
    {"identifier": "c", "source": {"id": "make"}, "destination": {"id": "log"}, "selectedRelationships": ["success"]}],
  "controllerServices": [
    {"identifier": "reader", "name": "reader", "type": "org.apache.nifi.csv.CSVReader", "scheduledState": "DISABLED"}]},
  "parameterContexts": {"p": {"name": "p", "parameters": [{"name": "text", "value": "saved"}, {"name": "key", "sensitive": true}]}}})";

/// Calls as clients make them, without HTTP, on an empty data directory.
class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    objects_ = store::ObjectStore::open({.directory = folder_.at("objects")}, disk_, clock_).value();
    flow_ = flow::Flow::open({.directory = folder_.at("flow")}, disk_, clock_, wall_, *objects_).value();
    api_ = std::make_unique<Api>(*flow_);
  }

  Answer call(const std::string& method, const std::string& target, const json::value& body = nullptr) {
    const auto question = target.find('?');
    Call made{.method = method,
              .path = target.substr(0, question),
              .query = {},
              .content_type = "application/json",
              .body = {}};
    if (question != std::string::npos) {
      const auto pair = target.substr(question + 1);
      made.query.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    }
    if (!body.is_null()) made.body = json::serialize(body);
    return api_->answer(made);
  }
  /// The answer of a call that works.
  json::object ok(const std::string& method, const std::string& target, const json::value& body = nullptr) {
    const auto answer = call(method, target, body);
    EXPECT_LT(answer.status, 300) << method << " " << target << ": " << answer.body;
    boost::system::error_code error;
    auto value = json::parse(answer.body, error);
    return value.is_object() ? value.get_object() : json::object{};
  }
  static json::object entity(json::object component, std::int64_t version = 0) {
    return {{"revision", json::object{{"version", version}}}, {"component", std::move(component)}};
  }
  std::string make_group(const std::string& name, const std::string& parent = "root") {
    return text_at(ok("POST", "process-groups/" + parent + "/process-groups", entity({{"name", name}})), "id");
  }
  std::string make_processor(const std::string& group, const std::string& type, json::object config = {}) {
    const auto made =
        ok("POST", "process-groups/" + group + "/processors",
           entity({{"type", "org.apache.nifi.processors.standard." + type}, {"config", std::move(config)}}));
    return text_at(made, "id");
  }
  Answer connect(const std::string& group, const std::string& from, const std::string& to) {
    return call("POST", "process-groups/" + group + "/connections",
                entity({{"source", json::object{{"id", from}}},
                        {"destination", json::object{{"id", to}}},
                        {"selectedRelationships", json::array{"success"}}}));
  }
  std::string import(const std::string& name, const std::string& parent = "root") {
    json::object body{{"versionedFlowSnapshot", json::parse(kDefinition)}};
    if (!name.empty()) body["groupName"] = name;
    return text_at(ok("POST", "process-groups/" + parent + "/process-groups/import", body), "id");
  }
  json::array list(const std::string& path, const std::string& name) { return array_at(ok("GET", path), name); }

  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  base::SystemWallClock wall_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::unique_ptr<flow::Flow> flow_;
  std::unique_ptr<Api> api_;
};

}  // namespace server::nifi
