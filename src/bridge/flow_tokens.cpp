#include "bridge/flow_tokens.h"

#include <fmt/format.h>

#include "load/load_history.h"

namespace bridge {
namespace {

std::string condition(std::string_view source, std::string_view token) {
  return fmt::format("source = {} AND token = {}", load::sql_text(source), load::sql_text(token));
}

}  // namespace

engine::MetaTable flow_tokens_table() { return {"flow_tokens", "source VARCHAR, token VARCHAR"}; }

base::Result<bool> knows_token(engine::Database& database, std::string_view source, std::string_view token) {
  const auto session = database.open_session();
  TRY(const auto work, session->begin_work({.query_id = "flow", .now = database.clock().now()}));
  TRY_VOID(work->start());
  TRY(const auto rows, work->query(fmt::format("SELECT 1 FROM meta.flow_tokens WHERE {}", condition(source, token)),
                                   {{"KNOWN", catalog::LogicalType::number()}}));
  return rows->row_count() > 0;
}

base::Status keep_token(engine::Work& commit, std::string_view source, std::string_view token) {
  TRY_VOID(commit.execute(fmt::format("DELETE FROM meta.flow_tokens WHERE {}", condition(source, token))));
  TRY_VOID(commit.execute(
      fmt::format("INSERT INTO meta.flow_tokens VALUES ({}, {})", load::sql_text(source), load::sql_text(token))));
  return {};
}

base::Status forget_tokens(engine::Database& database, std::string_view source, std::span<const std::string> tokens) {
  std::string list;
  for (const auto& token : tokens) list += (list.empty() ? "" : ", ") + load::sql_text(token);
  if (list.empty()) return {};
  const auto session = database.open_session();
  TRY(const auto work, session->begin_work({.query_id = "flow", .now = database.clock().now()}));
  TRY_VOID(work->start());
  TRY_VOID(work->execute(
      fmt::format("DELETE FROM meta.flow_tokens WHERE source = {} AND token IN ({})", load::sql_text(source), list)));
  return work->commit();
}

}  // namespace bridge
