#include <array>

#include "server/nifi/api_test.h"
#include "server/nifi/dates.h"
#include "server/nifi/event_search.h"

namespace server::nifi {
namespace {

TEST(EventSearchTest, WildcardsMatchTheWholeTextWhateverItsCase) {
  struct Case {
    std::string_view pattern, text;
    bool expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"orders.csv", "orders.csv", true},
           {"orders.csv", "ORDERS.csv", true},
           {"orders", "orders.csv", false},
           {"orders*", "orders.csv", true},
           {"*.csv", "orders.csv", true},
           {"*d*s*", "orders.csv", true},
           {"*x*", "orders.csv", false},
           {"*a*ab", "aaab", true},
           {"order?.csv", "orders.csv", true},
           {"order?.csv", "order.csv", false},
           {"a\\*b", "a*b", true},
           {"a\\*b", "axb", false},
           {"*", "", true},
           {"", "", true},
           {"?", "", false},
           {"", "a", false},
       }))
    EXPECT_EQ(matches_wildcards(c.pattern, c.text), c.expected) << c.pattern << " " << c.text;
}

TEST(DatesTest, AreReadAsTheyAreWritten) {
  const base::Instant at{1'796'005'507'250'000'000};
  EXPECT_EQ(timestamp_text(at), "11/30/2026 02:25:07.250 UTC");
  EXPECT_EQ(date_time_text(at), "11/30/2026 02:25:07 UTC");
  EXPECT_EQ(parse_date(timestamp_text(at)).value().ns, at.ns);
  EXPECT_EQ(parse_date("11/30/2026 02:25:07 GMT").value().ns, at.ns - 250'000'000);
  for (const auto* wrong : {"", "2026-11-30", "11/30/2026", "11/30/2026 02:25:07 CET", "11/30/2026 02:25:07.2 UTC"})
    EXPECT_FALSE(parse_date(wrong)) << wrong;
}

/// GenerateFlowFile, UpdateAttribute, and a queue that nobody empties.
class ProvenanceTest : public ApiTest {
 protected:
  ProvenanceTest() {
    group_ = make_group("group");
    make_ = make_processor(group_, "GenerateFlowFile",
                           {{"schedulingPeriod", "1 hour"}, {"properties", json::object{{"Custom Text", "hello"}}}});
    const auto made = ok("POST", "process-groups/" + group_ + "/processors",
                         entity({{"type", "org.apache.nifi.processors.attributes.UpdateAttribute"},
                                 {"config", json::object{{"properties", json::object{{"kind", "best"}}}}}}));
    tag_ = text_at(made, "id");
    const auto end = text_at(ok("POST", "process-groups/" + group_ + "/funnels", entity(json::object{})), "id");
    connect(group_, make_, tag_);
    connect(group_, tag_, end);
    ok("PUT", "flow/process-groups/" + group_, json::object{{"id", group_}, {"state", "RUNNING"}});
    EXPECT_TRUE(flow_->run_until_idle());
  }
  /// Oldest first.
  std::vector<json::object> search(json::object request) {
    const auto entity =
        ok("POST", "provenance", json::object{{"provenance", json::object{{"request", std::move(request)}}}});
    const auto& found = entity.at("provenance").as_object();
    EXPECT_TRUE(flag_at(found, "finished"));
    const auto& events = found.at("results").at("provenanceEvents").as_array();
    EXPECT_EQ(found.at("results").at("totalCount").to_number<std::size_t>(), events.size());
    std::vector<json::object> list;
    for (auto at = events.rbegin(); at != events.rend(); ++at) list.push_back(at->as_object());
    return list;
  }
  static json::object term(std::string_view field, std::string_view value, bool inverse = false) {
    return {{"searchTerms", json::object{{field, json::object{{"value", value}, {"inverse", inverse}}}}}};
  }
  static std::vector<std::string> types(const std::vector<json::object>& events) {
    std::vector<std::string> list;
    for (const auto& event : events) list.push_back(text_at(event, "eventType"));
    return list;
  }

  std::string group_, make_, tag_;
};

using Types = std::vector<std::string>;

TEST_F(ProvenanceTest, EventsAreFoundByTerms) {
  const auto all = search({});
  ASSERT_EQ(types(all), (Types{"CREATE", "ATTRIBUTES_MODIFIED"}));
  const auto uuid = text_at(all[0], "flowFileUuid");
  struct Case {
    json::object request;
    Types expected;
  };
  for (const auto& c : std::vector<Case>{
           {term("EventType", "create"), {"CREATE"}},
           {term("EventType", "CREATE", true), {"ATTRIBUTES_MODIFIED"}},
           {term("EventType", "*_MODIFIED"), {"ATTRIBUTES_MODIFIED"}},
           {term("ProcessorID", make_), {"CREATE"}},
           {term("FlowFileUUID", uuid), {"CREATE", "ATTRIBUTES_MODIFIED"}},
           {term("FlowFileUUID", "00000000-0000-4000-a000-000000000000"), {}},
           {term("kind", "b*"), {"ATTRIBUTES_MODIFIED"}},
           {term("kind", "best", true), {"CREATE"}},
           {{{"searchTerms", json::object{{"EventType", "CREATE"}}}}, {"CREATE"}},
           {{{"maxResults", 1}}, {"ATTRIBUTES_MODIFIED"}},
           {{{"minimumFileSize", "5 B"}, {"maximumFileSize", "1 KB"}}, {"CREATE", "ATTRIBUTES_MODIFIED"}},
           {{{"minimumFileSize", "6 B"}}, {}},
           {{{"startDate", "01/01/2200 00:00:00 UTC"}}, {}},
           {{{"endDate", "01/01/1969 00:00:00 UTC"}}, {}},
       })
    EXPECT_EQ(types(search(c.request)), c.expected) << json::serialize(c.request);
  for (const auto& request : std::vector<json::object>{term("EventType", "WALK"),
                                                       {{"startDate", "yesterday"}},
                                                       {{"minimumFileSize", "much"}},
                                                       {{"maxResults", 0}}}) {
    const auto answer = call("POST", "provenance", json::object{{"provenance", json::object{{"request", request}}}});
    EXPECT_EQ(answer.status, 400) << answer.body;
  }
  // A search is there until it is deleted.
  const auto found = ok("POST", "provenance", json::object{{"provenance", json::object{{"request", json::object()}}}});
  const auto path = "provenance/" + text_at(found.at("provenance").as_object(), "id");
  EXPECT_EQ(ok("GET", path), found);
  EXPECT_EQ(call("DELETE", path).body, "{}");
  EXPECT_EQ(call("GET", path).status, 404);
  EXPECT_GE(ok("GET", "provenance/search-options").at("provenanceOptions").at("searchableFields").as_array().size(),
            6u);
}

TEST_F(ProvenanceTest, AnEventHasAttributesAndContents) {
  const auto id = text_at(search(term("EventType", "ATTRIBUTES_MODIFIED"))[0], "id");
  const auto event = ok("GET", "provenance-events/" + id).at("provenanceEvent").as_object();
  EXPECT_EQ(text_at(event, "componentId"), tag_);
  EXPECT_EQ(text_at(event, "componentType"), "UpdateAttribute");
  EXPECT_EQ(text_at(event, "groupId"), group_);
  EXPECT_EQ(text_at(event, "fileSize"), "5 bytes");
  EXPECT_TRUE(flag_at(event, "replayAvailable"));
  EXPECT_TRUE(flag_at(event, "contentEqual"));
  EXPECT_TRUE(parse_date(text_at(event, "eventTime")));
  std::map<std::string, std::pair<json::value, json::value>> attributes;  // with the previous value
  for (const auto& attribute : event.at("attributes").as_array())
    attributes[text_at(attribute.as_object(), "name")] = {attribute.at("value"), attribute.at("previousValue")};
  EXPECT_EQ(attributes["kind"], (std::pair<json::value, json::value>{"best", nullptr}));
  EXPECT_EQ(attributes["filename"].first, attributes["filename"].second);
  for (const auto* side : {"input", "output"}) {
    const auto answer = call("GET", "provenance-events/" + id + "/content/" + side);
    ASSERT_TRUE(answer.content) << answer.body;
    EXPECT_EQ(answer.content->length, 5u);
    EXPECT_EQ(answer.file_name, std::string(attributes["filename"].first.as_string()));
  }
  const auto created = text_at(search(term("EventType", "CREATE"))[0], "id");
  EXPECT_EQ(call("GET", "provenance-events/" + created + "/content/input").status, 404);
  EXPECT_FALSE(flag_at(ok("GET", "provenance-events/" + created).at("provenanceEvent").as_object(), "replayAvailable"));
  EXPECT_EQ(call("GET", "provenance-events/4711").status, 404);
  EXPECT_EQ(call("GET", "provenance-events/first").status, 400);
}

TEST_F(ProvenanceTest, AFlowFileComesOnceMore) {
  const auto before = search(term("EventType", "ATTRIBUTES_MODIFIED"))[0];
  const auto id = before.at("eventId");
  for (const auto* path : {"provenance-events/replays", "provenance/replays"}) {
    const auto answer = call("POST", path, json::object{{"eventId", id}});
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto told = json::parse(answer.body).at("provenanceEvent");
    EXPECT_EQ(text_at(told.as_object(), "eventType"), "REPLAY");
    EXPECT_EQ(told.at("parentUuids"), json::array{before.at("flowFileUuid")});
  }
  const auto latest =
      ok("POST", "provenance-events/latest/replays", json::object{{"componentId", tag_}, {"nodes", "ALL"}});
  EXPECT_EQ(latest.at("aggregateSnapshot").at("eventsReplayed").as_array().size(), 1u);
  ASSERT_TRUE(flow_->run_until_idle());
  EXPECT_EQ(search(term("EventType", "ATTRIBUTES_MODIFIED")).size(), 4u);
  EXPECT_EQ(ok("GET", "provenance-events/latest/" + tag_ + "?limit=2")
                .at("latestProvenanceEvents")
                .at("provenanceEvents")
                .as_array()
                .size(),
            2u);
  const auto created = search(term("EventType", "CREATE"))[0].at("eventId");
  EXPECT_EQ(call("POST", "provenance-events/replays", json::object{{"eventId", created}}).status, 409);
  EXPECT_EQ(call("POST", "provenance-events/replays", json::object()).status, 400);
  EXPECT_EQ(call("POST", "provenance-events/replays", json::object{{"eventId", 4711}}).status, 404);
  EXPECT_EQ(
      call("POST", "provenance-events/latest/replays", json::object{{"componentId", tag_}, {"nodes", "SOME"}}).status,
      400);
}

TEST_F(ProvenanceTest, LineageIsAGraph) {
  const auto event = search(term("EventType", "ATTRIBUTES_MODIFIED"))[0];
  const auto first = text_at(event, "flowFileUuid");
  ok("POST", "provenance-events/replays", json::object{{"eventId", event.at("eventId")}});
  ASSERT_TRUE(flow_->run_until_idle());
  const auto ask = [&](json::object request) {
    return ok("POST", "provenance/lineage", json::object{{"lineage", json::object{{"request", std::move(request)}}}});
  };
  const auto entity = ask({{"lineageRequestType", "FLOWFILE"}, {"uuid", first}});
  const auto& results = entity.at("lineage").at("results");
  std::map<std::string, std::string> names;  // by node
  std::string second;
  for (const auto& node : results.at("nodes").as_array()) {
    const auto& saved = node.as_object();
    const auto id = text_at(saved, "id"), type = text_at(saved, "type");
    if (type == "FLOWFILE" && id != first) second = id;
    names[id] = type == "EVENT" ? text_at(saved, "eventType") : id == first ? "first" : "second";
  }
  std::multiset<std::string> links;
  for (const auto& link : results.at("links").as_array())
    links.insert(names.at(text_at(link.as_object(), "sourceId")) + " > " +
                 names.at(text_at(link.as_object(), "targetId")));
  EXPECT_EQ(links,
            (std::multiset<std::string>{"CREATE > first", "first > ATTRIBUTES_MODIFIED", "ATTRIBUTES_MODIFIED > REPLAY",
                                        "REPLAY > second", "second > ATTRIBUTES_MODIFIED"}));
  const auto path = "provenance/lineage/" + text_at(entity.at("lineage").as_object(), "id");
  EXPECT_EQ(ok("GET", path), entity);
  ok("DELETE", path);
  EXPECT_EQ(call("GET", path).status, 404);
  // Only what happened to the children.
  const auto replay = search(term("EventType", "REPLAY"))[0];
  const auto children = ask({{"lineageRequestType", "CHILDREN"}, {"eventId", replay.at("id")}});
  EXPECT_EQ(children.at("lineage").at("results").at("nodes").as_array().size(), 3u);
  const auto refused = [&](json::object request) {
    return call("POST", "provenance/lineage", json::object{{"lineage", json::object{{"request", std::move(request)}}}})
        .status;
  };
  EXPECT_EQ(refused({{"lineageRequestType", "PARENTS"}, {"eventId", event.at("eventId")}}), 400);
  EXPECT_EQ(refused({{"lineageRequestType", "FLOWFILE"}}), 400);
  EXPECT_EQ(refused({{"lineageRequestType", "COUSINS"}, {"uuid", first}}), 400);
}

TEST_F(ApiTest, CountersAreAddedUpByTypeAndResetToZero) {
  const auto group = make_group("group");
  const auto service = [&](std::string_view type) {
    return text_at(ok("POST", "process-groups/" + group + "/controller-services", entity({{"type", type}})), "id");
  };
  const auto reader = service("org.apache.nifi.csv.CSVReader");
  const auto writer = service("org.apache.nifi.json.JsonRecordSetWriter");
  ok("PUT", "flow/process-groups/" + group + "/controller-services", json::object{{"id", group}, {"state", "ENABLED"}});
  std::vector<std::string> converts;
  for (const auto* text : {"id\n1\n2\n", "id\n3\n"}) {
    const auto make =
        make_processor(group, "GenerateFlowFile",
                       {{"schedulingPeriod", "1 hour"}, {"properties", json::object{{"Custom Text", text}}}});
    converts.push_back(
        make_processor(group, "ConvertRecord",
                       {{"properties", json::object{{"Record Reader", reader}, {"Record Writer", writer}}},
                        {"autoTerminatedRelationships", json::array{"success", "failure"}}}));
    EXPECT_EQ(connect(group, make, converts.back()).status, 201);
  }
  ok("PUT", "flow/process-groups/" + group, json::object{{"id", group}, {"state", "RUNNING"}});
  ASSERT_TRUE(flow_->run_until_idle());
  std::map<std::string, std::string> ids;  // by context
  const auto values = [&] {
    std::map<std::string, std::int64_t> found;
    const auto answer = ok("GET", "counters");
    for (const auto& counter : answer.at("counters").at("aggregateSnapshot").at("counters").as_array()) {
      EXPECT_EQ(text_at(counter.as_object(), "name"), "Records Processed");
      const auto context = text_at(counter.as_object(), "context");
      found[context] = counter.at("valueCount").as_int64();
      ids[context] = text_at(counter.as_object(), "id");
    }
    return found;
  };
  const auto first = "ConvertRecord (" + converts[0] + ")", second = "ConvertRecord (" + converts[1] + ")";
  using Values = std::map<std::string, std::int64_t>;
  EXPECT_EQ(values(), (Values{{first, 2}, {second, 1}, {"All ConvertRecord's", 3}}));
  EXPECT_EQ(ok("PUT", "counters/" + ids.at(second)).at("counter").at("valueCount"), 0);
  EXPECT_EQ(values()[first], 2);
  EXPECT_EQ(values()[second], 0);
  ok("PUT", "counters/" + ids.at("All ConvertRecord's"));
  EXPECT_EQ(values()[first], 0);
  ok("PUT", "counters");
  EXPECT_EQ(call("PUT", "counters/unknown").status, 404);
}

}  // namespace
}  // namespace server::nifi
