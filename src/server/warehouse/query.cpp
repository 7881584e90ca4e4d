#include "server/warehouse/query.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <iterator>

#include "server/json_text.h"
#include "server/warehouse/cells.h"
#include "server/warehouse/envelope.h"
#include "server/warehouse/parameters.h"
#include "server/warehouse/transfer.h"

namespace server::warehouse {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kMultipleStatements = 0xA000;
constexpr std::uint32_t kInsert = 0x3100;

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return json::serialize(value);
}

json::object parse_object(std::string_view body) {
  boost::system::error_code error;
  auto value = json::parse(body, error);
  return error || !value.is_object() ? json::object{} : std::move(value.get_object());
}

bool flag_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

int to_int(std::string_view text, int otherwise) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : otherwise;
}

std::int64_t millis(base::Instant instant) { return instant.ns / 1'000'000; }

void append_stats(std::string& out, const engine::RowCounts& counts) {
  fmt::format_to(std::back_inserter(out),
                 R"(,"stats":{{"numRowsInserted":{},"numRowsDeleted":{},"numRowsUpdated":{},"numDmlDuplicates":0}})",
                 counts.inserted.value_or(0) + counts.loaded.value_or(0), counts.deleted.value_or(0),
                 counts.updated.value_or(0));
}

/// The fields behind the rows, the same for every finished statement.
void append_tail(std::string& out, const FinishedStatement& statement, std::uint64_t total, std::uint32_t type_id,
                 base::Instant now) {
  fmt::format_to(std::back_inserter(out), R"(,"total":{0},"returned":{0},"queryId":"{1}","databaseProvider":null,)",
                 total, statement.query_id);
  append_names(out, statement.state, "final");
  fmt::format_to(std::back_inserter(out), R"(,"numberOfBinds":{},"arrayBindSupported":{},"metaDataOfBinds":[)",
                 statement.bind_count, type_id == kInsert);
  for (int bind = 1; bind <= statement.bind_count; ++bind)
    fmt::format_to(std::back_inserter(out),
                   R"({}{{"name":"{}","type":"text","precision":null,"scale":null,"nullable":true,"length":16777216,)"
                   R"("byteLength":16777216}})",
                   bind > 1 ? "," : "", bind);
  fmt::format_to(std::back_inserter(out),
                 R"(],"statementTypeId":{},"version":1,"sendResultTime":{},"queryResultFormat":"json","sqlState":null)",
                 type_id, millis(now));
}

std::string render_statement(const FinishedStatement& statement, base::Instant now) {
  std::string out = R"({"data":{"parameters":)";
  append_parameters(out, statement.parameters);
  out += R"(,"rowtype":)";
  append_row_type(out, statement.outcome.result->columns());
  out += R"(,"rowset":)";
  append_rows(out, *statement.outcome.result);
  append_tail(out, statement, statement.outcome.result->row_count(), statement.outcome.type_id, now);
  const auto family = statement.outcome.type_id & 0xF000U;
  if (family == 0x3000U) append_stats(out, statement.outcome.counts);
  return out + R"(},"code":null,"message":null,"success":true})";
}

std::string render_parent(const Job& job, base::Instant now) {
  FinishedStatement parent{.query_id = job.query_id,
                           .outcome = {},
                           .state = job.statements().back().state,
                           .parameters = job.statements().back().parameters};
  std::string ids, types;
  for (const auto& statement : job.statements()) {
    ids += (ids.empty() ? "" : ",") + statement.query_id;
    types += (types.empty() ? "" : ",") + std::to_string(statement.outcome.type_id);
  }
  std::string out = R"({"data":{"parameters":)";
  append_parameters(out, parent.parameters);
  out += R"(,"rowtype":)";
  append_row_type(out, {{"multiple statement execution", catalog::LogicalType::text(), false}});
  out += R"(,"rowset":[["Multiple statements executed successfully."]])";
  append_tail(out, parent, 1, kMultipleStatements, now);
  return out + fmt::format(R"(,"resultIds":"{}","resultTypes":"{}"}},"code":null,"message":null,"success":true}})", ids,
                           types);
}

}  // namespace

base::Result<QueryRequest> parse_query_request(std::string_view body, const engine::SessionState& state) {
  boost::system::error_code error;
  const auto value = json::parse(body, error);
  const auto* text = error || !value.is_object() ? nullptr : value.get_object().if_contains("sqlText");
  if (text == nullptr || !text->is_string())
    return base::fail(base::ErrorKind::InvalidValue, "the request body must be a JSON object with sqlText");
  const auto& object = value.get_object();
  QueryRequest request{.text = std::string(text->get_string()), .describe_only = flag_at(object, "describeOnly")};
  if (const auto count = state.parameters.find("MULTI_STATEMENT_COUNT"); count != state.parameters.end())
    request.statement_count = to_int(count->second, 1);
  if (const auto* parameters = object.if_contains("parameters"); parameters != nullptr && parameters->is_object()) {
    for (const auto& [name, parameter] : parameters->get_object()) {
      const auto key = fold_identifier(name);
      if (key == "MULTI_STATEMENT_COUNT") {
        request.statement_count = to_int(text_of(parameter), 1);
      } else if (!key.ends_with("_QUERY_RESULT_FORMAT")) {
        request.parameters[key] = text_of(parameter);
      }
    }
  }
  const auto* stage = object.if_contains("bindStage");
  if (stage != nullptr && stage->is_string() && !stage->get_string().empty())
    return base::fail(base::ErrorKind::Unsupported, "binds from a stage (bindStage) are not supported");
  if (const auto* bindings = object.if_contains("bindings"); bindings != nullptr && bindings->is_object()) {
    TRY(request.binds, parse_binds(bindings->get_object()));
  }
  return request;
}

bool asks_for_asynchronous(std::string_view body) { return flag_at(parse_object(body), "asyncExec"); }

std::string request_to_abort(std::string_view body) {
  const auto object = parse_object(body);
  const auto* id = object.if_contains("requestId");
  return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string();
}

std::string render_answer(const Job& job, std::string_view query_id, base::Instant now, const StageUrls* urls) {
  if (job.error()) return statement_failure(*job.error(), job.query_id);
  const auto render = [&](const FinishedStatement& statement) {
    if (!statement.outcome.transfer) return render_statement(statement, now);
    if (urls != nullptr) return render_transfer(statement, *urls, job.request.host);
    return statement_failure({base::ErrorKind::Unsupported, 2, "0A000", "Unsupported feature 'file transfer'.", {}},
                             statement.query_id);
  };
  for (const auto& statement : job.statements())
    if (statement.query_id == query_id) return render(statement);
  return job.is_multiple() ? render_parent(job, now) : render(job.statements().front());
}

std::string render_status(const Job* job) {
  if (job == nullptr) return success(R"({"queries":[]})");
  std::string_view status = "RUNNING";
  std::string code, message = "null";
  if (job->finished() && job->error()) {
    status = job->error()->kind == base::ErrorKind::Cancelled ? "ABORTED" : "FAILED_WITH_ERROR";
    code = fmt::format("{:06}", wire_code(*job->error()).number);
    message.clear();
    append_json_string(message, job->error()->message);
  } else if (job->finished()) {
    status = "SUCCESS";
  } else if (job->cancelled()) {
    status = "ABORTING";
  }
  std::string text;
  append_json_string(text, job->request.text);
  return success(fmt::format(
      R"({{"queries":[{{"id":"{}","status":"{}","state":"{}","errorCode":"{}","errorMessage":{},"sqlText":{},)"
      R"("startTime":{},"endTime":{},"sessionId":{}}}]}})",
      job->query_id, status, status == "SUCCESS" ? "SUCCEEDED" : status, code, message, text, millis(job->begun),
      job->finished() ? millis(job->ended()) : 0, job->session().id));
}

}  // namespace server::warehouse
