#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "flow/flow.h"
#include "flow/processors/coverage.h"

namespace flow {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

/// A flow of one PutS3Object, fed by GenerateFlowFile, whose requests for a place are kept.
class ServicesTest : public ::testing::Test {
 protected:
  ServicesTest() {
    auto pattern = (fs::temp_directory_path() / "freshet-services-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    objects_ = store::ObjectStore::open({.directory = folder_ + "/objects"}, disk_, clock_).value();
    flow_ = Flow::open({.directory = folder_ + "/flow",
                        .remote = [this](const TargetRequest& request) -> base::Result<std::shared_ptr<ObjectTarget>> {
                          requests_.push_back(request);
                          return nullptr;
                        }},
                       disk_, clock_, wall_clock_, *objects_)
                .value();
  }
  ~ServicesTest() override {
    for (const auto& view : flow_->flows()) Coverage::of_this_program().note(view.definition, flow_->status());
    flow_.reset();
    objects_.reset();
    fs::remove_all(folder_);
  }

  static std::string service(const std::string& type, const std::string& properties) {
    return fmt::format(
        R"({{"identifier":"s","name":"service","type":"{}","bundle":{{"group":"g","artifact":"a","version":"1"}},
           "properties":{{{}}},"scheduledState":"DISABLED","componentType":"CONTROLLER_SERVICE"}})",
        type, properties);
  }
  /// Of importing PutS3Object with this property beside a service.
  Texts problems(const std::string& services, const std::string& property) {
    const auto text = fmt::format(
        R"({{"flowContents":{{"identifier":"root","name":"test","controllerServices":[{}],"processors":[
          {{"identifier":"make","name":"make","type":"org.apache.nifi.processors.standard.GenerateFlowFile"}},
          {{"identifier":"put","name":"put","type":"org.apache.nifi.processors.aws.s3.PutS3Object",
            "properties":{{"Bucket":"landing","Access Key":"own","Secret Key":"own","{}":"s"}},
            "autoTerminatedRelationships":["success","failure"]}}],
          "connections":[{{"identifier":"c","source":{{"id":"make"}},"destination":{{"id":"put"}},
            "selectedRelationships":["success"]}}]}}}})",
        services, property);
    const auto report = flow_->import_definition(text, "test.json");
    return report ? report->problems : Texts{report.error().message};
  }

  std::string folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  base::SystemWallClock wall_clock_;
  std::vector<TargetRequest> requests_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::unique_ptr<Flow> flow_;
};

const std::string kCredentials =
    "org.apache.nifi.processors.aws.credentials.provider.service.AWSCredentialsProviderControllerService";
const std::string kProperty = "AWS Credentials Provider service";

TEST_F(ServicesTest, CredentialsOfTheServiceSignRequests) {
  const auto file = folder_ + "/keys";
  std::ofstream(file) << "# ours\naccessKey = of the file\r\nsecretKey=s=\n";
  struct Case {
    std::string_view properties, access_key, secret_key;
  };
  for (const Case& c : std::to_array<Case>({
           {R"("Access Key":"old","Secret Key":"name")", "old", "name"},
           {R"("Access Key ID":"new","Secret Access Key":"name","default-credentials":"false")", "new", "name"},
           {R"("default-credentials":"true")", "", ""},
           {"", "", ""},
           {R"("Credentials File":"FILE")", "of the file", "s="},
       })) {
    std::string properties(c.properties);
    if (const auto at = properties.find("FILE"); at != std::string::npos) properties.replace(at, 4, file);
    ASSERT_EQ(problems(service(kCredentials, properties), kProperty), Texts{}) << properties;
    requests_.clear();
    ASSERT_TRUE(flow_->run_until_idle("root"));
    ASSERT_EQ(requests_.size(), 1u);
    EXPECT_EQ(requests_[0].access_key, c.access_key) << properties;
    EXPECT_EQ(requests_[0].secret_key, c.secret_key) << properties;
  }
}

TEST_F(ServicesTest, WhatAServiceCannotDoMakesItsUsersInvalid) {
  const std::string user = "PutS3Object 'put', property 'AWS Credentials Provider Service': ";
  EXPECT_EQ(problems("", kProperty), (Texts{user + "no controller service of this group or those above has the id s"}));
  EXPECT_EQ(problems(service("org.x.Unheard", ""), kProperty),
            (Texts{"controller service 'service': type org.x.Unheard (g:a:1) is not implemented",
                   user + "controller service 'service' is invalid"}));
  struct Case {
    std::string_view properties, expected, state = "is invalid";
  };
  for (const Case& c : std::to_array<Case>({
           {R"("Access Key":"a")", ": set both Access Key ID and Secret Access Key"},
           {R"("Secret Key":"a")", ": set both Access Key ID and Secret Access Key"},
           {R"("Access Key":"a","Secret Key":"b","Use Default Credentials":"true")",
            ": set one of Use Default Credentials, Access Key ID, Credentials File"},
           {R"("Assume Role ARN":"arn:aws:iam::1:role/x")",
            ", property 'Assume Role ARN': is not supported; leave it unset"},
           {R"("anonymous-credentials":"true")", ", property 'Use Anonymous Credentials': 'true' is not supported"},
           {R"("Credentials File":"/nonexistent/keys")", ": cannot open: No such file or directory: /nonexistent/keys",
            "could not be enabled"},
       })) {
    const auto found = problems(service(kCredentials, std::string(c.properties)), kProperty);
    ASSERT_EQ(found.size(), 2u) << c.properties;
    EXPECT_EQ(found[0], "AWSCredentialsProviderControllerService 'service'" + std::string(c.expected));
    EXPECT_EQ(found[1], user + "controller service 'service' " + std::string(c.state));
  }
}

TEST_F(ServicesTest, PutS3ObjectRefusesWaysOutThatItCannotTake) {
  const std::string proxy = "org.apache.nifi.proxy.StandardProxyConfigurationService";
  const std::string ssl = "org.apache.nifi.ssl.StandardSSLContextService";
  EXPECT_EQ(problems(service(proxy, ""), "proxy-configuration-service"), Texts{});
  EXPECT_EQ(problems(service(ssl, R"("SSL Protocol":"TLS")"), "SSL Context Service"), Texts{});
  EXPECT_EQ(problems(service(proxy, R"("proxy-type":"HTTP","proxy-server-host":"h","proxy-server-port":"80")"),
                     "proxy-configuration-service"),
            (Texts{"PutS3Object 'put', property 'Proxy Configuration Service': a proxy is not supported; set "
                   "HTTPS_PROXY in the environment"}));
  EXPECT_EQ(problems(service(ssl, R"("Truststore Filename":"t","Truststore Type":"PKCS12")"), "SSL Context Service"),
            (Texts{"PutS3Object 'put', property 'SSL Context Service': stores of certificates are not supported; "
                   "configure ca_bundle for the endpoint"}));
  EXPECT_EQ(problems(service(ssl, R"("Truststore Filename":"t")"), "SSL Context Service")[0],
            "StandardSSLContextService 'service': set both Truststore Filename and Truststore Type");
  EXPECT_EQ(problems(service(ssl, R"("Keystore Filename":"t","Keystore Type":"JKS")"), "SSL Context Service")[0],
            "StandardSSLContextService 'service', property 'Keystore Type': 'JKS' is not supported");
  EXPECT_EQ(problems(service(proxy, R"("proxy-type":"SOCKS")"), "proxy-configuration-service")[0],
            "StandardProxyConfigurationService 'service': a proxy of type SOCKS needs Proxy Server Host and Proxy "
            "Server Port");
  EXPECT_EQ(problems(service(proxy, ""), kProperty),
            (Texts{"PutS3Object 'put', property 'AWS Credentials Provider Service': controller service 'service' "
                   "(StandardProxyConfigurationService) is no AWSCredentialsProviderService"}));
}

TEST_F(ServicesTest, AnInstanceKeepsItsServicesDisabled) {
  // A definition says DISABLED of every service, flow.json only of those that are.
  for (const auto& [state, expected] : {std::pair<std::string, Texts>{"ENABLED", {}},
                                        {"DISABLED",
                                         {"PutS3Object 'put', property 'AWS Credentials Provider Service': controller "
                                          "service 'service' is disabled"}}}) {
    const auto text = fmt::format(
        R"({{"encodingVersion":{{"majorVersion":2}},"rootGroup":{{"identifier":"root","instanceIdentifier":"root","name":"test","controllerServices":[
          {{"identifier":"v","instanceIdentifier":"s","name":"service","type":"{}","scheduledState":"{}"}}],"processors":[
          {{"identifier":"m","instanceIdentifier":"make","name":"make",
            "type":"org.apache.nifi.processors.standard.GenerateFlowFile"}},
          {{"identifier":"p","instanceIdentifier":"put","name":"put","type":"org.apache.nifi.processors.aws.s3.PutS3Object",
            "properties":{{"Bucket":"landing","{}":"s"}},"autoTerminatedRelationships":["success","failure"]}}],
          "connections":[{{"identifier":"c","source":{{"id":"m","instanceIdentifier":"make"}},
            "destination":{{"id":"p","instanceIdentifier":"put"}},"selectedRelationships":["success"]}}]}}}})",
        kCredentials, state, kProperty);
    const auto report = flow_->import_definition(text, "flow.json");
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->problems, expected);
    EXPECT_EQ(flow_->status().services.at(0).state,
              state == "ENABLED" ? ServiceState::Enabled : ServiceState::Disabled);
  }
}

TEST_F(ServicesTest, TheStatusShowsServices) {
  ASSERT_EQ(problems(service(kCredentials, ""), kProperty), Texts{});
  const auto status = flow_->status("root");
  ASSERT_EQ(status.services.size(), 1u);
  EXPECT_EQ(status.services[0].id, "s");
  EXPECT_EQ(status.services[0].group, "root");
  EXPECT_EQ(status.services[0].type, "AWSCredentialsProviderControllerService");
  EXPECT_EQ(status.services[0].state, ServiceState::Enabled);
  EXPECT_TRUE(flow_->status("other").services.empty());
  ASSERT_TRUE(flow_->remove("root"));
  EXPECT_TRUE(flow_->status().services.empty());
}

}  // namespace
}  // namespace flow
