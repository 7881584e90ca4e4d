#include "cli/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class Variables final : public store::s3::Environment {
 public:
  explicit Variables(std::map<std::string, std::string> set) : set_(std::move(set)) {}
  std::optional<std::string> variable(const std::string& name) const override {
    const auto found = set_.find(name);
    return found == set_.end() ? std::nullopt : std::optional(found->second);
  }
  base::Result<std::string> read_file(const std::string& path) const override {
    return base::fail(base::ErrorKind::NotFound, "no such file: " + path);
  }
  base::Result<std::string> run(const std::string&) const override {
    return base::fail(base::ErrorKind::Unavailable, "nothing can be run here");
  }

 private:
  const std::map<std::string, std::string> set_;
};

const Variables kVariables({{"FAR_ID", "AKIA"}, {"FAR_SECRET", "hidden"}, {"FAR_TOKEN", "token"}});

TEST(ConfigurationTest, ReadsRemotes) {
  const auto read = parse_configuration(R"(
[[remote]]
buckets = ["landing", "prod-*"]
endpoint = "https://minio.example.com:9000"
region = "eu-central-1"
path_style = true
access_key_id = "AKIA"
secret_access_key_env = "FAR_SECRET"
session_token_env = "FAR_TOKEN"
ca_bundle = "ca.pem"
queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/landing"
list_every = 2.5

[[remote]]
buckets = ["archive"]
profile = "archive"
credentials_file = "/etc/aws/credentials"
)",
                                        "etc/freshet.toml", kVariables);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->remotes.size(), 2);
  const auto& far = read->remotes[0];
  EXPECT_THAT(far.buckets, ElementsAre("landing", "prod-*"));
  EXPECT_EQ(far.endpoint, "https://minio.example.com:9000");
  EXPECT_EQ(far.region, "eu-central-1");
  EXPECT_EQ(far.addressing, store::s3::Addressing::Path);
  EXPECT_EQ(far.key.id, "AKIA");
  EXPECT_EQ(far.key.secret, "hidden");
  EXPECT_EQ(far.session_token, "token");
  EXPECT_EQ(far.ca_bundle, "etc/ca.pem");
  EXPECT_EQ(far.queue, "https://sqs.eu-central-1.amazonaws.com/123456789012/landing");
  EXPECT_EQ(far.list_every, 2500ms);
  const auto& archive = read->remotes[1];
  EXPECT_EQ(archive.profile, "archive");
  EXPECT_EQ(archive.credentials_file, "/etc/aws/credentials");
  EXPECT_EQ(archive.addressing, store::s3::Addressing::Automatic);
  EXPECT_FALSE(archive.list_every);
}

TEST(ConfigurationTest, ReadsTheLimitsOfFlows) {
  const auto read = parse_configuration(R"(
[flow]
provenance = "off"
provenance_size = "2 GB"
provenance_age = "7 days"
content_archive = "0 B"
queue_memory = "1.5 GB"
)",
                                        "freshet.toml", kVariables);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->flow.provenance, false);
  EXPECT_EQ(read->flow.provenance_bytes, 2ULL << 30);
  EXPECT_EQ(read->flow.provenance_age, std::chrono::hours{7 * 24});
  EXPECT_EQ(read->flow.archive_bytes, 0u);
  EXPECT_EQ(read->flow.queue_memory, 3ULL << 29);
  const auto nothing = parse_configuration("", "freshet.toml", kVariables);
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->flow.provenance);
  EXPECT_FALSE(nothing->flow.queue_memory);
}

TEST(ConfigurationTest, SaysWhereItIsWrong) {
  struct Case {
    std::string_view text, error;
  };
  for (const auto& [text, error] : std::to_array<Case>({
           {"[[remote]]\nbukets = ['a']", "f.toml:2:1: unknown key 'bukets' in [[remote]]"},
           {"[[remote]]\nbuckets = ['a']\nregion = 3", "f.toml:3:10: 'region' in [[remote]] is not a text"},
           {"[[remote]]\nbuckets = 'a'", "f.toml:2:11: 'buckets' in [[remote]] is not a list of texts"},
           {"[[remote]]\nbuckets = ['a', 1]", "f.toml:2:11: 'buckets' in [[remote]] is not a list of texts"},
           {"[[remote]]\nregion = 'x'",
            "f.toml:1:1: [[remote]] needs 'buckets', or 'endpoint' for stages that name it"},
           {"[[remote]]\nbuckets = ['a']\nendpoint = 'minio:9000'",
            "f.toml:3:12: 'endpoint' is no URL (wanted http://HOST:PORT or https://HOST)"},
           {"[[remote]]\nbuckets = ['a']\nlist_every = 0",
            "f.toml:3:14: 'list_every' in [[remote]] is not seconds, 0.1 or more"},
           {"[[remote]]\nbuckets = ['a']\nlist_every = '5'",
            "f.toml:3:14: 'list_every' in [[remote]] is not seconds, 0.1 or more"},
           {"[[remote]]\nbuckets = ['a']\npath_style = 1",
            "f.toml:3:14: 'path_style' in [[remote]] is not true or false"},
           {"[[remote]]\nbuckets = ['a']\naccess_key_id = 'x'",
            "f.toml:3:17: an access key needs both 'access_key_id' and 'secret_access_key' (each also as ..._env)"},
           {"[[remote]]\nbuckets = ['a']\naccess_key_id_env = 'NO_SUCH'",
            "f.toml:3:21: the environment has no variable NO_SUCH, which 'access_key_id_env' names"},
           {"[[remote]]\nbuckets = ['a']\nprofile = 'p'\naccess_key_id_env = 'FAR_ID'\nsecret_access_key = 's'",
            "f.toml:3:11: 'profile' and 'access_key_id' exclude each other"},
           {"[[remote]]\nbuckets = ['a']\nsecret_access_key = 's'\nsecret_access_key_env = 'FAR_SECRET'",
            "f.toml:3:21: 'secret_access_key' and 'secret_access_key_env' exclude each other"},
           {"[remote]\nbuckets = ['a']", "f.toml:1:1: 'remote' is no list of tables: write [[remote]]"},
           {"[flow]\nprovenance = true", "f.toml:2:14: 'provenance' in [flow] is not a text"},
           {"[flow]\nprovenance = 'yes'", "f.toml:2:14: 'provenance' in [flow] is neither \"on\" nor \"off\""},
           {"[flow]\nqueue_memory = '1 XB'", "f.toml:2:16: 'queue_memory' is no size (wanted as \"1 GB\"): 1 XB"},
           {"[flow]\nprovenance_age = 'long'", "f.toml:2:18: 'provenance_age' is no duration (wanted as \"30 days\")"},
           {"[flow]\nthreads = 4", "f.toml:2:1: unknown key 'threads' in [flow]"},
           {"flow = 1", "f.toml:1:8: 'flow' is no table: write [flow]"},
           {"listen = '127.0.0.1:1'", "f.toml:1:1: unknown key 'listen' in the file"},
       })) {
    const auto read = parse_configuration(text, "f.toml", kVariables);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().message, error);
    EXPECT_EQ(read.error().kind, base::ErrorKind::InvalidValue);
  }
  const auto broken = parse_configuration("[[remote]\nsecret_access_key = 'hidden'", "f.toml", kVariables);
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("f.toml:1:10: "));
  EXPECT_THAT(broken.error().message, Not(HasSubstr("hidden")));
}

TEST(ConfigurationTest, NoFileIsNoConfiguration) {
  EXPECT_TRUE(read_configuration("", kVariables)->remotes.empty());
  EXPECT_EQ(read_configuration("none.toml", kVariables).error().kind, base::ErrorKind::NotFound);
}

}  // namespace
}  // namespace cli
