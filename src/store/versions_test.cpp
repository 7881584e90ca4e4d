#include <gmock/gmock.h>

#include "store/checksum.h"
#include "store/index.h"
#include "store/records.h"
#include "store/test_store.h"
#include "store/versions.h"

namespace store {
namespace {

using base::ErrorKind;
using testing::ElementsAre;

class VersionsTest : public ObjectStoreTest {
 protected:
  void set_versioning(Versioning versioning) {
    ASSERT_TRUE(store_->update_bucket("bucket", [&](BucketInfo& bucket) -> base::Status {
      bucket.versioning = versioning;
      return {};
    }));
  }
  std::string put(const std::string& key, std::string_view bytes) {
    return version_id(store_->put("bucket", key, bytes).value().info);
  }
  std::string get(const std::string& key, const std::string& version) {
    const auto reader = store_->open_reader("bucket", key, {.version = version});
    return reader ? (*reader)->read_all().value() : reader.error().message.substr(0, reader.error().message.find(':'));
  }
  /// Each version as "key bytes", or "key marker"; the current one with a star.
  std::vector<std::string> shown(VersionListOptions options = {}) {
    std::vector<std::string> lines;
    const auto listing = store_->list_versions("bucket", options).value();
    for (const auto& [info, is_latest, is_marker] : listing.versions) {
      auto line = info.key + " " + (is_marker ? "marker" : get(info.key, version_id(info)));
      lines.push_back(line + (is_latest ? " *" : ""));
    }
    return lines;
  }
};

TEST_F(VersionsTest, EveryWriteOfAVersionedBucketIsKept) {
  EXPECT_EQ(put("k", "plain"), "null");
  set_versioning(Versioning::Enabled);
  const auto second = put("k", "second"), third = put("k", "third");
  EXPECT_NE(second, third);
  EXPECT_LT(second, third);  // names sort as versions were written
  EXPECT_EQ(get("k", ""), "third");
  EXPECT_EQ(get("k", second), "second");
  EXPECT_EQ(get("k", "null"), "plain");
  EXPECT_THAT(shown(), ElementsAre("k third *", "k second", "k plain"));
  EXPECT_EQ(store_->list("bucket", {}).value().objects.size(), 1u);
  reopen();
  EXPECT_THAT(shown(), ElementsAre("k third *", "k second", "k plain"));
}

TEST_F(VersionsTest, EveryChangeOfAnObjectHasItsEvent) {
  const EventOrigin origin{"user", "127.0.0.1", "request"};
  auto events = [&, from = std::uint64_t{0}]() mutable {
    std::vector<std::string> lines;
    const auto found = store_->events_after(from, 100).value();
    for (const auto& event : found) {
      lines.push_back(std::to_string(static_cast<int>(event.kind)) + " " + event.key + " " + event.version);
      from = event.sequence;
    }
    return lines;
  };
  const auto line = [](EventKind kind, const std::string& version) {
    return std::to_string(static_cast<int>(kind)) + " k " + version;
  };
  put("k", "plain");
  ASSERT_TRUE(store_->remove("bucket", "k", {.origin = origin}));
  EXPECT_EQ(store_->events_after(0, 100).value().back().origin, origin);
  ASSERT_TRUE(store_->remove("bucket", "k"));  // which was gone
  EXPECT_THAT(events(), ElementsAre(line(EventKind::Put, ""), line(EventKind::Delete, "")));
  set_versioning(Versioning::Enabled);
  const auto first = put("k", "first");
  const auto marker = store_->remove("bucket", "k").value().version;
  ASSERT_TRUE(store_->remove("bucket", "k", {.version = first}));
  ASSERT_TRUE(store_->remove("bucket", "k", {.version = first}));  // which was gone
  ASSERT_TRUE(store_->remove("bucket", "k", {.version = marker}));
  EXPECT_THAT(events(), ElementsAre(line(EventKind::Put, first), line(EventKind::DeleteMarkerCreated, marker),
                                    line(EventKind::Delete, first), line(EventKind::Delete, marker)));
  const auto second = put("k", "second");
  const auto expired = store_->remove("bucket", "k", {.cause = RemovalCause::LifecycleRule}).value().version;
  ASSERT_TRUE(store_->remove("bucket", "k", {.version = second, .cause = RemovalCause::LifecycleRule}));
  EXPECT_THAT(events(),
              ElementsAre(line(EventKind::Put, second), line(EventKind::ExpirationDeleteMarkerCreated, expired),
                          line(EventKind::ExpirationDelete, second)));
  set_versioning(Versioning::Suspended);
  put("k", "null");
  ASSERT_TRUE(store_->remove("bucket", "k"));
  EXPECT_THAT(events(), ElementsAre(line(EventKind::Put, "null"), line(EventKind::DeleteMarkerCreated, "null")));
  ASSERT_TRUE(store_->configure_bucket("bucket", origin, [](BucketInfo&) -> base::Status { return {}; }));
  const auto configured = store_->events_after(0, 100).value().back();
  EXPECT_EQ(configured.kind, EventKind::Configured);
  EXPECT_EQ(configured.bucket, "bucket");
}

TEST_F(VersionsTest, DeletingHidesAndDeletingTheMarkerShowsAgain) {
  set_versioning(Versioning::Enabled);
  const auto first = put("k", "first");
  const auto removed = store_->remove("bucket", "k").value();
  EXPECT_TRUE(removed.existed);
  EXPECT_TRUE(removed.is_delete_marker);
  EXPECT_EQ(get("k", ""), "no such object");
  EXPECT_EQ(get("k", removed.version), "the version is a delete marker");
  EXPECT_EQ(get("k", first), "first");
  EXPECT_TRUE(store_->find_latest("bucket", "k").value()->is_delete_marker);
  EXPECT_THAT(shown(), ElementsAre("k marker *", "k first"));

  const auto again = store_->remove("bucket", "k").value();  // a second marker over the first
  EXPECT_FALSE(again.existed);
  EXPECT_TRUE(store_->remove("bucket", "k", {.version = again.version}).value().is_delete_marker);
  EXPECT_EQ(get("k", ""), "no such object");
  EXPECT_TRUE(store_->remove("bucket", "k", {.version = removed.version}).value().is_delete_marker);
  EXPECT_EQ(get("k", ""), "first");
}

TEST_F(VersionsTest, RemovingTheCurrentVersionShowsTheOneBefore) {
  set_versioning(Versioning::Enabled);
  const auto first = put("k", "first"), second = put("k", "second");
  EXPECT_TRUE(store_->remove("bucket", "k", {.version = second}).value().existed);
  EXPECT_EQ(get("k", ""), "first");
  EXPECT_FALSE(store_->remove("bucket", "k", {.version = second}).value().existed);
  EXPECT_TRUE(store_->remove("bucket", "k", {.version = first}).value().existed);
  EXPECT_EQ(get("k", ""), "no such object");
  EXPECT_TRUE(shown().empty());
  EXPECT_TRUE(store_->remove_bucket("bucket"));
}

TEST_F(VersionsTest, SuspendedWritesReplaceOnlyTheNullVersion) {
  set_versioning(Versioning::Enabled);
  put("k", "kept");
  set_versioning(Versioning::Suspended);
  EXPECT_EQ(put("k", "null one"), "null");
  EXPECT_EQ(put("k", "null two"), "null");
  EXPECT_THAT(shown(), ElementsAre("k null two *", "k kept"));
  const auto removed = store_->remove("bucket", "k").value();
  EXPECT_EQ(removed.version, "null");
  EXPECT_THAT(shown(), ElementsAre("k marker *", "k kept"));
  EXPECT_EQ(put("k", "null three"), "null");
  EXPECT_THAT(shown(), ElementsAre("k null three *", "k kept"));
}

TEST_F(VersionsTest, NamesThatWereNeverGivenOutAreRefused) {
  set_versioning(Versioning::Enabled);
  const auto version = put("k", "v");
  EXPECT_EQ(store_->head("bucket", "k", "nonsense").error().kind, ErrorKind::InvalidValue);
  auto forged = version;
  forged[15] = forged[15] == '0' ? '1' : '0';
  EXPECT_EQ(store_->head("bucket", "k", forged).error().kind, ErrorKind::InvalidValue);
  ASSERT_TRUE(store_->remove("bucket", "k", {.version = version}));
  EXPECT_EQ(store_->head("bucket", "k", version).error().message.substr(0, 15), "no such version");
}

TEST_F(VersionsTest, PagesOfVersionsMeetAtTheirMarkers) {
  set_versioning(Versioning::Enabled);
  for (const auto* key : {"a", "b/1", "b/2", "c"})
    for (const auto* bytes : {"1", "2", "3"}) put(key, bytes);
  ASSERT_TRUE(store_->remove("bucket", "a"));
  const auto all = shown();
  for (int page = 1; page <= 14; ++page) {
    std::vector<std::string> lines;
    VersionListOptions options{.max_keys = page};
    for (bool more = true; more;) {
      const auto listing = store_->list_versions("bucket", options).value();
      const auto part = shown(options);
      EXPECT_LE(part.size(), static_cast<std::size_t>(page));
      lines.insert(lines.end(), part.begin(), part.end());
      options.key_marker = listing.next_key;
      options.version_marker = listing.next_version;
      more = listing.truncated;
    }
    EXPECT_EQ(lines, all) << "pages of " << page;
  }
  const auto rolled = store_->list_versions("bucket", {.delimiter = "/", .max_keys = 5}).value();
  EXPECT_EQ(rolled.versions.size(), 4u);  // of a
  EXPECT_THAT(rolled.common_prefixes, ElementsAre("b/"));
  EXPECT_TRUE(rolled.truncated);
  const auto rest = store_->list_versions("bucket", {.delimiter = "/", .key_marker = rolled.next_key}).value();
  EXPECT_EQ(rest.versions.size(), 3u);  // of c
  EXPECT_TRUE(rest.common_prefixes.empty());
}

TEST_F(VersionsTest, ALockedVersionStaysUntilItsTime) {
  set_versioning(Versioning::Enabled);
  const auto until = clock_.now() + std::chrono::hours{1};
  struct Case {
    ObjectLock lock;
    bool bypass;
    bool goes;
  };
  for (const auto& c : {Case{{Retention{RetentionMode::Governance, until}, false}, false, false},
                        Case{{Retention{RetentionMode::Governance, until}, false}, true, true},
                        Case{{Retention{RetentionMode::Compliance, until}, false}, true, false},
                        Case{{Retention{RetentionMode::Compliance, clock_.now()}, false}, false, true},
                        Case{{std::nullopt, true}, true, false}, Case{{std::nullopt, false}, false, true}}) {
    const auto version = put("k", "v");
    ASSERT_TRUE(store_->update_object("bucket", "k", version, [&](ObjectDetails& details) -> base::Status {
      details.lock = c.lock;
      return {};
    }));
    const auto removed = store_->remove("bucket", "k", {.version = version, .bypass_governance = c.bypass});
    EXPECT_EQ(removed.has_value(), c.goes);
    if (!c.goes) EXPECT_EQ(removed.error().kind, ErrorKind::Denied);
    EXPECT_TRUE(store_->remove("bucket", "k")) << "a marker is always allowed";
  }
}

/// What a store without versions wrote, byte for byte: its index holds records of format 1.
TEST_F(VersionsTest, ReadsTheStoreOfAnOlderProgram) {
  const auto text = [](std::string_view value) {
    return std::string(1, static_cast<char>(value.size())) + std::string(value);
  };
  const std::string etag = to_hex(md5("old words"));
  put("k", "old words");
  store_.reset();
  {
    const auto index = Index::open({.directory = folder_.path() + "/objects/index"}, disk_).value();
    const auto record = decode_object(index->get(index_key::object("bucket", "k")).value().value()).value();
    const auto& extent = record.contents.front().extents.front();
    const auto old =
        std::string("\x01", 1) + text("bucket") + text("k") + std::string("\x09", 1) + text(etag) +
        std::string("\x05\x01", 2) +                                          // modified at 5 ns, sequence 1
        text("text/old") + std::string("\x00", 1) + std::string("\x01", 1) +  // no headers, one metadata pair
        text("origin") + text("archive") + std::string("\x00\x00\x01", 3) +   // no checksum, no parts, one extent
        std::string(1, static_cast<char>(extent.file.value)) + std::string(1, static_cast<char>(extent.offset)) +
        std::string(1, static_cast<char>(extent.length));
    const auto event = std::string("\x02\x01\x02", 3) + text("bucket") + text("k") + std::string("\x09", 1) +
                       text(etag) +
                       std::string("\x05", 1);  // format 2: sequence 1, completed from parts, 9 bytes, at 5 ns
    ASSERT_TRUE(index->write({{index_key::object("bucket", "k"), old},
                              {index_key::event(1), event},
                              {index_key::bucket("bucket"), encode_number(7)}}));
  }
  ASSERT_TRUE(disk_.replace_all(folder_.path() + "/objects/FORMAT", "freshet objects 1\n"));
  reopen();
  EXPECT_EQ(store_->find_bucket("bucket").value().created.ns, 7);
  EXPECT_EQ(store_->events_after(0, 1).value().at(0),
            (ObjectEvent{1, EventKind::CompleteMultipartUpload, "bucket", "k", 9, etag, base::Instant{5}}));
  const auto details = store_->head("bucket", "k").value();
  EXPECT_EQ(details.info.etag, etag);
  EXPECT_EQ(details.info.last_modified.ns, 5);
  EXPECT_EQ(details.attributes.metadata, (NameValues{{"origin", "archive"}}));
  EXPECT_TRUE(details.info.is_null_version);
  EXPECT_EQ(get("k", ""), "old words");
  set_versioning(Versioning::Enabled);
  put("k", "new words");
  EXPECT_EQ(get("k", "null"), "old words");
  EXPECT_EQ(disk_.read_all(folder_.path() + "/objects/FORMAT").value(), "freshet objects 3\n");
}

TEST_F(VersionsTest, ConditionsOfRemovals) {
  const auto info = store_->put("bucket", "k", "12345").value().info;
  const auto refused = [&](RemoveOptions options) {
    const auto removed = store_->remove("bucket", "k", std::move(options));
    return !removed && removed.error().kind == ErrorKind::Conflict;
  };
  EXPECT_TRUE(refused({.if_match = "other"}));
  EXPECT_TRUE(refused({.if_size = 4}));
  EXPECT_TRUE(refused({.if_last_modified = info.last_modified + std::chrono::seconds{1}}));
  EXPECT_TRUE(
      store_->remove("bucket", "k", {.if_match = info.etag, .if_last_modified = info.last_modified, .if_size = 5})
          .value()
          .existed);
}

TEST_F(VersionsTest, ManyRemovalsHaveEachTheirOutcome) {
  put("a", "1");
  put("b", "2");
  const std::vector<RemoveRequest> requests{{"a", {}}, {"b", {.if_match = "other"}}, {"missing", {}}};
  const auto outcomes = store_->remove_many("bucket", requests).value();
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_TRUE(outcomes[0].value().existed);
  EXPECT_EQ(outcomes[1].error().kind, ErrorKind::Conflict);
  EXPECT_FALSE(outcomes[2].value().existed);
  EXPECT_EQ(get("b", ""), "2");
}

}  // namespace
}  // namespace store
