#include <gtest/gtest.h>

#include "flow/local_target.h"
#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"
#include "flow/remote_target.h"
#include "store/s3/test_server.h"

namespace flow {
namespace {

namespace s3 = store::s3;

enum class Place { Local, Remote };

/// The processors of S3 on one store, once beside it and once by requests to its server.
class S3Test : public testing::TestWithParam<Place>, public ObjectTargets {
 protected:
  void SetUp() override {
    if (GetParam() == Place::Local) {
      ASSERT_TRUE(store().create_bucket("bucket"));
      target_ = std::make_shared<LocalTarget>(store(), 2);
    } else {
      auto connected = s3::S3Client::connect(
          {.endpoint = server_.url(), .key = s3::LocalServer::key(), .sleeper = &sleeper_, .retry_seed = 1}, clock_);
      const auto client = std::make_shared<s3::S3Client>(std::move(connected.value()));
      ASSERT_TRUE(client->create_bucket("bucket"));
      target_ = std::make_shared<RemoteTarget>(client, server_.url());
    }
  }

  base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest& request) override {
    requests_.push_back(request);
    return target_;
  }

  store::ObjectStore& store() { return server_.store(); }
  void keep_versions() {
    ASSERT_TRUE(store().update_bucket("bucket", [](store::BucketInfo& bucket) {
      bucket.versioning = store::Versioning::Enabled;
      return base::Status{};
    }));
  }
  std::string put(const std::string& key, std::string_view bytes, store::PutOptions options = {}) {
    return version_id(store().put("bucket", key, bytes, std::move(options)).value().info);
  }
  ProcessorRun run(const std::string& type, PropertyValues properties, std::vector<Given> given = {},
                   std::vector<ServiceDefinition> services = {}) {
    properties.emplace("Bucket", "bucket");
    return ProcessorRun(type, std::move(properties),
                        {.given = std::move(given), .services = std::move(services), .targets = this});
  }
  static std::vector<std::string> names(const ProcessorRun& run) {
    std::vector<std::string> names;
    for (const auto& file : run.out("success")) names.push_back(file.at("filename"));
    return names;
  }

  s3::SetClock clock_;
  s3::CountingSleeper sleeper_;
  s3::LocalServer server_{clock_};
  std::shared_ptr<ObjectTarget> target_;
  std::vector<TargetRequest> requests_;
};

INSTANTIATE_TEST_SUITE_P(Places, S3Test, testing::Values(Place::Local, Place::Remote),
                         [](const auto& place) { return place.param == Place::Local ? "Local" : "Remote"; });

TEST_P(S3Test, FetchSaysWhatAnObjectIs) {
  keep_versions();
  const auto version = put("dir/k", "0123456789",
                           {.attributes = {.content_type = "text/x",
                                           .headers = {{"content-disposition", "a/b%20c.txt"}},
                                           .metadata = {{"color", "blue"}}}});
  put("dir/k", "newer");
  auto fetch = run("FetchS3Object", {{"Object Key", "${key}"}, {"Version", "${version}"}},
                   {{"old", {{"key", "dir/k"}, {"version", version}}}});
  fetch.until_idle();
  const auto file = fetch.only("success");
  EXPECT_EQ(file.content, "0123456789");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"s3.bucket", "bucket"},
                                                        {"s3.etag", "781e5e245d69b566979b86e28d23f2c7"},
                                                        {"s3.version", version},
                                                        {"mime.type", "text/x"},
                                                        {"color", "blue"},
                                                        {"path", "a"},
                                                        {"absolute.path", "a/b c.txt"},
                                                        {"filename", "b c.txt"}})
    EXPECT_EQ(file.at(name), value) << name;
}

TEST_P(S3Test, FetchNamesFilesByTheKeyWhereTheDispositionDoesNot) {
  struct Case {
    std::string disposition, filename, path;
  };
  for (const auto& c : std::to_array<Case>({{"inline", "k", "dir"},
                                            {"attachment; filename=\"x\"", "k", "dir"},
                                            {"x.txt", "x.txt", "./"},
                                            {"", "given", "./"}})) {
    store::PutOptions options;
    if (!c.disposition.empty()) options.attributes.headers.emplace_back("content-disposition", c.disposition);
    put("dir/k", "x", options);
    auto fetch = run("FetchS3Object", {{"Object Key", "dir/k"}}, {{"", {{"filename", "given"}}}});
    fetch.until_idle();
    EXPECT_EQ(fetch.only("success").at("filename"), c.filename) << c.disposition;
    EXPECT_EQ(fetch.only("success").at("path"), c.path) << c.disposition;
  }
}

TEST_P(S3Test, FetchTakesRanges) {
  struct Case {
    std::string start, length, content;
  };
  put("k", "0123456789");
  put("empty", "");
  for (const auto& c : std::to_array<Case>(
           {{"", "", "0123456789"}, {"0 B", "3 B", "012"}, {"4 B", "", "456789"}, {"8 B", "1 KB", "89"}})) {
    auto fetch = run("FetchS3Object", {{"Object Key", "k"}, {"range-start", "${s}"}, {"range-length", "${l}"}},
                     {{"", {{"s", c.start}, {"l", c.length}}}});
    fetch.until_idle();
    EXPECT_EQ(fetch.only("success").content, c.content) << c.start << ' ' << c.length;
  }
  auto none = run("FetchS3Object", {{"Object Key", "empty"}}, {{"old"}});
  none.until_idle();
  EXPECT_EQ(none.only("success").content, "");
  auto behind = run("FetchS3Object", {{"Object Key", "k"}, {"Range Start", "10 B"}}, {{"old"}});
  behind.until_idle();
  EXPECT_EQ(behind.only("failure").at("s3.errorCode"), "InvalidRange");
  EXPECT_EQ(behind.only("failure").at("s3.statusCode"), "416");
  auto wrong = run("FetchS3Object", {{"Object Key", "k"}, {"Range Start", "${s}"}}, {{"old", {{"s", "ten"}}}});
  wrong.until_idle();
  EXPECT_EQ(wrong.only("failure").content, "old");
}

TEST_P(S3Test, RefusalsAreAttributes) {
  struct Case {
    std::string bucket, key, code;
  };
  for (const auto& c : std::to_array<Case>({{"bucket", "none", "NoSuchKey"}, {"no-bucket", "k", "NoSuchBucket"}})) {
    auto fetch = run("FetchS3Object", {{"Bucket", c.bucket}, {"Object Key", c.key}}, {{"old"}});
    fetch.until_idle();
    const auto file = fetch.only("failure");
    EXPECT_EQ(file.content, "old");
    EXPECT_TRUE(file.penalised);
    EXPECT_EQ(file.at("s3.errorCode"), c.code);
    EXPECT_EQ(file.at("s3.statusCode"), "404");
    EXPECT_EQ(file.at("s3.exception"), "com.amazonaws.services.s3.model.AmazonS3Exception");
    EXPECT_NE(file.at("s3.errorMessage"), "(none)");
  }
}

TEST_P(S3Test, DeleteRemovesObjectsAndVersions) {
  put("k", "x");
  auto gone = run("DeleteS3Object", {{"Object Key", "${key}"}}, {{"1", {{"key", "k"}}}, {"2", {{"key", "never"}}}});
  gone.until_idle();
  EXPECT_EQ(gone.contents("success"), (Texts{"1", "2"}));
  EXPECT_FALSE(store().head("bucket", "k"));

  keep_versions();
  const auto first = put("v", "1"), second = put("v", "2");
  auto old = run("DeleteS3Object", {{"Object Key", "v"}, {"Version", first}}, {{"3"}});
  old.until_idle();
  EXPECT_FALSE(store().head("bucket", "v", first));
  EXPECT_EQ(store().get("bucket", "v").value(), "2");
  auto hidden = run("DeleteS3Object", {{"Object Key", "v"}}, {{"4"}});
  hidden.until_idle();
  EXPECT_FALSE(store().head("bucket", "v"));
  EXPECT_TRUE(store().head("bucket", "v", second));

  auto none = run("DeleteS3Object", {{"Bucket", "no-bucket"}}, {{"5"}});
  none.until_idle();
  EXPECT_EQ(none.only("failure").at("s3.errorCode"), "NoSuchBucket");
}

TEST_P(S3Test, TagAddsOrReplaces) {
  put("k", "x", {.settings = {.tags = {{"a", "1"}, {"b", "2"}}}});
  const auto tag = [&](const std::string& append, const std::string& key, const std::string& value) {
    auto it = run("TagS3Object", {{"Object Key", "k"}, {"tag-key", key}, {"tag-value", value}, {"append-tag", append}},
                  {{"", {{"s3.tag.old", "x"}}}});
    it.until_idle();
    return it.only("success");
  };
  const auto added = tag("true", "b", "3");
  EXPECT_EQ(added.at("s3.tag.a"), "1");
  EXPECT_EQ(added.at("s3.tag.b"), "3");
  EXPECT_EQ(added.at("s3.tag.old"), "(none)");
  EXPECT_EQ(store().head("bucket", "k")->tags, (store::NameValues{{"a", "1"}, {"b", "3"}}));
  EXPECT_EQ(tag("false", "c", "4").at("s3.tag.a"), "(none)");
  EXPECT_EQ(store().head("bucket", "k")->tags, (store::NameValues{{"c", "4"}}));

  auto wrong =
      run("TagS3Object", {{"Object Key", "${key}"}, {"Tag Key", "${tag}"}, {"Tag Value", "v"}},
          {{"1", {{"key", "k"}, {"tag", "aws:x"}}}, {"2", {{"key", "none"}, {"tag", "t"}}}, {"3", {{"key", "k"}}}});
  wrong.until_idle();
  const auto failed = wrong.out("failure");
  ASSERT_EQ(failed.size(), 3u);
  EXPECT_EQ(failed[0].at("s3.errorCode"), "InvalidTag");
  EXPECT_EQ(failed[1].at("s3.errorCode"), "NoSuchKey");
  EXPECT_EQ(failed[2].at("s3.errorMessage"), "'Tag Key' is empty");
}

TEST_P(S3Test, PutKeepsWhatIsSaidOfAnObject) {
  keep_versions();
  auto it = run("PutS3Object",
                {{"Object Key", "dir/${filename}"},
                 {"Content Type", "text/plain"},
                 {"Cache Control", "no-cache"},
                 {"Storage Class", "STANDARD_IA"},
                 {"s3-object-tags-prefix", "tag."},
                 {"s3-object-remove-tags-prefix", "true"},
                 {"Canned ACL", ""},
                 {"Color", "${color}"}},
                {{"hello", {{"filename", "a b.txt"}, {"tag.x", "1"}, {"tag.y", "2"}, {"color", "blue"}}}});
  it.until_idle();
  const auto file = it.only("success");
  const auto details = store().head("bucket", "dir/a b.txt").value();
  EXPECT_EQ(details.info.size, 5u);
  EXPECT_EQ(details.attributes.content_type, "text/plain");
  EXPECT_EQ(details.attributes.storage_class, "STANDARD_IA");
  EXPECT_EQ(details.attributes.metadata, (store::NameValues{{"color", "blue"}}));
  EXPECT_EQ(details.tags, (store::NameValues{{"x", "1"}, {"y", "2"}}));
  using Headers = std::map<std::string, std::string>;
  EXPECT_EQ(Headers(details.attributes.headers.begin(), details.attributes.headers.end()),
            (Headers{{"cache-control", "no-cache"}, {"content-disposition", "a+b.txt"}}));
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"s3.bucket", "bucket"},
                                                        {"s3.key", "dir/a b.txt"},
                                                        {"s3.contenttype", "text/plain"},
                                                        {"s3.cachecontrol", "no-cache"},
                                                        {"s3.contentdisposition", "(none)"},
                                                        {"s3.etag", "5d41402abc4b2a76b9719d911017c592"},
                                                        {"s3.version", version_id(details.info)},
                                                        {"s3.storeClass", "STANDARD_IA"},
                                                        {"s3.apimethod", "putobject"},
                                                        {"s3.usermetadata", "color=blue"},
                                                        {"s3.sseAlgorithm", "(none)"}})
    EXPECT_EQ(file.at(name), value) << name;
}

TEST_P(S3Test, PutRefusesWhatCannotBe) {
  auto tags =
      run("PutS3Object", {{"Object Tags Prefix", "tag."}},
          {{"x", {{"filename", "k"}, {"tag.x", "1"}}}, {"x", {{"filename", "k"}, {"tag.", std::string(300, 'x')}}}});
  tags.until_idle();
  EXPECT_EQ(tags.out("success").size(), 1u);  // its tag is "tag.x"
  EXPECT_EQ(tags.only("failure").at("s3.errorCode"), "InvalidTag");
  auto list = run("PutS3Object", {{"Canned ACL", "Everybody"}}, {{"x", {{"filename", "k"}}}});
  list.until_idle();
  EXPECT_EQ(list.only("failure").at("s3.errorMessage"), "'Canned ACL' is no such list: 'Everybody'");
  // This store has no key to encrypt with.
  auto encrypted = run("PutS3Object", {{"Encryption Service", "sse"}}, {{"x", {{"filename", "k"}}}},
                       {service("sse", "StandardS3EncryptionService", {{"encryption-strategy", "SSE_S3"}})});
  encrypted.until_idle();
  EXPECT_EQ(encrypted.only("failure").at("s3.statusCode"), "501");
  EXPECT_NE(run("PutS3Object", {{"Multipart Part Size", "1 MB"}}).problems().at(0).find("must be from 5 MB to 5 GB"),
            std::string::npos);
}

TEST_P(S3Test, ListTellsNewObjectsByTime) {
  put("a/1", "x");
  put("a/2", "xy", {.settings = {.tags = {{"t", "v"}}}});
  put("b/1", "x");
  auto list = run("ListS3", {{"Prefix", "a/"}, {"Region", "eu-west-1"}, {"write-s3-object-tags", "true"}});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"a/1", "a/2"}));
  const auto second = list.out("success").at(1);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"s3.bucket", "bucket"},
                                                        {"s3.region", "eu-west-1"},
                                                        {"s3.etag", "3e44107170a520582ade522fa73c1d15"},
                                                        {"s3.isLatest", "true"},
                                                        {"s3.lastModified", "1704067200000"},
                                                        {"s3.length", "2"},
                                                        {"s3.storeClass", "STANDARD"},
                                                        {"s3.version", "(none)"},
                                                        {"s3.tag.t", "v"}})
    EXPECT_EQ(second.at(name), value) << name;
  EXPECT_EQ(list.state().at("currentTimestamp"), "1704067200000");
  EXPECT_EQ(list.state().at("key-0"), "a/1");
  EXPECT_EQ(list.state().at("key-1"), "a/2");
  // Of the same time, and after a restart.
  put("a/3", "x");
  list.restart();
  list.advance(std::chrono::minutes{2});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"a/1", "a/2", "a/3"}));
  list.advance(std::chrono::minutes{2});
  list.until_idle();
  EXPECT_EQ(list.out("success").size(), 3u);
}

TEST_P(S3Test, ListWaitsForAnAgeAndForgetsAtAnother) {
  put("k", "x");
  auto list = run("ListS3", {{"Minimum Object Age", "1 min"}, {"Maximum Object Age", "2 min"}});
  list.until_idle();
  EXPECT_EQ(names(list), Texts{});  // too young
  list.advance(std::chrono::seconds{61});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"k"}));
  put("late", "x");  // as old as the other
  list.advance(std::chrono::minutes{2});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"k"}));
}

TEST_P(S3Test, ListLeavesOutWhatIsBehindTheDelimiter) {
  for (const auto* key : {"x/1", "x/sub/2", "x/3"}) put(key, "x");
  auto list = run("ListS3", {{"Prefix", "x/"}, {"Delimiter", "/"}, {"List Type", "2"}});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"x/1", "x/3"}));
}

TEST_P(S3Test, ListOfVersions) {
  keep_versions();
  const auto first = put("k", "1"), second = put("k", "22");
  ASSERT_TRUE(store().remove("bucket", "k"));
  auto list = run("ListS3", {{"Use Versions", "true"}});
  list.until_idle();
  const auto files = list.out("success");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].at("s3.version"), second);
  EXPECT_EQ(files[0].at("s3.isLatest"), "false");  // that is the delete marker
  EXPECT_EQ(files[1].at("s3.version"), first);
  EXPECT_EQ(files[1].at("s3.length"), "1");
}

TEST_P(S3Test, ListsManyPages) {
  for (int i = 0; i < 1010; ++i) put("k" + std::to_string(10'000 + i), "");
  auto list = run("ListS3", {{"Listing Strategy", "timestamps"}, {"Listing Batch Size", "7"}});
  list.until_idle();
  EXPECT_EQ(list.out("success").size(), 1010u);
  keep_versions();
  for (int i = 0; i < 1010; ++i) put("v", std::to_string(i));
  auto versions = run("ListS3", {{"Use Versions", "true"}, {"Prefix", "v"}});
  versions.until_idle();
  EXPECT_EQ(versions.out("success").size(), 1010u);
}

TEST_P(S3Test, ListByEntitiesSeesWhatChanged) {
  put("a", "x");
  put("b", "x");
  auto list = run("ListS3", {{"Listing Strategy", "entities"}, {"et-state-cache", "client"}}, {},
                  {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                   service("server", "MapCacheServer")});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"a", "b"}));
  put("a", "longer");
  put("c", "x");
  list.advance(std::chrono::minutes{2});
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"a", "b", "a", "c"}));
  EXPECT_EQ(run("ListS3", {{"Listing Strategy", "entities"}}).problems(),
            (Texts{"ListS3 'subject', property 'Entity Tracking State Cache': is required for the listing strategy "
                   "'entities'"}));
}

TEST_P(S3Test, ListAsRecords) {
  put("a", "x", {.attributes = {.metadata = {{"color", "blue"}}}});
  put("b", "xy");
  auto list = run("ListS3", {{"Record Writer", "out"}, {"Write User Metadata", "true"}}, {},
                  {service("out", "JsonRecordSetWriter",
                           {{"output-grouping", "output-oneline"}, {"suppress-nulls", "always-suppress"}})});
  list.until_idle();
  const auto file = list.only("success");
  EXPECT_EQ(file.at("record.count"), "2");
  EXPECT_EQ(file.at("s3.region"), "us-west-2");
  const auto first = file.content.substr(0, file.content.find('\n'));
  for (const auto* part : {R"("key":"a","bucket":"bucket")", R"("etag":"9dd4e461268c8034f5c8564e155c67a6")",
                           R"("lastModified":1704067200000,"size":1,"storageClass":"STANDARD","latest":true)",
                           R"("userMetadata":{"color":"blue"})"})
    EXPECT_NE(first.find(part), std::string::npos) << part << " in " << first;
  list.advance(std::chrono::minutes{2});
  list.until_idle();
  EXPECT_EQ(list.out("success").size(), 1u);  // none of nothing
}

TEST_P(S3Test, WithoutTrackingAllIsListedEachTime) {
  put("a", "x");
  auto list = run("ListS3", {{"Listing Strategy", "none"}});
  list.until_idle();
  list.restart();
  list.until_idle();
  EXPECT_EQ(names(list), (Texts{"a", "a"}));
}

TEST_P(S3Test, ListOfAMissingBucketSaysSo) {
  auto list = run("ListS3", {{"Bucket", "no-bucket"}});
  list.until_idle();
  ASSERT_FALSE(list.errors().empty());
  EXPECT_NE(list.errors().at(0).find("NoSuchBucket"), std::string::npos) << list.errors().at(0);
}

TEST_P(S3Test, RegionsOfFlowFilesCount) {
  put("k", "x");
  for (const auto& properties : {PropertyValues{{"Region", "attribute-defined-region"}},
                                 PropertyValues{{"Region", "use-custom-region"}, {"Custom Region", "${s3.region}"}}}) {
    auto more = properties;
    more.emplace("Object Key", "k");
    more.emplace("Endpoint Override URL", "http://endpoint");
    requests_.clear();
    run("FetchS3Object", more, {{"", {{"s3.region", "eu-north-1"}}}}).until_idle();
    ASSERT_EQ(requests_.size(), 1u);
    EXPECT_EQ(requests_[0].region, "eu-north-1");
    EXPECT_TRUE(requests_[0].path_style);  // as with any endpoint
  }
}

}  // namespace
}  // namespace flow
