// What the processors of S3 ask of the place where objects are, property by property.
#include <gtest/gtest.h>

#include <array>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

/// Keeps what it is asked, and has one object.
class Watched final : public ObjectTarget, public ObjectTargets {
 public:
  base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest& request) override {
    requests.push_back(request);
    return std::shared_ptr<ObjectTarget>(std::shared_ptr<void>(), this);
  }
  std::vector<ObjectResult<ObjectPutAnswer>> put(std::span<const ObjectPut> given) override {
    puts.insert(puts.end(), given.begin(), given.end());
    std::vector<ObjectResult<ObjectPutAnswer>> answers;
    for (std::size_t i = 0; i < given.size(); ++i)
      answers.push_back(ObjectPutAnswer{.etag = "e", .version = "", .expiration = "", .upload_id = ""});
    return answers;
  }
  ObjectStatus abort_old_uploads(const std::string&, std::chrono::nanoseconds age) override {
    ages.push_back(age);
    return {};
  }
  ObjectStatus list(const ObjectListing& listing, const Page& page) override {
    listings.push_back(listing);
    constexpr std::int64_t now = 1'704'067'200'000;  // where the clock of a test begins
    const std::vector<ListedObject> found{{.key = "new", .modified_ms = now - 60'000},
                                          {.key = "old", .modified_ms = now - 7'200'000}};
    EXPECT_TRUE(page(found));
    return {};
  }
  ObjectResult<ObjectFacts> head(const ObjectName& name) override { return facts(name); }
  ObjectResult<ObjectFacts> get(const ObjectName& name, const ObjectRange&, ByteSink&) override { return facts(name); }
  ObjectStatus remove(const ObjectName& name) override {
    names.push_back(name);
    return {};
  }
  ObjectResult<NamedTexts> tags(const ObjectName& name) override {
    names.push_back(name);
    return NamedTexts{};
  }
  ObjectStatus set_tags(const ObjectName& name, const NamedTexts&) override {
    names.push_back(name);
    return {};
  }
  std::string url_of(const std::string& bucket, const std::string& key) const override { return bucket + "/" + key; }

  std::vector<TargetRequest> requests;
  std::vector<ObjectPut> puts;
  std::vector<ObjectListing> listings;
  std::vector<ObjectName> names;
  std::vector<std::chrono::nanoseconds> ages;

 private:
  ObjectResult<ObjectFacts> facts(const ObjectName& name) {
    names.push_back(name);
    return ObjectFacts{};
  }
};

std::unique_ptr<ProcessorRun> run(Watched& watched, const std::string& type, PropertyValues properties,
                                  std::vector<ServiceDefinition> services = {}, Attributes attributes = {}) {
  properties.insert({"Bucket", "bucket"});
  if (type == "TagS3Object") properties.insert({{"Tag Key", "k"}, {"Tag Value", "v"}});
  attributes.emplace("filename", "f");
  auto made = std::make_unique<ProcessorRun>(
      type, std::move(properties),
      ProcessorRun::Options{
          .given = {{"content", std::move(attributes)}}, .services = std::move(services), .targets = &watched});
  EXPECT_EQ(made->problems(), Texts{}) << type;
  made->until_idle();
  EXPECT_GE(made->out("success").size(), 1u) << type;
  return made;
}

TEST(S3PropertiesTest, EachSaysWhereItGoesAndAsWhom) {
  for (const auto* type : {"PutS3Object", "FetchS3Object", "DeleteS3Object", "TagS3Object", "ListS3"}) {
    Watched keys;
    run(keys, type,
        {{"Region", "eu-west-1"},
         {"Access Key", "key"},
         {"Secret Key", "secret"},
         {"Endpoint Override URL", "http://endpoint"},
         {"SSL Context Service", "ssl"},
         {"Proxy Configuration Service", "proxy"}},
        {service("ssl", "StandardSSLContextService"), service("proxy", "StandardProxyConfigurationService")});
    ASSERT_GE(keys.requests.size(), 1u) << type;
    EXPECT_EQ(keys.requests[0].bucket, "bucket");
    EXPECT_EQ(keys.requests[0].region, "eu-west-1") << type;
    EXPECT_EQ(keys.requests[0].endpoint, "http://endpoint") << type;
    EXPECT_EQ(keys.requests[0].access_key, "key") << type;
    EXPECT_EQ(keys.requests[0].secret_key, "secret") << type;
    EXPECT_TRUE(keys.requests[0].path_style) << type;
    Watched provider;
    run(provider, type,
        {{"Region", "use-custom-region"},
         {"Custom Region", "own"},
         {"Access Key", "key"},
         {"Secret Key", "secret"},
         {"AWS Credentials Provider Service", "keys"}},
        {service("keys", "AWSCredentialsProviderControllerService",
                 {{"Access Key ID", "other"}, {"Secret Access Key", "secret of it"}})});
    EXPECT_EQ(provider.requests.at(0).region, "own") << type;
    EXPECT_EQ(provider.requests.at(0).access_key, "other") << type;
    EXPECT_EQ(provider.requests.at(0).secret_key, "secret of it") << type;
    EXPECT_FALSE(provider.requests.at(0).path_style) << type;
    Watched defaults;
    run(defaults, type, {{"AWS Credentials Provider Service", "keys"}},
        {service("keys", "AWSCredentialsProviderControllerService", {{"Use Default Credentials", "true"}})});
    EXPECT_EQ(defaults.requests.at(0).access_key, "") << type;
    EXPECT_EQ(defaults.requests.at(0).region, "us-west-2") << type;
  }
  Watched path;
  run(path, "PutS3Object", {{"Use Path Style Access", "true"}});
  EXPECT_TRUE(path.requests.at(0).path_style);
}

TEST(S3PropertiesTest, PutSaysAllOfAnObject) {
  Watched watched;
  run(watched, "PutS3Object",
      {{"Content Disposition", "attachment"},
       {"Server Side Encryption", "AES256"},
       {"Multipart Threshold", "6 MB"},
       {"Multipart Part Size", "7 MB"},
       {"Multipart Upload AgeOff Interval", "1 min"},
       {"Multipart Upload Max Age Threshold", "2 days"},
       {"Temporary Directory Multipart State", "/tmp/state"},
       {"FullControl User List", "a, b"},
       {"Read Permission User List", "${readers}"},
       {"Read ACL User List", "d"},
       {"Write ACL User List", "e@f"},
       {"Canned ACL", "PublicRead"}},
      {}, {{"readers", "c"}});
  ASSERT_EQ(watched.puts.size(), 1u);
  const auto& put = watched.puts[0];
  EXPECT_EQ(put.content_disposition, "attachment; filename=\"f\"");
  EXPECT_EQ(put.encryption, ObjectEncryption::Aes256);
  EXPECT_EQ(put.in_parts.single_bytes_max, std::uint64_t{6} << 20);
  EXPECT_EQ(put.in_parts.part_bytes, std::uint64_t{7} << 20);
  EXPECT_EQ(put.in_parts.directory, "/tmp/state");
  EXPECT_EQ(put.access.full_control, (Texts{"a", "b"}));
  EXPECT_EQ(put.access.read, (Texts{"c"}));
  EXPECT_EQ(put.access.read_list, (Texts{"d"}));
  EXPECT_EQ(put.access.write_list, (Texts{"e@f"}));
  EXPECT_EQ(put.access.canned, "");  // lists of users count for more
  EXPECT_EQ(watched.ages, (std::vector<std::chrono::nanoseconds>{std::chrono::days{2}}));
  Watched canned;
  run(canned, "PutS3Object", {{"Content Disposition", "inline"}, {"Canned ACL", "PublicRead"}});
  EXPECT_EQ(canned.puts.at(0).access.canned, "public-read");
  EXPECT_EQ(canned.puts.at(0).content_disposition, "inline");
  for (const auto* storage_class : {"STANDARD", "REDUCED_REDUNDANCY", "GLACIER", "STANDARD_IA", "ONEZONE_IA",
                                    "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "OUTPOSTS", "GLACIER_IR", "SNOW"}) {
    Watched each;
    const auto done = run(each, "PutS3Object", {{"Storage Class", storage_class}});
    EXPECT_EQ(each.puts.at(0).storage_class, storage_class);
    EXPECT_EQ(done->only("success").at("s3.storeClass"), storage_class);
  }
}

TEST(S3PropertiesTest, KeysOfEncryption) {
  for (const auto* name : {"KMS Key ID", "Key ID or Key Material"}) {
    Watched watched;
    const auto sse = service("sse", "StandardS3EncryptionService", {{"Encryption Strategy", "SSE_KMS"}, {name, "key"}});
    const auto done = run(watched, "PutS3Object", {{"Encryption Service", "sse"}}, {sse});
    EXPECT_EQ(watched.puts.at(0).encryption, ObjectEncryption::Kms);
    EXPECT_EQ(watched.puts.at(0).encryption_key, "key");
    EXPECT_EQ(done->only("success").at("s3.sseAlgorithm"), "aws:kms");
    EXPECT_EQ(done->only("success").at("s3.encryptionStrategy"), "SSE_KMS");
  }
  Watched watched;
  run(watched, "FetchS3Object", {{"Encryption Service", "none"}}, {service("none", "StandardS3EncryptionService")});
}

TEST(S3PropertiesTest, WhoPaysAndWhichVersion) {
  Watched watched;
  run(watched, "FetchS3Object", {{"Requester Pays", "true"}, {"Version", "${v}"}}, {}, {{"v", "7"}});
  EXPECT_TRUE(watched.names.at(0).requester_pays);
  EXPECT_EQ(watched.names.at(0).version, "7");
  run(watched, "TagS3Object", {{"Version", "8"}});
  EXPECT_EQ(watched.names.back().version, "8");
  run(watched, "ListS3", {{"Requester Pays", "true"}});
  EXPECT_TRUE(watched.listings.at(0).requester_pays);
  for (const auto& [initial, expected] : std::map<std::string, std::size_t>{{"all", 2}, {"window", 1}}) {
    const auto done = run(watched, "ListS3",
                          {{"Listing Strategy", "entities"},
                           {"Entity Tracking State Cache", "client"},
                           {"Entity Tracking Time Window", "1 hour"},
                           {"Entity Tracking Initial Listing Target", initial}},
                          {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                           service("server", "MapCacheServer")});
    EXPECT_EQ(done->out("success").size(), expected) << initial;
  }
}

}  // namespace
}  // namespace flow
