#include "store/s3/credentials.h"
#include "store/s3/iso_time.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "store/s3/credential_chain.h"
#include "store/s3/signature.h"
#include "store/s3/test_server.h"

namespace store::s3 {
namespace {

using namespace std::chrono_literals;

const SetClock kClock;

base::Result<Credentials> find_in(const FakeEnvironment& environment, bool anonymous = false) {
  return find_credentials({.environment = environment, .wall_clock = kClock, .anonymous = anonymous});
}

/// Without the last link, which would ask the network.
FakeEnvironment machine() {
  FakeEnvironment environment;
  environment.variables = {{"AWS_EC2_METADATA_DISABLED", "true"}, {"HOME", "/home"}};
  return environment;
}

std::string token_answer(const std::string& action, const std::string& id) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials><AccessKeyId>" + id +
         "</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T+/</SessionToken>"
         "<Expiration>2024-01-01T01:00:00Z</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

TEST(CredentialChainTest, VariablesComeFirst) {
  auto environment = machine();
  environment.files["/home/.aws/credentials"] = "[default]\naws_access_key_id=F\naws_secret_access_key=f\n";
  EXPECT_EQ(find_in(environment).value().key.id, "F");
  environment.variables["AWS_ACCESS_KEY_ID"] = "V";
  EXPECT_EQ(find_in(environment).value().key.id, "F");  // half a pair is none
  environment.variables["AWS_SECRET_ACCESS_KEY"] = "v";
  environment.variables["AWS_SESSION_TOKEN"] = "t";
  const auto found = find_in(environment).value();
  EXPECT_EQ(found.key.id + found.key.secret + found.session_token, "Vvt");
}

TEST(CredentialChainTest, NothingFound) {
  EXPECT_EQ(find_in(machine()).error().kind, base::ErrorKind::Denied);
  EXPECT_TRUE(find_in(machine(), true).value().is_anonymous());
}

TEST(CredentialChainTest, ProfilesAndProcesses) {
  auto environment = machine();
  environment.variables["AWS_PROFILE"] = "tool";
  environment.files["/home/.aws/config"] = "[profile tool]\ncredential_process = give me\n";
  EXPECT_EQ(find_in(environment).error().kind, base::ErrorKind::Unavailable);
  environment.commands["give me"] =
      R"({"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "p", "SessionToken": "q", "Expiration": "2024-01-01T02:00:00Z"})";
  const auto found = find_in(environment).value();
  EXPECT_EQ(found.key.id + found.session_token, "Pq");
  EXPECT_EQ(found.expires, parse_iso_time("2024-01-01T02:00:00Z"));
  for (const std::string bad : {"", "[]", "{}", R"({"AccessKeyId": "P", "SecretAccessKey": 1})",
                                R"({"AccessKeyId": "P", "SecretAccessKey": "p", "Expiration": "tomorrow"})"}) {
    environment.commands["give me"] = bad;
    EXPECT_EQ(find_in(environment).error().kind, base::ErrorKind::InvalidValue) << bad;
  }
}

TEST(CredentialChainTest, WebIdentity) {
  ScriptedServer tokens([](const http::Request&) {
    return ScriptedService::Reply{{200, {}, token_answer("AssumeRoleWithWebIdentity", "W")}, {}};
  });
  auto environment = machine();
  environment.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  environment.variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
  environment.variables["AWS_ENDPOINT_URL_STS"] = tokens.url();
  environment.files["/token"] = "a.b=c\n";
  const auto found = find_in(environment).value();
  EXPECT_EQ(found.key.id + found.session_token, "WT+/");
  const auto asked = tokens.requests().at(0);
  EXPECT_EQ(asked.body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
            "RoleSessionName=freshet&WebIdentityToken=a.b%3Dc");
  EXPECT_EQ(asked.headers.get("authorization"), "");
}

TEST(CredentialChainTest, RolesOfProfilesAreAssumedWithTheirSource) {
  ScriptedServer tokens([](const http::Request& request) {
    if (request.body.find("denied") != std::string::npos)
      return ScriptedService::Reply{
          {403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"}, {}};
    return ScriptedService::Reply{{200, {}, token_answer("AssumeRole", "R")}, {}};
  });
  auto environment = machine();
  environment.variables["AWS_ENDPOINT_URL_STS"] = tokens.url();
  environment.files["/home/.aws/credentials"] = "[base]\naws_access_key_id=B\naws_secret_access_key=b\n";
  environment.files["/home/.aws/config"] =
      "[profile role]\nrole_arn=arn:r\nsource_profile=base\nexternal_id=x y\nrole_session_name=me\n"
      "[profile denied]\nrole_arn=arn:denied\nsource_profile=base\n"
      "[profile circle]\nrole_arn=arn:c\nsource_profile=circle2\n[profile "
      "circle2]\nrole_arn=arn:c\nsource_profile=circle\n"
      "[profile device]\nrole_arn=arn:m\nsource_profile=base\nmfa_serial=1\n"
      "[profile variables]\nrole_arn=arn:v\ncredential_source=Environment\n";
  environment.variables["AWS_PROFILE"] = "role";
  EXPECT_EQ(find_in(environment).value().key.id, "R");
  const auto asked = tokens.requests().at(0);
  EXPECT_NE(asked.body.find("RoleSessionName=me&ExternalId=x%20y"), std::string::npos) << asked.body;
  EXPECT_NE(asked.headers.get("authorization").find("Credential=B/20240101/us-east-1/sts/aws4_request"),
            std::string::npos);
  struct Case {
    std::string profile;
    base::ErrorKind kind;
  };
  for (const Case& c : std::to_array<Case>({{"denied", base::ErrorKind::Denied},
                                            {"circle", base::ErrorKind::InvalidValue},
                                            {"device", base::ErrorKind::Unsupported},
                                            {"variables", base::ErrorKind::Denied}})) {
    environment.variables["AWS_PROFILE"] = c.profile;
    EXPECT_EQ(find_in(environment).error().kind, c.kind) << c.profile;
  }
}

TEST(CredentialChainTest, Containers) {
  ScriptedServer agent([](const http::Request& request) {
    if (request.headers.get("authorization") != "let me in") return refusal_of(401, "Unauthorized");
    return ScriptedService::Reply{
        {200,
         {},
         R"({"AccessKeyId": "C", "SecretAccessKey": "c", "Token": "t", "Expiration": "2024-01-01T01:00:00Z"})"},
        {}};
  });
  auto environment = machine();
  environment.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = agent.url() + "/creds?x=1";
  EXPECT_EQ(find_in(environment).error().kind, base::ErrorKind::Denied);
  environment.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  environment.files["/token"] = "let me in\n";
  EXPECT_EQ(find_in(environment).value().key.id, "C");
  EXPECT_EQ(agent.requests().back().target, "/creds?x=1");

  environment.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/creds";
  const CredentialSearch nearby{.environment = environment, .wall_clock = kClock, .container_url = agent.url()};
  EXPECT_EQ(find_credentials(nearby).value().key.id, "C");
  EXPECT_EQ(agent.requests().back().target, "/v2/creds");

  environment.variables.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  environment.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://elsewhere.example/";
  EXPECT_EQ(find_in(environment).error().kind, base::ErrorKind::Denied);
}

TEST(CredentialChainTest, Instances) {
  ScriptedServer metadata([](const http::Request& request) {
    const std::string path = "/latest/meta-data/iam/security-credentials/";
    if (request.target == "/latest/api/token" && request.method == "PUT" &&
        request.headers.get("x-aws-ec2-metadata-token-ttl-seconds") == "21600")
      return ScriptedService::Reply{{200, {}, "token"}, {}};
    if (request.headers.get("x-aws-ec2-metadata-token") != "token") return refusal_of(401, "Unauthorized");
    if (request.target == "/latest/meta-data/placement/region")
      return ScriptedService::Reply{{200, {}, "eu-north-1"}, {}};
    if (request.target == path) return ScriptedService::Reply{{200, {}, "the-role"}, {}};
    if (request.target != path + "the-role") return refusal_of(404, "NotFound");
    return ScriptedService::Reply{
        {200,
         {},
         R"({"Code": "Success", "AccessKeyId": "I", "SecretAccessKey": "i", "Token": "t", "Expiration": "2024-01-01T06:00:00Z"})"},
        {}};
  });
  auto environment = machine();
  environment.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata.url();
  EXPECT_EQ(find_in(environment).error().kind, base::ErrorKind::Denied);  // switched off
  EXPECT_EQ(metadata.count(), 0u);
  environment.variables.erase("AWS_EC2_METADATA_DISABLED");
  const auto found = find_in(environment).value();
  EXPECT_EQ(found.key.id + found.session_token, "It");
  EXPECT_EQ(found.expires, parse_iso_time("2024-01-01T06:00:00Z"));

  const SetClock clock;
  auto client = S3Client::connect({.environment = &environment}, clock).value().presigned_url("GET", "data", "k", 1h);
  EXPECT_EQ(client.value().substr(0, 44), "https://data.s3.eu-north-1.amazonaws.com/k?X");
}

/// Hands out numbered credentials for an hour, or fails when told to.
struct Mint {
  SetClock& clock;
  int minted = 0;
  bool broken = false;
  CredentialProvider::Fetch fetch() {
    return [this]() -> base::Result<Credentials> {
      if (broken) return base::fail(base::ErrorKind::Unavailable, "the mint is closed");
      return Credentials{{"K" + std::to_string(++minted), "s"}, "t", clock.now() + 1h};
    };
  }
};

TEST(CredentialProviderTest, FetchesAgainBeforeTheyExpire) {
  SetClock clock;
  Mint mint{clock};
  CredentialProvider provider(mint.fetch(), clock);
  EXPECT_EQ(provider.get().value().key.id, "K1");
  clock.advance(54min);
  EXPECT_EQ(provider.get().value().key.id, "K1");
  clock.advance(2min);
  EXPECT_EQ(provider.get().value().key.id, "K2");

  mint.broken = true;
  clock.advance(56min);
  EXPECT_EQ(provider.get().value().key.id, "K2");  // still valid
  clock.advance(5min);
  EXPECT_EQ(provider.get().error().message, "the mint is closed");
  mint.broken = false;
  EXPECT_EQ(provider.get().value().key.id, "K3");
}

TEST(CredentialProviderTest, RejectedOnesAreReplacedOnce) {
  SetClock clock;
  Mint mint{clock};
  CredentialProvider provider(mint.fetch(), clock);
  const auto first = provider.get().value();
  provider.reject(first);
  EXPECT_EQ(provider.get().value().key.id, "K2");
  provider.reject(first);  // by a request that was still under way
  EXPECT_EQ(provider.get().value().key.id, "K2");
}

TEST(CredentialProviderTest, OneThreadFetchesWhileTheOthersGoOn) {
  SetClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  bool fetching = false, may_end = true;
  int minted = 0;
  CredentialProvider provider(
      [&]() -> base::Result<Credentials> {
        std::unique_lock lock(mutex);
        fetching = true;
        changed.notify_all();
        changed.wait(lock, [&] { return may_end; });
        return Credentials{{"K" + std::to_string(++minted), "s"}, "t", clock.now() + 1h};
      },
      clock);
  ASSERT_TRUE(provider.get());
  clock.advance(57min);
  {
    const std::lock_guard lock(mutex);
    fetching = may_end = false;
  }
  std::jthread refresher([&] { EXPECT_EQ(provider.get().value().key.id, "K2"); });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return fetching; });
  lock.unlock();
  EXPECT_EQ(provider.get().value().key.id, "K1");  // does not wait
  lock.lock();
  may_end = true;
  changed.notify_all();
  lock.unlock();
  refresher.join();
  EXPECT_EQ(minted, 2);
}

TEST(CredentialProviderTest, ManyThreadsShareOneFetch) {
  SetClock clock;
  std::atomic<int> minted = 0;
  CredentialProvider provider(
      [&]() -> base::Result<Credentials> {
        return Credentials{{"K" + std::to_string(++minted), "s"}, "t", clock.now() + 1h};
      },
      clock);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(provider.get().value().key.id, "K1"); });
  }
  EXPECT_EQ(minted, 1);
}

TEST(SystemEnvironmentTest, RunsCommands) {
  const SystemEnvironment environment;
  EXPECT_EQ(environment.run("printf '%s' word").value(), "word");
  EXPECT_EQ(environment.run("exit 3").error().kind, base::ErrorKind::Unavailable);
  EXPECT_EQ(environment.variable("FRESHET_TEST_NO_SUCH_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace store::s3
