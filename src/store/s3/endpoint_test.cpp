#include "store/s3/endpoint.h"

#include <gtest/gtest.h>

#include "store/s3/test_server.h"

namespace store::s3 {
namespace {

TEST(ProfilesTest, BothFilesTogether) {
  const auto profiles = Profiles::parse(
      "[default]\nregion = eu-west-1 # a comment\n\n[profile work]\nREGION=us-west-2\nservices = local\ns3 =\n"
      "  addressing_style = path\nendpoint_url = http://all\n[services local]\ns3 =\n  endpoint_url = "
      "http://mine:9000\n"
      "[other]\nregion = nowhere\n",
      "; none\n[default]\naws_access_key_id = A\naws_secret_access_key = s#1\n[work]\naws_access_key_id=W\n");
  EXPECT_EQ(profiles.find("default", "region"), "eu-west-1");
  EXPECT_EQ(profiles.find("default", "aws_secret_access_key"), "s#1");
  EXPECT_EQ(profiles.find("work", "region"), "us-west-2");
  EXPECT_EQ(profiles.find("work", "s3.addressing_style"), "path");
  EXPECT_EQ(profiles.find("work", "aws_access_key_id"), "W");
  EXPECT_EQ(profiles.endpoint_of("work", "s3"), "http://mine:9000");
  EXPECT_EQ(profiles.endpoint_of("work", "sts"), "http://all");
  EXPECT_FALSE(profiles.has("other"));  // in that file it would be "profile other"
  EXPECT_EQ(profiles.find("nobody", "region"), std::nullopt);
}

TEST(EndpointTest, WhoSaysItFirst) {
  struct Case {
    EndpointOptions options;
    std::map<std::string, std::string> variables;
    std::string host, region;
  };
  const std::string config = "[default]\nregion=eu-west-3\nendpoint_url=http://profile\n";
  for (const Case& c : std::to_array<Case>({
           {{}, {}, "profile", "eu-west-3"},
           {{}, {{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_DEFAULT_REGION", "r2"}}, "all", "r2"},
           {{}, {{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_ENDPOINT_URL_S3", "http://s3only"}}, "s3only", "eu-west-3"},
           {{.endpoint = "http://mine:1", .region = "r0"},
            {{"AWS_ENDPOINT_URL_S3", "http://s3only"}, {"AWS_REGION", "r1"}},
            "mine",
            "r0"},
           {{}, {{"AWS_REGION", "r1"}, {"AWS_DEFAULT_REGION", "r2"}}, "profile", "r1"},
           {{}, {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}, {"AWS_ENDPOINT_URL", "http://all"}}, "", "eu-west-3"},
       })) {
    FakeEnvironment environment;
    environment.variables = c.variables;
    const auto endpoint = resolve_endpoint(c.options, environment, Profiles::parse(config, "")).value();
    EXPECT_EQ(endpoint.override_url ? endpoint.override_url->host : "", c.host);
    EXPECT_EQ(endpoint.region, c.region);
  }
  EXPECT_EQ(resolve_endpoint({}, EmptyEnvironment{}, {}).value().region, "");
  EXPECT_EQ(resolve_endpoint({.endpoint = "http://h"}, EmptyEnvironment{}, {}).value().region, "us-east-1");
  EXPECT_EQ(resolve_endpoint({.endpoint = "nonsense"}, EmptyEnvironment{}, {}).error().kind,
            base::ErrorKind::InvalidValue);
}

TEST(EndpointTest, HostsAndPaths) {
  struct Case {
    std::string endpoint, bucket, region;
    Addressing addressing;
    std::string expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"", "data", "eu-west-1", Addressing::Automatic, "https://data.s3.eu-west-1.amazonaws.com"},
           {"", "data", "cn-north-1", Addressing::Automatic, "https://data.s3.cn-north-1.amazonaws.com.cn"},
           {"", "my.data", "eu-west-1", Addressing::Automatic, "https://s3.eu-west-1.amazonaws.com/my.data"},
           {"", "Old_Name", "us-east-1", Addressing::Automatic, "https://s3.us-east-1.amazonaws.com/Old_Name"},
           {"", "", "us-east-1", Addressing::Automatic, "https://s3.us-east-1.amazonaws.com"},
           {"", "data", "us-east-1", Addressing::Path, "https://s3.us-east-1.amazonaws.com/data"},
           {"http://minio:9000", "data", "r", Addressing::Automatic, "http://minio:9000/data"},
           {"http://store.example", "data", "r", Addressing::VirtualHost, "http://data.store.example"},
           {"https://store.example:443", "data", "r", Addressing::Automatic, "https://store.example/data"},
           {"http://127.0.0.1:9000", "data", "r", Addressing::VirtualHost, "http://127.0.0.1:9000/data"},
           {"http://localhost:9000", "my.data", "r", Addressing::VirtualHost, "http://my.data.localhost:9000"},
           {"http://[::1]:9000", "data", "r", Addressing::Automatic, "http://[::1]:9000/data"},
       })) {
    const auto endpoint =
        resolve_endpoint({c.endpoint, c.region, c.addressing}, EmptyEnvironment{}, Profiles{}).value();
    const auto address = address_of(endpoint, c.bucket, c.region);
    EXPECT_EQ(address.scheme + "://" + address.host_header + address.path, c.expected);
  }
  FakeEnvironment environment;
  environment.variables = {{"AWS_USE_FIPS_ENDPOINT", "true"}, {"AWS_USE_DUALSTACK_ENDPOINT", "TRUE"}};
  const auto special = resolve_endpoint({.region = "us-west-2"}, environment, Profiles{}).value();
  EXPECT_EQ(address_of(special, "b-1", "us-west-2").host, "b-1.s3-fips.dualstack.us-west-2.amazonaws.com");
  const auto named = address_of(special, "b-1", "us-west-2", "b-1.s3.elsewhere.example:81");
  EXPECT_EQ(named.host_header + named.path, "b-1.s3.elsewhere.example:81");
}

TEST(EndpointTest, Proxies) {
  struct Case {
    std::map<std::string, std::string> variables;
    std::string scheme, host, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {{}, "http", "h", ""},
           {{{"HTTP_PROXY", "http://p:3128"}}, "http", "h", "p:3128 "},
           {{{"HTTP_PROXY", "http://p:3128"}}, "https", "h", ""},
           {{{"https_proxy", "p2:8080"}}, "https", "h", "p2:8080 "},
           {{{"https_proxy", "http://u:p%40@p2:8080"}}, "https", "h", "p2:8080 Basic dTpwQA=="},
           {{{"HTTP_PROXY", "http://p"}, {"NO_PROXY", "localhost, .example.com,10.0.0.1"}}, "http", "localhost", ""},
           {{{"HTTP_PROXY", "http://p"}, {"NO_PROXY", "example.com"}}, "http", "a.example.com", ""},
           {{{"HTTP_PROXY", "http://p"}, {"NO_PROXY", "example.com"}}, "http", "badexample.com", "p:80 "},
           {{{"HTTP_PROXY", "http://p"}, {"no_proxy", "*"}}, "http", "h", ""},
       })) {
    FakeEnvironment environment;
    environment.variables = c.variables;
    const auto proxy = proxy_for(c.scheme, c.host, environment);
    EXPECT_EQ(proxy ? proxy->host + ":" + std::to_string(proxy->port) + " " + proxy->authorization : "", c.expected);
  }
}

}  // namespace
}  // namespace store::s3
