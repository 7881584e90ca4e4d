#include "store/s3/remote_buckets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "store/s3/test_server.h"

namespace store::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "freshet-remote-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }
  std::string path;
};

std::string pattern_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
  return text;
}

std::string read_piecewise(const ObjectReader& reader, std::size_t step) {
  std::string text, piece(step, '\0');
  for (;;) {
    const auto count = reader.read_at(text.size(), piece);
    if (!count) return count.error().message;
    if (*count == 0) return text;
    text.append(piece, 0, *count);
  }
}

class RemoteBucketTest : public ::testing::Test {
 protected:
  std::shared_ptr<S3Client> client_at(const std::string& url) {
    auto client = S3Client::connect({.endpoint = url, .key = LocalServer::key(), .sleeper = &sleeper_}, wall_clock_);
    return std::make_shared<S3Client>(std::move(*client));
  }
  std::shared_ptr<BucketFiles> bucket_at(const std::string& url) {
    return remote_bucket(client_at(url), "landing", folder_.path);
  }
  void SetUp() override { ASSERT_TRUE(client_at(server_.url())->create_bucket("landing")); }

  SetClock wall_clock_;
  CountingSleeper sleeper_;
  Folder folder_;
  LocalServer server_{wall_clock_};
  std::shared_ptr<BucketFiles> bucket_ = bucket_at(server_.url());
};

TEST_F(RemoteBucketTest, ListsPageAfterPage) {
  constexpr int kObjects = 1001;  // one more than a page
  std::atomic<int> next{0};
  std::vector<std::jthread> writers;  // together they share a sync
  for (int writer = 0; writer < 16; ++writer)
    writers.emplace_back([&] {
      for (int i = next++; i < kObjects; i = next++)
        EXPECT_TRUE(server_.store().put("landing", fmt::format("in/{:04}", i), "x"));
    });
  writers.clear();
  ASSERT_TRUE(server_.store().put("landing", "out/ä b+c", "four"));
  const auto in = bucket_->list("in/");
  ASSERT_TRUE(in) << in.error().message;
  ASSERT_EQ(in->size(), kObjects);
  EXPECT_EQ(in->back().key, "in/1000");
  const auto all = bucket_->list("out");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1);
  const auto there = server_.store().head("landing", "out/ä b+c");
  EXPECT_EQ(all->front().key, "out/ä b+c");
  EXPECT_EQ(all->front().size, 4);
  EXPECT_EQ(all->front().etag, there->info.etag);
  EXPECT_EQ(all->front().last_modified.ns / 1'000'000, there->info.last_modified.ns / 1'000'000);
}

TEST_F(RemoteBucketTest, AnswersForEveryKeyWhetherItIsThere) {
  for (int i = 0; i < 20; i += 2)
    ASSERT_TRUE(server_.store().put("landing", std::to_string(i), std::string(static_cast<std::size_t>(i), 'x')));
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back(std::to_string(i));
  const auto found = bucket_->head(keys);
  ASSERT_EQ(found.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(found[i].has_value(), i % 2 == 0) << i;
    if (found[i])
      EXPECT_EQ(found[i]->size, i);
    else
      EXPECT_EQ(found[i].error().kind, base::ErrorKind::NotFound);
  }
}

TEST_F(RemoteBucketTest, AMissingBucketOrAStaleTokenSaysNothingOfItsKeys) {
  const std::vector<std::string> keys{"a", ""};
  const auto in_none = remote_bucket(client_at(server_.url()), "none", folder_.path)->head(keys);
  EXPECT_EQ(in_none[0].error().kind, base::ErrorKind::Unavailable);
  EXPECT_THAT(in_none[0].error().message, HasSubstr("NoSuchBucket"));
  EXPECT_EQ(in_none[1].error().kind, base::ErrorKind::InvalidValue) << "no key at all";
  ScriptedServer stale([](const http::Request&) -> ScriptedService::Reply { return {{400, {}, ""}, {}}; });
  EXPECT_EQ(bucket_at(stale.url())->head(keys)[0].error().kind, base::ErrorKind::Unavailable);
}

TEST_F(RemoteBucketTest, ReadsFromBlockToBlock) {
  const auto text = pattern_of((17 << 20) + 5);
  ASSERT_TRUE(server_.store().put("landing", "long", text));
  const auto reader = bucket_->open(bucket_->list("long")->front(), ReadAs::Bytes);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(read_piecewise(**reader, 1'000'003) == text);
  std::string piece(10, '\0');
  EXPECT_EQ((*reader)->read_at(3, piece).value_or(0), 10);  // back
  EXPECT_EQ(piece, text.substr(3, 10));
  EXPECT_EQ((*reader)->read_at(text.size(), piece).value_or(1), 0);
}

TEST_F(RemoteBucketTest, AReplacedObjectIsAConflictWhileItIsRead) {
  ASSERT_TRUE(server_.store().put("landing", "long", pattern_of(9 << 20)));
  const auto reader = bucket_->open(bucket_->list("long")->front(), ReadAs::Bytes);
  std::string piece(100, '\0');
  ASSERT_EQ((*reader)->read_at(0, piece).value_or(0), 100);
  ASSERT_TRUE(server_.store().put("landing", "long", std::string(9 << 20, 'n')));
  EXPECT_EQ((*reader)->read_at(100, piece).value_or(0), 100) << "what was read ahead is still of the old one";
  const auto later = (*reader)->read_at((9 << 20) - 100, piece);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().kind, base::ErrorKind::Conflict);
  EXPECT_EQ(later.error().message, "the object was replaced while it was read: s3://landing/long");
}

TEST_F(RemoteBucketTest, AnObjectReplacedSinceItWasListedIsAConflict) {
  ASSERT_TRUE(server_.store().put("landing", "a", "old"));
  const auto listed = bucket_->list("a")->front();
  ASSERT_TRUE(server_.store().put("landing", "a", "new"));
  std::string piece(3, '\0');
  EXPECT_EQ((*bucket_->open(listed, ReadAs::Bytes))->read_at(0, piece).error().kind, base::ErrorKind::Conflict);
  EXPECT_EQ(bucket_->open(listed, ReadAs::File).error().kind, base::ErrorKind::Conflict);
  EXPECT_EQ(folder_.files(), 0);
}

TEST_F(RemoteBucketTest, ABrokenStreamIsTakenUpWhereItBroke) {
  const auto text = pattern_of(1000);
  ScriptedServer broken([&](const http::Request& request) -> ScriptedService::Reply {
    const auto range = std::string(request.headers.get("range"));
    const bool first = range == "bytes=0-999";
    http::Headers headers{{"ETag", "\"e\""}, {"Content-Range", first ? "bytes 0-999/1000" : "bytes 600-999/1000"}};
    if (first) return {{206, std::move(headers), text.substr(0, 600)}, 1000};
    return {{206, std::move(headers), text.substr(600)}, {}};
  });
  const auto reader = bucket_at(broken.url())->open({.key = "k", .size = 1000, .etag = "e"}, ReadAs::Bytes);
  EXPECT_EQ(read_piecewise(**reader, 300), text);
  const auto requests = broken.requests();
  ASSERT_EQ(requests.size(), 2);
  for (const auto& request : requests) EXPECT_EQ(request.headers.get("if-match"), "\"e\"");
  EXPECT_EQ(requests[1].headers.get("range"), "bytes=600-999");
}

TEST_F(RemoteBucketTest, DownloadsAWholeFileAndRemovesItWithItsReader) {
  const auto text = pattern_of((16 << 20) + 7);
  ASSERT_TRUE(server_.store().put("landing", "whole", text));
  {
    const auto reader = bucket_->open(bucket_->list("whole")->front(), ReadAs::File);
    ASSERT_TRUE(reader) << reader.error().message;
    base::PosixDisk disk;
    EXPECT_TRUE(disk.read_all((*reader)->whole_file()).value_or("") == text);
    EXPECT_TRUE(read_piecewise(**reader, 3 << 20) == text);
  }
  EXPECT_EQ(folder_.files(), 0);
  EXPECT_EQ(bucket_->open({.key = "none", .size = 1, .etag = "e"}, ReadAs::File).error().kind,
            base::ErrorKind::NotFound);
  EXPECT_EQ(folder_.files(), 0);
}

TEST_F(RemoteBucketTest, PutsAndRemoves) {
  for (const auto* key : {"a", "b", "c"}) ASSERT_TRUE(bucket_->put(key, key));
  EXPECT_EQ(server_.store().get("landing", "b").value_or(""), "b");
  const auto kept = bucket_->remove(std::vector<std::string>{"a", "c", "never"});
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_TRUE(kept->empty());
  EXPECT_EQ(bucket_->list("")->size(), 1);
}

class RoutedBucketsTest : public RemoteBucketTest {
 protected:
  void SetUp() override {
    RemoteBucketTest::SetUp();
    auto opened = ObjectStore::open({.directory = local_folder_.path + "/objects"}, disk_, clock_);
    ASSERT_TRUE(opened);
    local_ = std::move(*opened);
  }
  RoutedBuckets route(std::vector<Remote> remotes) {
    remotes_.emplace(std::move(remotes), environment_, wall_clock_);
    return RoutedBuckets(*local_, *remotes_,
                         {.download_directory = folder_.path, .key_ring = std::string(32, 'k'), .always_local = "own"});
  }

  Folder local_folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  std::unique_ptr<ObjectStore> local_;
  FakeEnvironment environment_;
  std::optional<Remotes> remotes_;
};

TEST_F(RoutedBucketsTest, GoesByNameAndByEndpoint) {
  const auto buckets = route({{.buckets = {"landing", "prod-*"}, .endpoint = "https://one.example.com"},
                              {.buckets = {"*"}, .endpoint = "http://127.0.0.1:9000"}});
  const auto where = [&](std::string bucket, std::string endpoint) -> std::string {
    const auto* remote = buckets.remote_of({.bucket = std::move(bucket), .endpoint = std::move(endpoint)});
    return remote == nullptr ? "here" : remote->endpoint;
  };
  struct Case {
    std::string bucket, endpoint, place;
  };
  for (const auto& [bucket, endpoint, place] : std::to_array<Case>({
           {"landing", "", "https://one.example.com"},
           {"prod-1", "", "https://one.example.com"},
           {"prod", "", "http://127.0.0.1:9000"},
           {"own", "", "here"},
           {"own", "one.example.com", "here"},
           {"any", "ONE.example.com", "https://one.example.com"},
           {"any", "https://one.example.com/", "https://one.example.com"},
           {"landing", "127.0.0.1:9000", "http://127.0.0.1:9000"},
           {"landing", "other.example.com", "here"},
       }))
    EXPECT_EQ(where(bucket, endpoint), place) << bucket << " " << endpoint;
}

TEST_F(RoutedBucketsTest, WithoutRemotesEverythingIsHere) {
  auto buckets = route({});
  const auto bucket = buckets.find({.bucket = "landing"});
  ASSERT_TRUE(bucket && (*bucket)->put("k", "v"));
  EXPECT_EQ(local_->get("landing", "k").value_or(""), "v");
}

TEST_F(RoutedBucketsTest, AStageMayBringItsOwnCredentials) {
  auto buckets = route({{.buckets = {"landing"}, .endpoint = server_.url(), .key = {"WRONG", "wrong secret"}}});
  const auto& [id, secret] = LocalServer::key();
  const auto list = [&](BucketPlace place) -> std::string {
    place.bucket = "landing";
    const auto bucket = buckets.find(place);
    if (!bucket) return bucket.error().message;
    const auto listed = (*bucket)->list("");
    return listed ? "listed" : listed.error().message;
  };
  EXPECT_THAT(list({}), HasSubstr("InvalidAccessKeyId"));
  const auto sealed = buckets.seal(secret, "");
  EXPECT_EQ(sealed.find(secret), std::string::npos);
  EXPECT_EQ(list({.key_id = id, .sealed_credentials = sealed}), "listed");
  EXPECT_EQ(list({.key_id = id, .secret = secret}), "listed");
  EXPECT_THAT(list({.key_id = id, .sealed_credentials = buckets.seal("another", "")}),
              HasSubstr("SignatureDoesNotMatch"));
  EXPECT_EQ(list({.key_id = id, .sealed_credentials = "no base64"}), "the credentials of the stage are damaged");
}

TEST_F(RoutedBucketsTest, AProfileCountsForMoreThanKeysInTheEnvironment) {
  environment_.variables = {{"AWS_ACCESS_KEY_ID", "WRONG"}, {"AWS_SECRET_ACCESS_KEY", "wrong"}};
  const auto& [id, secret] = LocalServer::key();
  environment_.files["/keys"] = fmt::format("[far]\naws_access_key_id = {}\naws_secret_access_key = {}\n", id, secret);
  auto buckets =
      route({{.buckets = {"landing"}, .endpoint = server_.url(), .profile = "far", .credentials_file = "/keys"}});
  const auto bucket = buckets.find({.bucket = "landing"});
  ASSERT_TRUE(bucket);
  const auto listed = (*bucket)->list("");
  EXPECT_TRUE(listed) << listed.error().message;
}

}  // namespace
}  // namespace store::s3
