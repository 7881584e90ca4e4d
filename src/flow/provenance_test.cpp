#include <gtest/gtest.h>

#include "flow/flow_test.h"

namespace flow {
namespace {

const std::string kUpdate = "org.apache.nifi.processors.attributes.UpdateAttribute";
const std::string kPut = "org.apache.nifi.processors.aws.s3.PutS3Object";

class ProvenanceTest : public FlowTest {
 protected:
  std::vector<Event> all(EventQuery query = {}) const {
    auto page = flow_->events(query);
    EXPECT_TRUE(page) << page.error().message;
    if (!page) return {};
    std::ranges::reverse(page->events);
    return std::move(page->events);
  }
  /// "put SEND", oldest first.
  Keys names(const std::vector<Event>& events) const {
    Keys names;
    for (const auto& event : events) names.push_back(event.component.name + " " + std::string(name_of(event.type)));
    return names;
  }
  std::string content(const Event& event, ContentSide side) const {
    const auto claim = flow_->event_content(event.id, side);
    return claim ? read_all(*claim).value_or("(unreadable)") : claim.error().message;
  }
};

TEST_F(ProvenanceTest, AFileOnItsWayIntoTheStore) {
  start(list_fetch_put());
  write("a b.csv", "id\n1\n");
  run();
  const auto events = all();
  ASSERT_EQ(names(events), (Keys{"list CREATE", "fetch FETCH", "fetch CONTENT_MODIFIED", "put SEND", "put DROP"}));
  const auto& fetch = events[1];
  EXPECT_EQ(fetch.uri, "file:" + input() + "/a%20b.csv");
  EXPECT_EQ(fetch.component.id, "fetch");
  EXPECT_EQ(fetch.component.type, "FetchFile");
  EXPECT_EQ(fetch.connection, "list-fetch");
  EXPECT_EQ(fetch.input.length, 0u);
  EXPECT_EQ(fetch.size(), 5u);
  EXPECT_EQ(content(fetch, ContentSide::Input), "");
  EXPECT_EQ(content(fetch, ContentSide::Output), "id\n1\n");
  const auto& send = events[3];
  EXPECT_EQ(send.uri, send.after.at("s3.url"));
  EXPECT_FALSE(send.before.contains("s3.url"));
  EXPECT_EQ(events[4].details, "Auto-Terminated by success Relationship");
  for (const auto& event : events) {
    EXPECT_EQ(event.flow_file, send.flow_file);
    EXPECT_EQ(event.filename(), "a b.csv");
    EXPECT_EQ(event.after.at("path"), "./");
    EXPECT_EQ(event.after.at("uuid"), send.flow_file);
    EXPECT_EQ(event.at, clock_.now());
    EXPECT_EQ(event.entered, clock_.now());
  }
}

TEST_F(ProvenanceTest, EventsAreFoundByWhatTheySay) {
  start(list_fetch_put());
  write("a.csv", "12345");
  run();
  const auto first_end = clock_.now();
  write("b.csv", "1", std::chrono::seconds{5});
  run();
  const auto put = all({.types = {EventType::Send}});
  ASSERT_EQ(put.size(), 2u);
  struct Case {
    std::string what;
    EventQuery query;
    std::size_t events;
  };
  for (const auto& c : {
           Case{"all", {}, 10},
           Case{"uuid", {.flow_files = {put[0].flow_file}}, 5},
           Case{"uuids", {.flow_files = {put[0].flow_file, put[1].flow_file}}, 10},
           Case{"no uuid", {.flow_files = {"00000000-0000-0000-0000-000000000000"}}, 0},
           Case{"component", {.component = "fetch"}, 4},
           Case{"types", {.types = {EventType::Fetch, EventType::Drop}}, 4},
           Case{"filename", {.filename = "b.csv"}, 5},
           Case{"uri", {.uri = put[1].uri}, 1},
           Case{"id", {.id = put[0].id}, 1},
           Case{"both", {.component = "put", .types = {EventType::Send}, .filename = "a.csv"}, 1},
           Case{"from", {.from = first_end + std::chrono::nanoseconds{1}}, 5},
           Case{"to", {.to = first_end}, 5},
           Case{"large", {.bytes_min = 5}, 4},
           Case{"small", {.bytes_max = 1}, 6},
           Case{"below", {.below = put[0].id}, put[0].id - 1},
       })
    EXPECT_EQ(all(c.query).size(), c.events) << c.what;
  const auto page = flow_->events({.most = 3});
  ASSERT_TRUE(page && page->more);
  EXPECT_EQ(page->events.front().id, 10u);  // the newest first
  EXPECT_EQ(page->events.back().id, 8u);
  EXPECT_EQ(flow_->event(put[0].id)->uri, put[0].uri);
  EXPECT_EQ(flow_->event(99).error().kind, base::ErrorKind::NotFound);
}

TEST_F(ProvenanceTest, ARestartKeepsThem) {
  start(list_fetch_put());
  write("a.csv", "1");
  run();
  const auto before = all();
  open();
  EXPECT_EQ(names(all()), names(before));
  EXPECT_EQ(content(all().at(2), ContentSide::Output), "1");
  write("b.csv", "2", std::chrono::seconds{5});
  run();
  const auto after = all();
  ASSERT_EQ(after.size(), 10u);
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].id, i + 1);
}

TEST_F(ProvenanceTest, LineageLeadsFromTheObjectToItsFile) {
  start(definition(
      {processor("list", kStandard + "ListFile", R"("Input Directory":"#{in}")", ""),
       processor("fetch", kStandard + "FetchFile", "", R"("failure","not.found","permission.denied")"),
       processor("split", kStandard + "SplitText", R"("Line Split Count":"1")", R"("failure","original")"),
       processor("put", kPut, R"("Bucket":"landing","Object Key":"${fragment.index}")", R"("success","failure")")},
      {connection("list", "fetch"), connection("fetch", "split"), connection("split", "put", "splits")}));
  write("a.csv", "one\ntwo\nthree\n");
  run();
  const auto sent = all({.uri = all({.types = {EventType::Send}}).at(1).uri});
  ASSERT_EQ(sent.size(), 1u);
  const auto lineage = flow_->lineage(sent[0].flow_file);
  ASSERT_TRUE(lineage);
  EXPECT_FALSE(lineage->cut);
  EXPECT_EQ(names(lineage->events), (Keys{"list CREATE", "fetch FETCH", "fetch CONTENT_MODIFIED", "split FORK",
                                          "split DROP", "put SEND", "put DROP"}));
  const auto& fork = lineage->events[3];
  EXPECT_EQ(fork.parents, (Keys{fork.flow_file}));
  EXPECT_EQ(fork.children.size(), 3u);
  // And down: from the file to all that was made of it.
  EXPECT_EQ(flow_->lineage(fork.flow_file)->events.size(), 5u + 3 * 2);
}

TEST_F(ProvenanceTest, WhatTheSessionSees) {
  start(definition(
      {processor("make", kStandard + "GenerateFlowFile", R"("Batch Size":"2","File Size":"3 B")", ""),
       processor("kind", kUpdate, R"("kind":"new")", ""),
       processor("route", kStandard + "RouteOnAttribute", R"("yes":"${kind:equals('new')}")", R"("unmatched")"),
       processor("merge", kStandard + "MergeContent", R"("Minimum Number of Entries":"4")",
                 R"("failure","original","merged")")},
      {connection("make", "kind"), connection("kind", "route"), connection("route", "merge", "yes"),
       R"({"identifier":"second","source":{"id":"route"},"destination":{"id":"merge"},"selectedRelationships":["yes"]})"}));
  run();
  const auto of = [&](const std::string& component) { return names(all({.component = component})); };
  EXPECT_EQ(of("make"), (Keys{"make CREATE", "make CREATE"}));
  EXPECT_EQ(of("kind"), (Keys{"kind ATTRIBUTES_MODIFIED", "kind ATTRIBUTES_MODIFIED"}));
  EXPECT_EQ(of("route"), (Keys{"route ROUTE", "route ROUTE", "route CLONE", "route CLONE"}));
  const auto clone = all({.types = {EventType::Clone}}).at(0);
  ASSERT_EQ(clone.children.size(), 1u);
  EXPECT_NE(clone.children[0], clone.flow_file);
  const auto route = all({.types = {EventType::Route}}).at(0);
  EXPECT_EQ(route.relationship, "yes");
  const auto kind = all({.component = "kind"}).at(0);
  EXPECT_FALSE(kind.before.contains("kind"));
  EXPECT_EQ(kind.after.at("kind"), "new");
  const auto join = all({.types = {EventType::Join}});
  ASSERT_EQ(join.size(), 1u);
  EXPECT_EQ(join[0].parents.size(), 4u);
  EXPECT_EQ(join[0].children, (Keys{join[0].flow_file}));
  EXPECT_EQ(join[0].size(), 12u);
}

TEST_F(ProvenanceTest, ExpiryAndEmptyingAreSeen) {
  start(definition({processor("make", kStandard + "GenerateFlowFile", R"("Batch Size":"2")", ""),
                    processor("log", kStandard + "LogAttribute", "", R"("success")")},
                   {connection("make", "log", "success", R"(,"flowFileExpiration":"1 sec")")}));
  ASSERT_TRUE(flow_->stop("log"));
  run();
  clock_.advance(std::chrono::seconds{1});
  ASSERT_TRUE(flow_->start("log"));
  ASSERT_TRUE(flow_->stop("make"));
  run();
  EXPECT_EQ(names(all({.component = "log"})), (Keys{"log EXPIRE", "log EXPIRE"}));
  ASSERT_TRUE(flow_->stop("log"));
  ASSERT_TRUE(flow_->start("make"));
  clock_.advance(std::chrono::minutes{2});
  run();
  ASSERT_TRUE(flow_->empty_queue("make-log"));
  const auto drop = all({.types = {EventType::Drop}});
  ASSERT_EQ(drop.size(), 2u);
  EXPECT_EQ(drop[0].component.id, "make-log");
  EXPECT_EQ(drop[0].component.type, "Connection");
}

TEST_F(ProvenanceTest, AnEventIsReplayed) {
  start(list_fetch_put());
  write("a.csv", "1");
  run();
  const auto send = all({.types = {EventType::Send}}).at(0);
  objects_->remove("landing", "in/a.csv").value();
  const auto uuid = flow_->replay(send.id);
  ASSERT_TRUE(uuid) << uuid.error().message;
  EXPECT_EQ(flow_->status().connections[1].files, 1u);
  open();  // it is durable
  run();
  EXPECT_EQ(objects_->get("landing", "in/a.csv").value_or("(none)"), "1");
  EXPECT_EQ(names(all({.flow_files = {*uuid}})), (Keys{"put REPLAY", "put SEND", "put DROP"}));
  const auto replay = all({.types = {EventType::Replay}}).at(0);
  EXPECT_EQ(replay.parents, (Keys{send.flow_file}));
  EXPECT_EQ(replay.children, (Keys{*uuid}));
  // From the second object one comes to the file, too.
  EXPECT_EQ(flow_->lineage(*uuid)->events.front().type, EventType::Create);
  EXPECT_EQ(flow_->replay(1).error().kind, base::ErrorKind::Conflict);  // made here, of nothing
  EXPECT_EQ(flow_->replay(99).error().kind, base::ErrorKind::NotFound);
}

TEST_F(ProvenanceTest, OffMeansNoEvents) {
  options_.provenance.reset();
  open();
  start(list_fetch_put());
  write("a.csv", "1");
  run();
  EXPECT_EQ(flow_->events({}).error().kind, base::ErrorKind::Unsupported);
  EXPECT_EQ(flow_->lineage("x").error().kind, base::ErrorKind::Unsupported);
  options_.provenance.emplace();
  open();
  write("b.csv", "1", std::chrono::seconds{5});
  run();
  EXPECT_EQ(all().size(), 5u);
}

TEST_F(ProvenanceTest, TheOldestGoWhenThereAreTooMany) {
  options_.provenance = Provenance::Options{.bytes_max = 60'000, .file_bytes = 20'000};
  options_.archive_bytes = 0;
  open();
  start(list_fetch_put());
  std::uint64_t newest = 0;
  for (int i = 0; i < 400; ++i) {
    write(std::to_string(i), "1", std::chrono::seconds{1000 - i});
    if (i % 10 == 9) run();
  }
  const auto events = all({.most = 10'000});
  ASSERT_FALSE(events.empty());
  newest = events.back().id;
  EXPECT_EQ(newest, 2000u);
  EXPECT_GT(events.front().id, 1u);
  EXPECT_EQ(events.size(), newest - events.front().id + 1);  // none between is missing
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.at("flow/provenance")))
    if (entry.path().extension() == ".events") bytes += entry.file_size();
  EXPECT_LE(bytes, 80'000u);  // and what came together
  // Content that no flowfile has is not kept either.
  open();
  EXPECT_EQ(flow_->event_content(events.back().id, ContentSide::Input).error().kind, base::ErrorKind::NotFound);
  EXPECT_EQ(flow_->replay(events.back().id).error().kind, base::ErrorKind::NotFound);
  // Each is still found over the summaries of its file; those of an earlier version are made again.
  const auto expect_found = [&] {
    for (const auto index : {std::size_t{0}, events.size() / 2, events.size() - 1})
      EXPECT_FALSE(all({.flow_files = {events[index].flow_file}}).empty());
  };
  expect_found();
  std::vector<std::string> summaries;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.at("flow/provenance")))
    if (entry.path().extension() == ".index") summaries.push_back(entry.path());
  ASSERT_FALSE(summaries.empty());
  for (const auto& path : summaries) std::ofstream(path) << "FRESHET EVENT INDEX 1\nof keys that were made otherwise";
  open();
  expect_found();
  for (const auto& path : summaries) {
    std::string version;
    std::getline(std::ifstream(path), version);
    EXPECT_EQ(version, "FRESHET EVENT INDEX 2");
  }
}

}  // namespace
}  // namespace flow
