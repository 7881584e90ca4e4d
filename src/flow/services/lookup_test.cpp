// Lookups in databases and by HTTP, as LookupRecord makes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "flow/processors/database_test.h"
#include "flow/services/lookup_cache.h"
#include "flow/web/test_server.h"
#include "http/test_certificate.h"

namespace flow {
namespace {

using ::testing::HasSubstr;
using web::TestServer;
using Seen = TestServer::Seen;

/// LookupRecord over JSON, with matched and unmatched apart.
struct Lookup {
  std::vector<ServiceDefinition> services;
  PropertyValues properties = {{"key", "/k"}, {"Result RecordPath", "/found"}};

  std::unique_ptr<ProcessorRun> run(std::vector<Given> given) const {
    auto all = services;
    all.push_back(service("in", "JsonTreeReader"));
    all.push_back(service("out", "JsonRecordSetWriter"));
    auto with = properties;
    with.insert({{"Lookup Service", "l"}, {"Routing Strategy", "route-to-matched-unmatched"}});
    auto made =
        std::make_unique<ProcessorRun>("LookupRecord", records(std::move(with)),
                                       ProcessorRun::Options{.given = std::move(given),
                                                             .relationships = {"matched", "unmatched", "failure"},
                                                             .services = std::move(all)});
    EXPECT_EQ(made->problems(), Texts{});
    made->until_idle();
    return made;
  }
  /// What came of one content: "matched: ..." and so on.
  std::string of(std::string content, Attributes attributes = {}) const {
    const auto made = run({{std::move(content), std::move(attributes)}});
    std::string text;
    for (const auto* relationship : {"matched", "unmatched", "failure"})
      for (const auto& came : made->contents(relationship))
        text += (text.empty() ? "" : "; ") + std::string(relationship) + ": " + came;
    for (const auto& error : made->errors()) text += "; " + error;
    return text;
  }
};

// --- The cache.

TEST(LookupCacheTest, KeepsWhatWasAskedForLast) {
  const auto found = [](std::int64_t n) { return LookupCache::Found{record::Value::of(record::Kind::Long, n)}; };
  LookupCache cache(2);
  cache.put("a", found(1));
  cache.put("b", found(2));
  EXPECT_EQ(cache.get("a")->value->whole, 1);
  cache.put("c", found(3));
  EXPECT_FALSE(cache.get("b"));
  EXPECT_EQ(cache.get("a")->value->whole, 1);
  cache.put("a", found(4));
  EXPECT_EQ(cache.get("a")->value->whole, 4);
  EXPECT_EQ(cache.get("c")->value->whole, 3);
  cache.put("none", {});
  EXPECT_TRUE(cache.get("none"));
  EXPECT_FALSE(cache.get("none")->value);
  LookupCache nothing(0);
  nothing.put("a", found(1));
  EXPECT_FALSE(nothing.get("a"));
}

TEST(LookupCacheTest, EntriesEnd) {
  SetWallClock clock;
  LookupCache cache(2, std::chrono::seconds{10}, &clock);
  cache.put("a", {});
  clock.advance(std::chrono::seconds{9});
  EXPECT_TRUE(cache.get("a"));
  clock.advance(std::chrono::seconds{1});  // since it was put, not since it was asked for
  EXPECT_FALSE(cache.get("a"));
}

TEST(LookupCacheTest, OtherCoordinatesHaveOtherKeys) {
  const auto key = [](std::map<std::string, std::string> texts) {
    LookupService::Coordinates coordinates;
    for (const auto& [name, text] : texts)
      coordinates.emplace(name, record::Value::of(record::Kind::String, std::string_view(text)));
    return cache_key(coordinates);
  };
  EXPECT_EQ(key({{"a", "1"}, {"b", "2"}}), key({{"b", "2"}, {"a", "1"}}));
  EXPECT_NE(key({{"a", "11:b1:2"}}), key({{"a", "1"}, {"b", "2"}}));
  EXPECT_NE(key({{"a", "1"}}), key({{"a", "1"}, {"", ""}}));
}

// --- Databases.

const std::vector<std::string> kCountries = {
    "CREATE TABLE countries(code TEXT, name TEXT, people INTEGER, area DECIMAL, \"first name\" TEXT)",
    "INSERT INTO countries VALUES ('de', 'Germany', 83, 357.58, NULL), ('fr', 'France', 68, 543.94, 'Gaul'), "
    "('fr', 'again', 0, 0, NULL), ('xx', NULL, NULL, NULL, NULL)",
    "CREATE TABLE others(code TEXT, name TEXT)", "INSERT INTO others VALUES ('de', 'another')"};

Lookup in_database(const TestDatabase& database, const std::string& type, PropertyValues properties) {
  properties.try_emplace("Table Name", "countries");
  properties.try_emplace("Lookup Key Column", "code");
  return {.services = {database.service(), service("l", type, database.pool(std::move(properties)))}};
}

TEST(DatabaseLookupTest, ARowIsARecord) {
  TestDatabase database(kCountries);
  const auto whole = in_database(database, "DatabaseRecordLookupService", {});
  EXPECT_EQ(
      whole.of(R"([{"k":"fr"}])"),
      R"(matched: [{"k":"fr","found":{"code":"fr","name":"France","people":68,"area":543.94,"first name":"Gaul"}}])");
  EXPECT_EQ(whole.of(R"([{"k":"no"},{"k":" "},{"k":null}])"), R"(unmatched: [{"k":"no"},{"k":" "},{"k":null}])");
  const auto some =
      in_database(database, "DatabaseRecordLookupService", {{"Lookup Value Columns", " people,${also},people,, "}});
  EXPECT_EQ(some.of(R"([{"k":"de"}])", {{"also", "name"}}),
            R"(matched: [{"k":"de","found":{"people":83,"name":"Germany"}}])");
  auto fields = some;
  fields.properties["Result RecordPath"] = "/";
  fields.properties["Record Result Contents"] = "record-fields";
  EXPECT_EQ(fields.of(R"([{"k":"de"}])", {{"also", "name"}}), R"(matched: [{"k":"de","people":83,"name":"Germany"}])");
}

TEST(DatabaseLookupTest, AColumnIsAText) {
  TestDatabase database(kCountries);
  const auto named = [&](const char* column) {
    return in_database(database, "SimpleDatabaseLookupService", {{"Lookup Value Column", column}});
  };
  EXPECT_EQ(named("name").of(R"([{"k":"fr"},{"k":"xx"},{"k":"no"}])"),
            R"(matched: [{"k":"fr","found":"France"}]; unmatched: [{"k":"xx","found":null},{"k":"no","found":null}])");
  EXPECT_EQ(named("people").of(R"([{"k":"fr"}])"), R"(matched: [{"k":"fr","found":"68"}])");
}

TEST(DatabaseLookupTest, KeysAreOfTheirTypes) {
  TestDatabase database({"CREATE TABLE t(i INTEGER, any, s TEXT)", "INSERT INTO t VALUES (1, 2, 'x')"});
  for (const auto& [column, key] : {std::pair{"i", "1"}, {"i", "\"1\""}, {"\"any\"", "2"}, {"s", "\"x\""}}) {
    const auto lookup = in_database(database, "SimpleDatabaseLookupService",
                                    {{"Table Name", "t"}, {"Lookup Key Column", column}, {"Lookup Value Column", "s"}});
    EXPECT_EQ(lookup.of(fmt::format(R"([{{"k":{}}}])", key)), fmt::format(R"(matched: [{{"k":{},"found":"x"}}])", key));
  }
}

TEST(DatabaseLookupTest, DecimalsHaveTheDigitsThatAreSaid) {
  TestDatabase database(kCountries);
  auto lookup = in_database(
      database, "DatabaseRecordLookupService",
      {{"Lookup Value Columns", "area"}, {"Default Decimal Precision", "12"}, {"Default Decimal Scale", "${digits}"}});
  lookup.services.push_back(service("avro", "AvroRecordSetWriter"));
  lookup.properties["Record Writer"] = "avro";
  const auto run = lookup.run({{R"([{"k":"de"}])", {{"digits", "3"}}}});
  EXPECT_THAT(run->only("matched").content, HasSubstr(R"("precision":12,"scale":3)"));
  EXPECT_THAT(lookup.of(R"([{"k":"de"}])", {{"digits", "x"}}),
              HasSubstr("property 'Default Decimal Scale': 'x' is no number of digits"));
}

TEST(DatabaseLookupTest, WhatIsWrongIsTold) {
  TestDatabase database(kCountries);
  const auto lookup = in_database(database, "SimpleDatabaseLookupService",
                                  {{"Table Name", "${table}"}, {"Lookup Value Column", "name"}});
  EXPECT_EQ(lookup.of(R"([{"k":"de"}])", {{"table", "others"}}), R"(matched: [{"k":"de","found":"another"}])");
  EXPECT_EQ(lookup.of(R"([{"k":"de"}])", {{"table", "nowhere"}}),
            R"(failure: [{"k":"de"}]; LookupRecord 'subject': lookup of key 'de': SELECT name FROM nowhere WHERE )"
            "code = ? for the value 'de': no such table: nowhere");
}

TEST(DatabaseLookupTest, RowsMayBeKept) {
  const std::string old_row = R"([{"k":"de","found":"Germany"}])", new_row = R"([{"k":"de","found":"new"}])";
  for (const std::string type : {"DatabaseRecordLookupService", "SimpleDatabaseLookupService"}) {
    const bool whole = type == "DatabaseRecordLookupService";
    const auto after_change = [&](PropertyValues properties, std::chrono::seconds later) {
      TestDatabase database(kCountries);
      properties.insert({whole ? "Lookup Value Columns" : "Lookup Value Column", "name"});
      auto lookup = in_database(database, type, std::move(properties));
      if (whole) lookup.properties.insert({"Record Result Contents", "record-fields"});
      const auto run = lookup.run({{R"([{"k":"de"}])"}, {.content = R"([{"k":"de"}])", .arrives = later}});
      database.run("UPDATE countries SET name = 'new' WHERE code = 'de'");
      run->advance(later);
      run->until_idle();
      auto came = run->contents("matched").at(1);
      if (const auto at = came.find(R"({"name":)"); at != std::string::npos)
        came =
            came.substr(0, at) + came.substr(at + 8, came.find('}', at) - at - 8) + came.substr(came.find('}', at) + 1);
      return came;
    };
    using std::chrono::seconds;
    EXPECT_EQ(after_change({}, seconds{1}), new_row) << type;
    EXPECT_EQ(after_change({{"Cache Size", "1"}}, seconds{1}), old_row) << type;
    EXPECT_EQ(after_change({{"Cache Size", "1"}, {"Cache Expiration", "1 min"}}, seconds{59}), old_row) << type;
    EXPECT_EQ(after_change({{"Cache Size", "1"}, {"Cache Expiration", "1 min"}}, seconds{60}), new_row) << type;
    EXPECT_EQ(after_change({{"Cache Size", "1"}, {"Clear Cache on Enabled", "false"}}, seconds{1}), old_row) << type;
  }
}

// --- HTTP.

/// Answers as text/json with what the target, the method and the body were.
http::Response echo(const Seen& request) {
  if (request.target == "/missing") return {.status = 404, .body = R"({"error":"none"})"};
  if (request.target == "/empty") return {};
  if (request.target == "/text") return {.body = "plain"};
  if (request.target == "/nested") return {.body = R"({"data":{"name":"n","list":[1,2]},"one":7})"};
  if (request.target == "/two") return {.body = R"([{"n":1},{"n":2}])"};
  return {.body = fmt::format(R"({{"target":"{}","method":"{}","body":"{}"}})", request.target, request.method,
                              request.body)};
}

Lookup by_http(const std::string& url, PropertyValues properties = {}) {
  properties.insert({{"URL", url}, {"Record Reader", "in"}});
  return {.services = {service("l", "RestLookupService", std::move(properties))}};
}

/// Why the service cannot be enabled.
std::string problem_of(const Lookup& lookup) {
  auto services = lookup.services;
  services.push_back(service("in", "JsonTreeReader"));
  services.push_back(service("out", "JsonRecordSetWriter"));
  ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"k", "/k"}}),
                   {.relationships = {"success", "failure"}, .services = std::move(services)});
  for (const auto& each : run.engine().status().services)
    if (each.id == "l" && !each.problems.empty()) return each.problems[0];
  return "(none)";
}

TEST(RestLookupTest, TheFirstRecordOfTheAnswerCounts) {
  TestServer server(echo);
  const auto plain = by_http(server.url("/c/${k:toUpper()}?${more}"));
  auto lookup = plain;
  lookup.properties.erase("key");
  lookup.properties.insert({"k", "/k"});
  EXPECT_EQ(lookup.of(R"([{"k":"fr"}])", {{"more", "x"}}),
            R"(matched: [{"k":"fr","found":{"target":"/c/FR?x","method":"GET","body":""}}])");
  EXPECT_EQ(lookup.of(R"([{"k":"fr"}])", {{"k", "wins"}}),
            R"(matched: [{"k":"fr","found":{"target":"/c/WINS?","method":"GET","body":""}}])");
  EXPECT_EQ(by_http(server.url("/two")).of(R"([{"k":1}])"), R"(matched: [{"k":1,"found":{"n":1}}])");
  EXPECT_EQ(by_http(server.url("/empty")).of(R"([{"k":1}])"), R"(unmatched: [{"k":1}])");
}

TEST(RestLookupTest, APathLeadsToWhatIsWanted) {
  TestServer server(echo);
  const auto found = [&](const char* path) {
    return by_http(server.url("/nested"), {{"Record Path", path}}).of(R"([{"k":1}])");
  };
  EXPECT_EQ(found("/data"), R"(matched: [{"k":1,"found":{"name":"n","list":[1,2]}}])");
  EXPECT_EQ(found("/data/name"), R"(matched: [{"k":1,"found":{"name":"n"}}])");
  EXPECT_EQ(found("/one"), R"(matched: [{"k":1,"found":{"one":7}}])");
  EXPECT_EQ(found("/data/list[5]"), R"(unmatched: [{"k":1}])");
  EXPECT_THAT(problem_of(by_http(server.url("/nested"), {{"Record Path", "/a["}})),
              HasSubstr("RestLookupService 'l', property 'Record Path': "));
}

TEST(RestLookupTest, StatusesAreReadOrFail) {
  TestServer server(echo);
  EXPECT_EQ(by_http(server.url("/missing")).of(R"([{"k":1}])"), R"(matched: [{"k":1,"found":{"error":"none"}}])");
  EXPECT_EQ(by_http(server.url("/missing"), {{"Response Handling Strategy", "EVALUATED"}}).of(R"([{"k":1}])"),
            R"(failure: [{"k":1}]; LookupRecord 'subject': lookup of key '1': HTTP 404 from )" +
                server.url("/missing") + R"(: {"error":"none"})");
  // Of long coordinates a beginning: 256 bytes after `key '` would end within a character.
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\u00e4";
  EXPECT_THAT(by_http(server.url("/text")).of(R"([{"k":")" + umlauts + R"("}])"),
              HasSubstr("\u00e4...: the answer of"));
  EXPECT_THAT(by_http(server.url("/text")).of(R"([{"k":1}])"),
              HasSubstr("lookup of key '1': the answer of " + server.url("/text") + ": "));
}

TEST(RestLookupTest, CoordinatesSayHowToAsk) {
  TestServer server(echo);
  auto lookup = by_http(server.url("/x"));
  lookup.properties = {
      {"request.method", "/m"}, {"request.body", "/b"}, {"mime.type", "/t"}, {"Result RecordPath", "/found"}};
  for (const std::string method : {"post", " PUT ", "Delete"}) {
    const auto came = lookup.of(fmt::format(R"([{{"m":"{}","b":"some","t":"text/x"}}])", method));
    EXPECT_THAT(came, HasSubstr(R"("body":"some")")) << method;
    EXPECT_EQ(server.seen().back().headers.get("content-type"), "text/x") << method;
  }
  EXPECT_EQ(server.seen().at(0).method, "POST");
  EXPECT_EQ(server.seen().at(1).method, "PUT");
  EXPECT_EQ(server.seen().at(2).method, "DELETE");
  const auto asked = server.seen().size();
  const auto wrong = [&](const char* record) { return lookup.of(std::string("[") + record + "]"); };
  EXPECT_THAT(wrong(R"({"m":"patch","b":"x","t":"t"})"),
              HasSubstr("request.method is 'PATCH': it may be get, delete, post and put"));
  EXPECT_THAT(wrong(R"({"m":"post","b":" ","t":"t"})"), HasSubstr("POST needs the coordinate request.body"));
  EXPECT_THAT(wrong(R"({"m":"put","b":"x","t":" "})"),
              HasSubstr("the coordinate request.body needs mime.type beside it"));
  EXPECT_EQ(server.seen().size(), asked);
  EXPECT_THAT(wrong(R"({"m":"get","b":"x","t":"t"})"), HasSubstr(R"("method":"GET","body":"")"));
}

TEST(RestLookupTest, WhoAsksIsShown) {
  TestServer server([](const Seen& request) -> http::Response {
    if (request.target == "/token") return {.body = R"({"access_token":"T"})"};
    const auto shown = request.headers.get("authorization");
    if (request.target == "/digest" && !shown.starts_with("Digest"))
      return {.status = 401, .headers = {{"WWW-Authenticate", "Digest realm=\"r\", qop=\"auth\", nonce=\"n\""}}};
    return {.body = fmt::format(R"({{"shown":"{}","x":"{}"}})", shown.substr(0, 10), request.headers.get("x-name"))};
  });
  const PropertyValues person{{"Basic Authentication Username", "u"}, {"Basic Authentication Password", "p"}};
  const auto shown = [&](const char* target, PropertyValues properties) {
    properties.insert({"X-Name", "${name}"});
    auto lookup = by_http(server.url(target), std::move(properties));
    lookup.services.push_back(service("t", "StandardOauth2AccessTokenProvider",
                                      {{"Authorization Server URL", server.url("/token")},
                                       {"Grant Type", "client_credentials"},
                                       {"Client ID", "c"},
                                       {"Client Secret", "s"}}));
    return lookup.of(R"([{"k":1}])", {{"name", "me"}});
  };
  const auto expected = [](const char* authorization) {
    return fmt::format(R"(matched: [{{"k":1,"found":{{"shown":"{}","x":"me"}}}}])", authorization);
  };
  EXPECT_EQ(shown("/", {}), expected(""));
  EXPECT_EQ(shown("/", person), expected("Basic dTpw"));
  auto basic = person;
  basic.insert({"Authentication Strategy", "BASIC"});
  EXPECT_EQ(shown("/", basic), expected("Basic dTpw"));
  auto digest = person;
  digest.insert({"Use Digest Authentication", "true"});
  EXPECT_EQ(shown("/digest", digest), expected("Digest use"));
  EXPECT_EQ(shown("/", {{"Authentication Strategy", "OAUTH2"}, {"OAuth2 Access Token Provider", "t"}}),
            expected("Bearer T"));
  EXPECT_EQ(
      problem_of(by_http(server.url("/"), {{"Authentication Strategy", "OAUTH2"}})),
      "RestLookupService 'l', property 'OAuth2 Access Token Provider': is required by that Authentication Strategy");
}

TEST(RestLookupTest, WaysToTheServer) {
  TestServer proxy(echo);
  auto through = by_http("http://elsewhere.invalid/x", {{"Proxy Configuration Service", "p"}});
  through.services.push_back(service("p", "StandardProxyConfigurationService",
                                     {{"Proxy Type", "HTTP"},
                                      {"Proxy Server Host", "127.0.0.1"},
                                      {"Proxy Server Port", std::to_string(proxy.port())}}));
  EXPECT_THAT(through.of(R"([{"k":1}])"), HasSubstr(R"("target":"http://elsewhere.invalid:80/x")"));

  const http::TestCertificate certificate;
  TestServer secure(echo, {.tls = http::ServerTls{.key = {.path = certificate.key_store(),
                                                          .type = http::KeyStore::Type::Pkcs12,
                                                          .password = "changeit"}}});
  auto trusting = by_http(fmt::format("https://localhost:{}/x", secure.port()), {{"SSL Context Service", "s"}});
  trusting.services.push_back(service("s", "StandardSSLContextService",
                                      {{"Truststore Filename", certificate.trust_store()},
                                       {"Truststore Type", "PKCS12"},
                                       {"Truststore Password", "changeit"}}));
  EXPECT_THAT(trusting.of(R"([{"k":1}])"), HasSubstr(R"("target":"/x")"));

  const web::SilentServer silent;
  EXPECT_THAT(by_http(silent.url(), {{"Connection Timeout", "2 secs"}, {"Read Timeout", "20 ms"}}).of(R"([{"k":1}])"),
              HasSubstr("failure: [{\"k\":1}]; LookupRecord 'subject': lookup of key '1': "));
}

TEST(RestLookupTest, AStopEndsTheWait) {
  const web::SilentServer silent;
  const auto lookup = by_http(silent.url(), {{"Read Timeout", "1 hour"}});
  auto services = lookup.services;
  services.push_back(service("in", "JsonTreeReader"));
  services.push_back(service("out", "JsonRecordSetWriter"));
  ProcessorRun run("LookupRecord", records({{"Lookup Service", "l"}, {"k", "/k"}, {"Result RecordPath", "/f"}}),
                   {.given = {{R"([{"k":1}])"}}, .relationships = {"success", "failure"}, .services = services});
  const std::jthread stopper([&] {
    const int came = silent.accept();  // it is being asked
    run.stop();
    ::close(came);
  });
  run.until_idle();
  EXPECT_EQ(run.waiting(), 1u);
  EXPECT_EQ(run.errors(), Texts{});
}

TEST(RestLookupTest, AnswersMayBeKeptForAFlowFile) {
  const auto asked = [](PropertyValues properties, const std::string& expected) {
    TestServer server([](const Seen& request) -> http::Response {
      return request.target == "/no" ? http::Response{} : http::Response{.body = R"({"n":1})"};
    });
    auto lookup = by_http(server.url("/${k}"));
    lookup.properties = std::move(properties);
    lookup.properties.insert({"k", "/k"});
    EXPECT_EQ(lookup.of(R"([{"k":"no"},{"k":"no"},{"k":"a"},{"k":"b"},{"k":"a"}])"), expected);
    std::string all;
    for (const auto& seen : server.seen()) all += seen.target;
    return all;
  };
  const std::string sorted = R"(matched: [{"k":"a"},{"k":"b"},{"k":"a"}]; unmatched: [{"k":"no"},{"k":"no"}])";
  EXPECT_EQ(asked({}, sorted), "/no/no/a/b/a");
  EXPECT_EQ(asked({{"Cache Size", "10"}}, sorted), "/no/a/b");
  // What was asked for to know the schema is not asked for again.
  const std::string changed = R"(matched: [{"k":"a","f":{"n":1}},{"k":"b","f":{"n":1}},{"k":"a","f":{"n":1}}]; )"
                              R"(unmatched: [{"k":"no","f":null},{"k":"no","f":null}])";
  EXPECT_EQ(asked({{"Result RecordPath", "/f"}}, changed), "/no/a/b");
}

}  // namespace
}  // namespace flow
