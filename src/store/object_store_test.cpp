#include <gmock/gmock.h>

#include <thread>

#include "store/checksum.h"
#include "store/test_store.h"

namespace store {
namespace {

using base::ErrorKind;
using testing::ElementsAre;

TEST(ChecksumTest, CheckValues) {
  struct Case {
    ChecksumAlgorithm algorithm;
    std::string_view text, base64;
  };
  for (const Case& c : std::to_array<Case>({
           {ChecksumAlgorithm::Crc32, "hello world", "DUoRhQ=="},
           {ChecksumAlgorithm::Crc32c, "hello world", "yZRlqg=="},
           {ChecksumAlgorithm::Crc64Nvme, "hello world", "jSnVw/bqjr4="},
           {ChecksumAlgorithm::Crc64Nvme, "", "AAAAAAAAAAA="},
           {ChecksumAlgorithm::Sha1, "", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
       }))
    EXPECT_EQ(to_base64(checksum(c.algorithm, c.text)), c.base64) << name_of(c.algorithm) << " of " << c.text;
  EXPECT_EQ(to_hex(checksum(ChecksumAlgorithm::Crc32c, "123456789")), "e3069283");
  EXPECT_EQ(to_hex(checksum(ChecksumAlgorithm::Crc64Nvme, "123456789")), "ae8b14860a799888");
}

TEST(ChecksumTest, CombinedCrcIsThatOfTheWhole) {
  const std::string first(1000, 'x'), second = "tail of the text";
  for (const auto algorithm : {ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64Nvme})
    EXPECT_EQ(combine_crc(algorithm, checksum(algorithm, first), checksum(algorithm, second), second.size()),
              checksum(algorithm, first + second));
}

TEST(Base64Test, RoundTripAndRefusal) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) EXPECT_EQ(from_base64(to_base64(text)), text);
  for (const std::string bad : {"bad", "a===", "=aaa", "aa=a", "a*aa"}) EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST_F(ObjectStoreTest, PutGetHeadRemove) {
  const auto put =
      store_->put("bucket", "a/b c", "hello", {.attributes = {.content_type = "text/csv", .metadata = {{"k", "v"}}}});
  ASSERT_TRUE(put);
  EXPECT_EQ(put->info.etag, "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(put->info.last_modified, clock_.now());
  EXPECT_EQ(store_->get("bucket", "a/b c").value(), "hello");
  const auto head = store_->head("bucket", "a/b c").value();
  EXPECT_EQ(head.info, put->info);
  EXPECT_EQ(head.attributes.content_type, "text/csv");
  EXPECT_THAT(head.attributes.metadata, ElementsAre(std::pair<std::string, std::string>("k", "v")));
  EXPECT_TRUE(store_->remove("bucket", "a/b c").value().existed);
  EXPECT_FALSE(store_->remove("bucket", "a/b c").value().existed);
  EXPECT_EQ(store_->head("bucket", "a/b c").error().message, "no such object: bucket/a/b c");
  EXPECT_EQ(store_->put("nobucket", "a", "").error().message, "no such bucket: nobucket");
}

TEST_F(ObjectStoreTest, ContentsSurviveReopening) {
  const std::string large(5000, 'L'), parquet = "PAR1 short";
  ASSERT_TRUE(store_->put("bucket", "small", "s"));
  ASSERT_TRUE(store_->put("bucket", "large", large));
  ASSERT_TRUE(store_->put("bucket", "parquet", parquet));
  ASSERT_TRUE(store_->put("bucket", "empty", ""));
  reopen();
  ASSERT_TRUE(store_->put("bucket", "small2", "s2"));
  EXPECT_EQ(store_->get("bucket", "small").value(), "s");
  EXPECT_EQ(store_->get("bucket", "small2").value(), "s2");
  EXPECT_EQ(store_->get("bucket", "large").value(), large);
  EXPECT_EQ(store_->get("bucket", "empty").value(), "");
  const auto reader = store_->open_reader("bucket", "parquet").value();
  EXPECT_EQ(disk_.read_all(reader->whole_file()).value(), parquet);
  EXPECT_EQ(store_->open_reader("bucket", "small").value()->whole_file(), "");
  EXPECT_EQ(folder_.files_in("segments"), 1u);
  EXPECT_EQ(folder_.files_in("large"), 2u);
}

TEST_F(ObjectStoreTest, ReadersKeepTheirSnapshot) {
  const std::string old(3000, 'o');
  ASSERT_TRUE(store_->put("bucket", "k", old));
  auto reader = store_->open_reader("bucket", "k").value();
  ASSERT_TRUE(store_->put("bucket", "k", std::string(2000, 'n')));
  ASSERT_TRUE(store_->remove("bucket", "k"));
  EXPECT_EQ(reader->read_all().value(), old);
  std::string part(10, ' ');
  EXPECT_EQ(reader->read_at(2995, part).value(), 5u);
  reader.reset();
  EXPECT_EQ(folder_.files_in("large"), 0u);
}

TEST_F(ObjectStoreTest, ListingPagesEqualTheListingAtOnce) {
  for (const std::string key : {"a", "a/b", "a/c", "foo+1/x", "foo/y", "quux ab/z", "z"})
    ASSERT_TRUE(store_->put("bucket", key, key));
  for (const std::string delimiter : {"", "/", "o"}) {
    const auto whole = store_->list("bucket", {.delimiter = delimiter}).value();
    std::vector<std::string> at_once, paged;
    const auto collect = [](const Listing& page, std::vector<std::string>& into) {
      for (const auto& object : page.objects) into.push_back(object.key);
      for (const auto& common : page.common_prefixes) into.push_back(common);
    };
    collect(whole, at_once);
    std::ranges::sort(at_once);
    std::string after;
    for (;;) {
      const auto page = store_->list("bucket", {.delimiter = delimiter, .start_after = after, .max_keys = 1}).value();
      collect(page, paged);
      if (!page.truncated) break;
      after = page.next;
    }
    EXPECT_EQ(paged, at_once) << "delimiter " << delimiter;
  }
  const auto slash = store_->list("bucket", {.delimiter = "/"}).value();
  EXPECT_THAT(slash.common_prefixes, ElementsAre("a/", "foo+1/", "foo/", "quux ab/"));
  EXPECT_EQ(store_->list("bucket", {.prefix = "a/"}).value().objects.size(), 2u);
  // Inside a rolled-up prefix it comes again as long as a greater key stands below it.
  EXPECT_THAT(store_->list("bucket", {.prefix = "a/", .delimiter = "", .start_after = "a/b"}).value().objects.size(),
              1u);
}

TEST_F(ObjectStoreTest, ConditionsAndTokens) {
  const WriteConditions absent{.if_none_match = "*"};
  ASSERT_TRUE(store_->put("bucket", "k", "1", {}, {.conditions = absent}));
  EXPECT_EQ(store_->put("bucket", "k", "2", {}, {.conditions = absent}).error().kind, ErrorKind::Conflict);
  const WriteConditions same{.if_match = to_hex(md5("1"))};
  EXPECT_TRUE(store_->put("bucket", "k", "2", {}, {.conditions = same}));
  EXPECT_EQ(store_->put("bucket", "k", "3", {}, {.conditions = same}).error().kind, ErrorKind::Conflict);
  EXPECT_EQ(store_->put("bucket", "new", "3", {}, {.conditions = same}).error().kind, ErrorKind::NotFound);

  const WriteToken token{"flow/put", "42"};
  const auto first = store_->put("bucket", "t", "once", {}, {.token = token}).value();
  reopen();
  const auto again = store_->put("bucket", "t", "once", {}, {.token = token}).value();
  EXPECT_EQ(again.info, first.info);
  EXPECT_EQ(store_->events_after(first.info.sequence - 1, 10).value().size(), 1u);
  ASSERT_TRUE(store_->forget_tokens("flow/put", std::vector<std::string>{"42"}));
  EXPECT_GT(store_->put("bucket", "t", "once", {}, {.token = token}).value().info.sequence, first.info.sequence);
  EXPECT_EQ(store_->put("bucket", "m", "x", {}, {.expected_md5 = md5("y")}).error().message,
            "digest does not match: MD5");
}

TEST_F(ObjectStoreTest, EventsFollowCommitsAndCanBeTrimmed) {
  std::atomic<std::uint64_t> seen = 0;
  auto subscription = store_->subscribe([&](std::uint64_t sequence) {
    seen = sequence;
    seen.notify_all();
  });
  const auto start = store_->last_event_sequence();
  const auto a = store_->put("bucket", "a", "1").value().info;
  const auto b = store_->copy({"bucket", "a", {}}, "bucket", "b").value().info;
  for (auto value = seen.load(); value < b.sequence; value = seen.load()) seen.wait(value);
  const auto events = store_->events_after(start, 10).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0], (ObjectEvent{a.sequence, EventKind::Put, "bucket", "a", 1, a.etag, a.last_modified}));
  EXPECT_EQ(events[1].kind, EventKind::Copy);
  EXPECT_EQ(store_->last_event_sequence(), b.sequence);
  ASSERT_TRUE(store_->pass_events("one", a.sequence));
  EXPECT_EQ(store_->events_after(0, 10).value().size(), 1u);
  const auto c = store_->put("bucket", "c", "1").value().info;
  ASSERT_TRUE(store_->pass_events("one", b.sequence));
  ASSERT_TRUE(store_->pass_events("one", a.sequence));  // is gone
  ASSERT_EQ(store_->events_after(0, 10).value().size(), 1u);
  EXPECT_EQ(store_->events_after(0, 10).value().front().sequence, c.sequence);
  ASSERT_TRUE(store_->pass_events("one", c.sequence));
  EXPECT_TRUE(store_->events_after(0, 10).value().empty());
  EXPECT_EQ(store_->get("bucket", "b").value(), "1");
}

TEST_F(ObjectStoreTest, EventsStayUntilAllReadersPassedThem) {
  std::vector<std::uint64_t> sequences;
  for (const auto* key : {"a", "b", "c", "d"})
    sequences.push_back(store_->put("bucket", key, "1").value().info.sequence);
  const auto left = [&] { return store_->events_after(0, 10).value().size(); };
  EXPECT_EQ(store_->join_events("slow").value(), 0u);
  ASSERT_TRUE(store_->pass_events("fast", sequences[2]));  // joins by it
  EXPECT_EQ(left(), 4u);
  ASSERT_TRUE(store_->pass_events("slow", sequences[1]));
  EXPECT_EQ(left(), 2u);
  reopen();
  EXPECT_EQ(store_->join_events("slow").value(), sequences[1]);
  EXPECT_EQ(store_->join_events("fast").value(), sequences[2]);
  ASSERT_TRUE(store_->pass_events("fast", sequences[0]));  // no way back
  EXPECT_EQ(store_->join_events("fast").value(), sequences[2]);
  ASSERT_TRUE(store_->leave_events("slow"));
  ASSERT_TRUE(store_->pass_events("fast", sequences[3]));
  EXPECT_EQ(left(), 0u);
}

TEST_F(ObjectStoreTest, MessagesWaitInTheCommitOfTheCursor) {
  const auto sequence = store_->put("bucket", "a", "1").value().info.sequence;
  ASSERT_TRUE(store_->pass_events("reader", sequence,
                                  {{.destination = "x", .number = 7, .text = "second"},
                                   {.destination = "x", .number = 300, .text = "third"},
                                   {.destination = "x", .number = 1, .text = "first"},
                                   {.destination = "xy", .number = 2, .text = "elsewhere"}}));
  reopen();
  const auto texts = [&](const std::string& destination, std::uint64_t after, std::size_t limit) {
    std::vector<std::string> found;
    const auto messages = store_->messages_after(destination, after, limit).value();
    for (const auto& message : messages) found.push_back(message.text);
    return found;
  };
  EXPECT_THAT(texts("x", 0, 10), ElementsAre("first", "second", "third"));
  EXPECT_THAT(texts("x", 1, 1), ElementsAre("second"));
  EXPECT_THAT(texts("xy", 0, 10), ElementsAre("elsewhere"));
  EXPECT_EQ(store_->messages_after("x", 0, 1).value().at(0).queued, clock_.now());
  ASSERT_TRUE(store_->drop_messages("x", std::vector<std::uint64_t>{1, 300}));
  EXPECT_THAT(texts("x", 0, 10), ElementsAre("second"));
  EXPECT_EQ(store_->count_messages("x").value(), 1u);
  EXPECT_EQ(store_->count_messages("nowhere").value(), 0u);
}

TEST_F(ObjectStoreTest, MultipartUploadJoinsPartsByReference) {
  UploadOptions options{.attributes = {.content_type = "text/plain"}, .checksum = ChecksumAlgorithm::Crc32};
  const auto id = store_->create_upload("bucket", "big", options).value();
  const auto send = [&](int number, const std::string& bytes) {
    auto writer = store_->begin_part("bucket", "big", id, number, {.checksum = ChecksumAlgorithm::Crc32}).value();
    EXPECT_TRUE(writer->append(bytes));
    return writer->commit().value().info.etag;
  };
  const std::string first(3000, 'a'), last = "tail";
  const auto last_etag = send(7, last);
  send(2, "replaced part");
  const auto first_etag = send(2, first);
  EXPECT_EQ(store_->list_parts("bucket", "big", id).value().size(), 2u);
  EXPECT_EQ(store_->list_uploads("bucket").value().uploads.front().id, id);
  EXPECT_EQ(store_->complete_upload("bucket", "big", id, {{7, last_etag, ""}, {2, first_etag, ""}}).error().message,
            "the parts are not in ascending order: part 2");
  const std::vector<CompletedPart> parts{{2, first_etag, ""}, {7, last_etag, ""}};
  const auto done = store_->complete_upload("bucket", "big", id, parts).value();
  EXPECT_TRUE(done.info.etag.ends_with("-2"));
  EXPECT_TRUE(done.checksum->value.ends_with("-2"));
  EXPECT_EQ(store_->get("bucket", "big").value(), first + last);
  EXPECT_EQ(store_->complete_upload("bucket", "big", id, parts).value().info, done.info);
  EXPECT_EQ(store_->abort_upload("bucket", "big", id).error().kind, ErrorKind::NotFound);
  EXPECT_TRUE(store_->list_uploads("bucket").value().uploads.empty());
}

TEST_F(ObjectStoreTest, DigestsOfTheSpecificationsMultipartExample) {
  const std::string a(5 << 20, 'a'), b(10, 'b');
  for (const auto type : {ChecksumType::Composite, ChecksumType::FullObject}) {
    const auto id =
        store_->create_upload("bucket", "v", {.checksum = ChecksumAlgorithm::Crc32, .checksum_type = type}).value();
    std::vector<CompletedPart> parts;
    for (const auto& bytes : {a, b}) {
      const int number = static_cast<int>(parts.size()) + 1;
      auto writer = store_->begin_part("bucket", "v", id, number, {.checksum = ChecksumAlgorithm::Crc32}).value();
      ASSERT_TRUE(writer->append(bytes));
      parts.push_back({number, writer->commit().value().info.etag, ""});
    }
    const auto done = store_->complete_upload("bucket", "v", id, parts).value();
    EXPECT_EQ(done.info.etag, "8b0be7847da5564ae08e97af63b60885-2");
    EXPECT_EQ(done.checksum->value, type == ChecksumType::Composite ? "meG8JQ==-2" : "1FimjA==");
  }
}

TEST_F(ObjectStoreTest, StagedObjectsAppearWhenPublished) {
  auto writer = store_->begin_put("bucket", "unload/1").value();
  ASSERT_TRUE(writer->append("rows"));
  const StagedId id = writer->stage().value();
  auto dropped = store_->begin_put("bucket", "unload/2").value();
  ASSERT_TRUE(dropped->append("never"));
  ASSERT_TRUE(dropped->stage());
  EXPECT_EQ(store_->head("bucket", "unload/1").error().kind, ErrorKind::NotFound);
  writer.reset();
  dropped.reset();
  reopen();
  const auto before = store_->last_event_sequence();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store_->publish(std::vector{id}));
  ASSERT_TRUE(store_->discard_staged());
  EXPECT_EQ(store_->get("bucket", "unload/1").value(), "rows");
  EXPECT_EQ(store_->head("bucket", "unload/2").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(store_->events_after(before, 10).value().size(), 1u);
}

TEST_F(ObjectStoreTest, BucketRules) {
  EXPECT_EQ(store_->create_bucket("bucket").error().kind, ErrorKind::AlreadyExists);
  for (const std::string bad : {"ab", "Upper", "under_score", "1.2.3.4", "-a-", "a..b", "xn--abc",
                                "a234567890123456789012345678901234567890123456789012345678901234"})
    EXPECT_EQ(store_->create_bucket(bad).error().kind, ErrorKind::InvalidValue) << bad;
  ASSERT_TRUE(store_->put("bucket", "k", "v"));
  EXPECT_EQ(store_->remove_bucket("bucket").error().kind, ErrorKind::Conflict);
  ASSERT_TRUE(store_->remove_many("bucket", std::vector<RemoveRequest>{{"k", {}}, {"missing", {}}}));
  ASSERT_TRUE(store_->create_upload("bucket", "k", {}));
  ASSERT_TRUE(store_->remove_bucket("bucket"));
  EXPECT_TRUE(store_->list_buckets().value().empty());
  EXPECT_EQ(store_->put("bucket", std::string("a\0b", 3), "").error().kind, ErrorKind::InvalidValue);
  EXPECT_EQ(store_->put("bucket", "\xff", "").error().kind, ErrorKind::InvalidValue);
}

TEST_F(ObjectStoreTest, RefusesTheDirectoryOfANewerProgram) {
  store_.reset();
  ASSERT_TRUE(disk_.replace_all(folder_.path() + "/objects/FORMAT", "freshet objects 4\n"));
  EXPECT_EQ(ObjectStore::open({.directory = folder_.path() + "/objects"}, disk_, clock_).error().kind,
            ErrorKind::Unsupported);
}

TEST_F(ObjectStoreTest, ConcurrentPutsAllArrive) {
  constexpr int kThreads = 16, kPuts = 25;
  std::vector<std::jthread> threads;
  const auto start = store_->last_event_sequence();
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPuts; ++i) {
        const auto text = std::to_string(t) + "/" + std::to_string(i);
        EXPECT_TRUE(store_->put("bucket", text, text));
        EXPECT_TRUE(store_->put("bucket", "contended", text));
      }
    });
  threads.clear();
  EXPECT_EQ(store_->list("bucket", {}).value().objects.size(), kThreads * kPuts + 1u);
  const auto events = store_->events_after(start, 10'000).value();
  ASSERT_EQ(events.size(), 2u * kThreads * kPuts);
  EXPECT_TRUE(std::ranges::is_sorted(events, std::less_equal<>{}, &ObjectEvent::sequence));
  const auto listed = store_->list("bucket", {}).value();
  for (const auto& object : listed.objects)
    if (object.key != "contended") EXPECT_EQ(store_->get("bucket", object.key).value(), object.key);
}

}  // namespace
}  // namespace store
