#include "flow/processors/bad_input.h"

#include <algorithm>

#include "base/random.h"
#include "flow/processors/kafka_test_services.h"

namespace flow {
namespace {

const std::string kJson = R"([{"id":1,"name":"one"}])";
const std::string kCsv = "id,name\n1,one\n";

std::string gzip_that_ends_early() {
  // 1f 8b, deflate, no flags, no time; then the beginning of a block.
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9", 14);
}

using Services = std::vector<ServiceDefinition>;
const Services kJsonServices{service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")};

Services operator+(Services services, const ServiceDefinition& more) {
  services.push_back(more);
  return services;
}

/// The records in another format.
std::string written_by(const std::string& writer) {
  ProcessorRun run("ConvertRecord", records(),
                   {.given = {{kJson}}, .services = {service("in", "JsonTreeReader"), service("out", writer)}});
  run.until_idle();
  return run.only("success").content;
}

/// Of processors that read records of JSON.
Subject of_records(std::string type, PropertyValues properties, std::string good) {
  return {.type = std::move(type),
          .properties = records(std::move(properties)),
          .works = {kJson},
          .good = good,
          .bad = "failure",
          .but = {{Bad::Empty, good}},
          .services = kJsonServices};
}

void add_records(std::vector<Subject>& all, const Surroundings& around) {
  auto convert = of_records("ConvertRecord", {}, "success");
  convert.reasons = {{"failure", {"record.error.message"}}};
  all.push_back(convert);
  // Text of any kind is CSV, unless a quote is not closed or something follows it.
  const auto read_by = [&](const std::string& reader, PropertyValues properties, std::string content, std::string bad,
                           std::map<Bad, std::string> but) {
    auto subject = convert;
    subject.name = reader;
    subject.works.content = std::move(content);
    subject.bad = std::move(bad);
    subject.but = std::move(but);
    subject.services = {service("in", reader, std::move(properties)), service("out", "JsonRecordSetWriter")};
    all.push_back(std::move(subject));
  };
  read_by("CSVReader", {}, kCsv, "success", {{Bad::Bytes, "failure"}, {Bad::Json, "failure"}, {Bad::Csv, "failure"}});
  read_by("JsonPathReader", {{"id", "$.id"}, {"schema-access-strategy", "infer-schema"}}, kJson, "failure",
          {{Bad::Empty, "success"}});
  read_by("AvroReader", {}, written_by("AvroRecordSetWriter"), "failure", {});
  read_by("ParquetReader", {}, written_by("ParquetRecordSetWriter"), "failure", {});
  all.push_back(of_records("UpdateRecord", {{"/name", "two"}}, "success"));
  all.back().reasons = {{"failure", {"record.error.message"}}};
  all.back().dynamic = "/name";
  all.push_back(of_records("ForkRecord", {{"fork-mode", "split"}, {"tags", "/tags"}}, "original"));
  const std::map<std::string, std::string> no_path{{"none", "failure"}, {"empty", "failure"}, {"text", "failure"}};
  all.push_back(of_records("PartitionRecord", {{"name", "/name"}}, "original"));
  all.back().values = {{"extra", no_path}};
  all.push_back(of_records("SplitRecord", {{"Records Per Split", "1"}}, "original"));
  // No record does not fill a bin, which is kept.
  all.push_back(of_records("MergeRecord", {}, "original"));
  all.back().but = {{Bad::Empty, std::string(kBack)}};
  all.back().quiet = {std::string(kBack)};
  all.push_back(of_records("ValidateRecord", {}, std::string(kGone)));
  all.push_back(of_records("JoltTransformRecord",
                           {{"Jolt Specification", R"([{"operation":"shift","spec":{"id":"n"}}])"}}, "original"));
  auto lookup = of_records("LookupRecord", {{"Lookup Service", "l"}, {"key", "/name"}, {"Result RecordPath", "/x"}},
                           std::string(kGone));
  lookup.services = kJsonServices + service("l", "SimpleKeyValueLookupService", {{"one", "1"}});
  lookup.relationships = {"success", "failure"};
  lookup.dynamic = "key";
  lookup.values = {{"key", no_path}, {"Result RecordPath", no_path}};
  all.push_back(std::move(lookup));
  auto query = of_records("QueryRecord", {{"rows", "SELECT COUNT(*) FROM FLOWFILE"}}, "original");
  query.also = {"QueryRecord.Route"};
  query.dynamic = "rows";
  all.push_back(std::move(query));
  auto put = of_records("PutDatabaseRecord",
                        TestDatabase::pool({{"Statement Type", "DELETE"}, {"Table Name", "people"}}), "success");
  put.services = kJsonServices + around.database.service();
  put.reasons = {{"failure", {"putdatabaserecord.error"}}};
  all.push_back(std::move(put));
}

void add_contents(std::vector<Subject>& all, const Surroundings& around) {
  const auto text = [&](std::string type, PropertyValues properties, std::string good) {
    all.push_back({.type = std::move(type),
                   .properties = std::move(properties),
                   .works = {"some text\n"},
                   .good = good,
                   .bad = good});
    return &all.back();
  };
  text("AttributesToJSON", {}, "success");
  text("CompressContent", {{"Compression Format", "gzip"}}, "success");
  all.push_back({.type = "CompressContent",
                 .properties = {{"Mode", "decompress"}, {"Compression Format", "gzip"}},
                 .works = {std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20)},
                 .good = "success",
                 .bad = "failure",
                 .name = "back"});
  text("ModifyCompression", {{"Output Compression Strategy", "gzip"}}, "success");
  all.push_back({.type = "ModifyCompression",
                 .properties = {{"Input Compression Strategy", "gzip"}},
                 .works = {std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20)},
                 .good = "success",
                 .bad = "failure",
                 .name = "back"});
  text("ControlRate", {{"Maximum Rate", "1 GB"}}, "success");
  text("ConvertCharacterSet", {{"Input Character Set", "UTF-8"}, {"Output Character Set", "UTF-16"}}, "success");
  text("CryptographicHashContent", {{"Fail When Content Empty", "true"}}, "success")->but = {{Bad::Empty, "failure"}};
  text("HashContent", {}, "success");
  text("DuplicateFlowFile", {{"Number of Copies", "2"}}, "success")->values = {
      {"Number of Copies", {{"none", std::string(kBack)}, {"negative", "success"}}}};
  text("ExtractText", {{"word", "(some)"}}, "matched")->bad = "unmatched";
  text("LogAttribute", {{"Log Payload", "true"}}, "success");
  text("LogMessage", {{"Log Message", "x"}}, "success");
  text("MergeContent", {}, "original");
  text("MonitorActivity", {}, "success");
  // The buffer is 1 MB: a megabyte and its line end are more.
  text("ReplaceText", {{"Regular Expression", "some"}, {"Replacement Value", "any"}}, "success")->but = {
      {Bad::Line, "failure"}};
  all.push_back(
      {.type = "ReplaceText",
       .properties = {{"Regular Expression", "some"}, {"Replacement Value", "any"}, {"Evaluation Mode", "Entire text"}},
       .works = {"some text\n"},
       .good = "success",
       .bad = "success",
       .but = {{Bad::Line, "failure"}},
       .name = "whole"});
  text("ReplaceTextWithMapping", {{"Mapping File", around.folder.at("mapping")}}, "success")->but = {
      {Bad::Line, "failure"}};
  text("RouteOnContent", {{"Match Requirement", "content must contain match"}, {"some", "some"}}, "some")->bad =
      "unmatched";
  all.back().dynamic = "some";
  text("RouteText", {{"Matching Strategy", "Contains"}, {"some", "some"}}, "original")->dynamic = "some";
  text("SplitText", {{"Line Split Count", "1"}}, "original");
  all.push_back({.type = "EvaluateJsonPath",
                 .properties = {{"Destination", "flowfile-attribute"}, {"id", "$[0].id"}},
                 .works = {kJson},
                 .good = "matched",
                 .bad = "failure"});
  all.push_back({.type = "SplitJson",
                 .properties = {{"JsonPath Expression", "$"}},
                 .works = {kJson},
                 .good = "original",
                 .bad = "failure"});
  all.push_back({.type = "JoltTransformJSON",
                 .properties = {{"Jolt Specification", R"([{"operation":"shift","spec":{"*":"&"}}])"}},
                 .works = {R"({"id":1})"},
                 .good = "success",
                 .bad = "failure",
                 .values = {{"Jolt Specification", {{"none", "failure"}, {"text", "failure"}, {"odd", "failure"}}}}});
  for (const auto* format : {"zip", "tar", "flowfile-stream-v3", "flowfile-stream-v2", "flowfile-tar-v1"})
    all.push_back({.type = "UnpackContent",
                   .properties = {{"Packaging Format", format}},
                   .works = {"no archive"},
                   .good = "failure",
                   .bad = "failure",
                   .name = format});
  all.push_back({.type = "ValidateCsv",
                 .properties = {{"Schema", "ParseInt(),NotNull()"}},
                 .works = {kCsv},
                 .good = "valid",
                 .bad = "invalid",
                 // One line is a header without rows.
                 .but = {{Bad::Empty, "valid"}, {Bad::Gzip, "valid"}, {Bad::Line, "valid"}},
                 .reasons = {{"invalid", {"validation.error.message"}}},
                 .quiet = {"invalid"},
                 .values = {{"Schema", {{"none", "invalid"}, {"empty", "invalid"}}}}});
}

void add_attributes(std::vector<Subject>& all) {
  const auto any = [&](std::string type, PropertyValues properties, Attributes attributes, std::string good) {
    all.push_back({.type = std::move(type),
                   .properties = std::move(properties),
                   .works = {"some text", std::move(attributes)},
                   .good = good,
                   .bad = good});
    return &all.back();
  };
  any("UpdateAttribute", {{"more", "${a}"}}, {{"a", "1"}}, "success");
  any("RouteOnAttribute", {{"yes", "${a:equals('1')}"}}, {{"a", "1"}}, "yes")->bare = "unmatched";
  all.back().dynamic = "yes";
  any("RetryFlowFile", {}, {}, "retry");
  const Services caches{service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                        service("server", "MapCacheServer")};
  const auto cached = [&](std::string type, PropertyValues properties, std::string good) {
    properties.insert({"Distributed Cache Service", "client"});
    auto* subject = any(std::move(type), std::move(properties), {{"key", "k"}}, good);
    subject->services = caches;
    subject->bare = "failure";
    return subject;
  };
  cached("DetectDuplicate", {{"Cache Entry Identifier", "${key}"}, {"Cache The Entry Identifier", "false"}},
         "non-duplicate");
  cached("Notify", {{"Release Signal Identifier", "${key}"}}, "success")->also = {"notified"};
  cached("Wait", {{"Release Signal Identifier", "${key}"}}, "wait");
}

void add_remotes(std::vector<Subject>& all, const Surroundings& around) {
  const auto any = [&](std::string type, PropertyValues properties, std::string good) {
    all.push_back({.type = std::move(type),
                   .properties = std::move(properties),
                   .works = {"some text", {{"filename", "f"}}},
                   .good = good,
                   .bad = good});
    return &all.back();
  };
  any("ExecuteStreamCommand", {{"Command Path", "cat"}}, "original")->makes_failures = true;
  all.back().values = {{"Working Directory", {{"long", std::string(kBack)}}},
                       {"Command Path", {{"NUL", std::string(kBack)}}},
                       {"Command Arguments", {{"NUL", std::string(kBack)}}}};
  any("FetchFile", {{"File to Fetch", around.folder.at("there")}}, "success");
  all.back().values = {{"File to Fetch", {{"NUL", "not.found"}}}};
  any("PutFile", {{"Directory", around.folder.at("put")}, {"Conflict Resolution Strategy", "replace"}}, "success");
  all.back().values = {{"Directory", {{"NUL", "failure"}}}};
  any("InvokeHTTP", {{"HTTP URL", around.http.url("/")}, {"HTTP Method", "POST"}}, "Original");
  all.back().reasons = {{"Failure", {"invokehttp.java.exception.class", "invokehttp.java.exception.message"}},
                        {"No Retry", {"invokehttp.status.code"}}};
  all.back().also = {"invokehttp.request.url",   "invokehttp.tx.id",        "invokehttp.request.duration",
                     "invokehttp.response.body", "invokehttp.response.url", "invokehttp.status.message"};
  all.back().quiet = {"No Retry"};
  // Nothing of a value may be another header.
  all.back().values = {{"extra", {{"odd", "Failure"}, {"NUL", "Failure"}}},
                       {"Request User-Agent", {{"odd", "Failure"}, {"NUL", "Failure"}}}};
  // No request waits for an answer; handle_http_test.cpp has those that do.
  any("HandleHttpResponse", {{"HTTP Status Code", "200"}, {"HTTP Context Map", "map"}}, "failure")->services = {
      service("map", "StandardHttpContextMap")};
  const PropertyValues object{{"Bucket", "bucket"}, {"Object Key", "there"}};
  const auto of_object = [&](std::string type, PropertyValues more) {
    more.insert(object.begin(), object.end());
    auto* subject = any(std::move(type), std::move(more), "success");
    subject->reasons = {{"failure", {"s3.exception", "s3.errorMessage"}}};
    subject->also = {"s3.statusCode", "s3.errorCode", "s3.additionalDetails"};
    return subject;
  };
  of_object("PutS3Object", {});
  of_object("FetchS3Object", {});
  of_object("TagS3Object", {{"Tag Key", "k"}, {"Tag Value", "v"}});
  of_object("DeleteS3Object", {{"Object Key", "none"}});
  if (around.ssh) {
    auto put = around.ssh->properties();
    auto fetch = put;
    put.insert(
        {{"Remote Path", around.folder.at("sftp")}, {"Create Directory", "true"}, {"Conflict Resolution", "REPLACE"}});
    fetch.insert({"Remote File", around.folder.at("there")});
    any("PutSFTP", std::move(put), "success")->but = {{Bad::Empty, "reject"}};
    any("FetchSFTP", std::move(fetch), "success");
    for (const auto* relationship : {"not.found", "comms.failure", "permission.denied"})
      all.back().reasons[relationship] = {"fetch.failure.reason"};
    all.back().also = {"filename", "path", "sftp.remote.host", "sftp.remote.port", "sftp.remote.filename"};
  }
}

void add_databases(std::vector<Subject>& all, const Surroundings& around) {
  // SQLite takes nothing as a statement that does nothing.
  const auto of_pool = [&](std::string type, PropertyValues properties, std::string good) {
    all.push_back({.type = std::move(type),
                   .properties = TestDatabase::pool(std::move(properties)),
                   .works = {"SELECT 1 AS one"},
                   .good = good,
                   .bad = "failure",
                   .services = {around.database.service(), service("out", "JsonRecordSetWriter")}});
    return &all.back();
  };
  of_pool("ExecuteSQL", {}, std::string(kGone))->reasons = {{"failure", {"executesql.error.message"}}};
  of_pool("ExecuteSQLRecord", {{"Record Writer", "out"}}, std::string(kGone))->reasons = {
      {"failure", {"executesql.error.message"}}};
  for (auto& each : {std::prev(all.end(), 2), std::prev(all.end())}) each->but = {{Bad::Empty, "success"}};
  auto* fetch = of_pool("GenerateTableFetch", {{"Table Name", "people"}}, std::string(kGone));
  fetch->bad = fetch->good;
  fetch->reasons = {{"failure", {"generatetablefetch.sql.error"}}};
  auto* put = of_pool("PutSQL", {}, "success");
  put->properties = {{"JDBC Connection Pool", "pool"}};
  put->works.content = "UPDATE people SET name = 'y'";
  put->but = {{Bad::Empty, "success"}};
  put->reasons = {{"failure", {"error.message"}}};
  put->also = {"error.code", "error.sql.state"};
}

void add_snowflake(std::vector<Subject>& all) {
  const auto any = [&](std::string type, PropertyValues properties, std::string good, ServiceDefinition of) {
    all.push_back({.type = std::move(type),
                   .properties = std::move(properties),
                   .works = {"some text", {{"snowflake.staged.file.path", "f"}}},
                   .good = good,
                   .bad = good,
                   .services = {std::move(of)}});
    return &all.back();
  };
  any("PutSnowflakeInternalStage", {{"Snowflake Connection Provider", "pool"}, {"Internal Stage Type", "user"}},
      "success", warehouse_pool());
  const auto ingest = service("ingest", "StandardSnowflakeIngestManagerProviderService",
                              {{"User Name", "me"}, {"Database", "D"}, {"Schema", "S"}, {"Pipe", "P"}});
  any("StartSnowflakeIngest", {{"Ingest Manager Provider", "ingest"}}, "success", ingest)->bare = "failure";
  any("GetSnowflakeIngestStatus", {{"Ingest Manager Provider", "ingest"}}, "retry", ingest)->bare = "failure";
}

void add_kafka(std::vector<Subject>& all, const Surroundings& around) {
  const auto brokers = around.cluster.brokers();
  const auto services = kafka_services(brokers, {{"max.block.ms", "1 sec"}});
  all.push_back(
      {.type = "PublishKafka",
       .properties = {{"Kafka Connection Service", "kafka"}, {"Topic Name", "t"}, {"Transactions Enabled", "false"}},
       .works = {"some text"},
       .good = "success",
       .bad = "success",
       .but = {{Bad::Line, "failure"}},  // more than `Max Request Size`
       .services = services});
  for (const std::string release : {"_1_0", "_2_0", "_2_6"}) {
    const PropertyValues properties{{"Kafka Brokers", brokers},
                                    {"Topic Name", "t"},
                                    {"Use Transactions", "false"},
                                    {"Max Metadata Wait Time", "1 sec"}};
    auto plain = all.back();
    plain.type = "PublishKafka" + release;
    plain.properties = properties;
    plain.but = {{Bad::Line, "failure"}};
    plain.bad = plain.good;
    plain.works = {"some text"};
    auto of_rows = plain;
    of_rows.type = "PublishKafkaRecord" + release;
    of_rows.properties = records(properties);
    of_rows.works = {kJson};
    of_rows.bad = "failure";
    of_rows.but = {{Bad::Empty, "success"}};
    all.push_back(std::move(of_rows));
    all.push_back(std::move(plain));
  }
}

}  // namespace

std::vector<Odd> odd_values() {
  return {{"none", {}},
          {"empty", ""},
          {"text", "x"},
          {"long", std::string(100'000, 'x')},
          {"odd", "\x01\xff\xfe'\"\r\nInjected: yes\r\n;,${a}#{b}/../%s\\$1(\u00e9\U0001f600"},
          {"NUL", std::string("x\0y", 3)},
          {"negative", "-1"},
          {"huge", "99999999999999999999"}};
}

std::string content_of(Bad bad) {
  switch (bad) {
    case Bad::Empty: return "";
    case Bad::Bytes: {
      base::Random random(4711);
      std::string bytes("\0\xff\xfe\"", 4);
      while (bytes.size() < 4096) bytes += static_cast<char>(random.next());
      return bytes;
    }
    case Bad::Json: return R"([{"id":1,"name":"one"},{"id":2,"na)";
    case Bad::Csv: return "id,name\n1,one\n2,\"never closed\n3,x\n";
    case Bad::Gzip: return gzip_that_ends_early();
    case Bad::Line: return std::string(std::size_t{1} << 20, 'x') + "\n";
  }
  return "";
}

Surroundings::Surroundings() {
  std::filesystem::create_directories(folder.at("here"));
  std::filesystem::current_path(folder.at("here"));
  folder.write("mapping", "some\tany\n");
  folder.write("there", "a file");
  cluster.make_topic("t");
  EXPECT_TRUE(server_.store().create_bucket("bucket"));
  EXPECT_TRUE(server_.store().put("bucket", "there", "an object", {}));
  target_ = std::make_shared<LocalTarget>(server_.store(), 2);
  if (std::filesystem::exists(kSshServer)) ssh.emplace(ssh_folder_);
}

std::vector<Subject> subjects(const Surroundings& around) {
  std::vector<Subject> all;
  add_records(all, around);
  add_contents(all, around);
  add_attributes(all);
  add_remotes(all, around);
  add_databases(all, around);
  add_snowflake(all);
  add_kafka(all, around);
  return all;
}

}  // namespace flow
