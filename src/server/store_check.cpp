#include "server/store_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/equal.h"
#include "server/json_text.h"

namespace server {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string damage_lines(const std::vector<store::Damage>& damage) {
  std::string lines;
  for (const auto& one : damage)
    lines += fmt::format(
        "{{\"damage\": {{\"what\": {}, \"bucket\": {}, \"key\": {}, \"version\": {}, \"upload\": {}, \"part\": {}, "
        "\"file\": {}, \"offset\": {}}}}}\n",
        quoted(one.what), quoted(one.bucket), quoted(one.key), quoted(one.version), quoted(one.upload), one.part,
        quoted(one.file), one.offset);
  return lines;
}

}  // namespace

std::string StoreCheck::next() {
  base::Result<std::string> lines = std::string();
  switch (stage_) {
    case Stage::Index: lines = check(); break;
    case Stage::Bytes: lines = read(); break;
    case Stage::End: lines = end(); break;
    case Stage::Over: break;
  }
  if (lines) return std::move(*lines);
  stage_ = Stage::Over;
  return fmt::format("{{\"failed\": {}}}\n", quoted(lines.error().message));
}

base::Result<std::string> StoreCheck::check() {
  TRY(report_, store_.check());
  stage_ = depth_ == Depth::Bytes ? Stage::Bytes : Stage::End;
  auto lines = damage_lines(report_.damage);
  // Never empty, as that is the end.
  return lines.empty() ? next() : std::move(lines);
}

base::Result<std::string> StoreCheck::read() {
  TRY(auto step, store_.scrub({.after = read_.next}));
  read_.next = step.next;
  read_.versions += step.versions;
  read_.parts += step.parts;
  read_.bytes += step.bytes;
  read_.unverifiable += step.unverifiable;
  report_.damage_count += step.damage.size();
  if (read_.next.empty()) stage_ = Stage::End;
  return damage_lines(step.damage) +
         fmt::format("{{\"read\": {{\"versions\": {}, \"parts\": {}, \"bytes\": {}, \"unverifiable\": {}}}}}\n",
                     read_.versions, read_.parts, read_.bytes, read_.unverifiable);
}

std::string StoreCheck::end() {
  stage_ = Stage::Over;
  return fmt::format(
      "{{\"checked\": {{\"versions\": {}, \"parts\": {}, \"events\": {}, \"files\": {}, \"unknown_files\": {}, "
      "\"damaged\": {}}}}}\n",
      report_.versions, report_.parts, report_.events, report_.files, report_.unknown_files, report_.damage_count);
}

http::Awaitable<void> StoreCheckService::handle(http::Exchange& exchange) {
  const auto& request = exchange.request();
  const auto refuse = [](int status, std::string_view message) {
    return http::Response{
        .status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::string(message) + "\n"};
  };
  constexpr std::string_view kScheme = "Bearer ";
  const auto authorization = request.headers.get("authorization");
  std::optional<http::Response> refusal;
  if (!authorization.starts_with(kScheme) ||
      !equal_in_constant_time(authorization.substr(kScheme.size()), access_token_))
    refusal = refuse(401, "send the access token of the data directory");
  else if (request.path() != "/store/check")
    refusal = refuse(404, "no such path");
  else if (request.method != "POST")
    refusal = refuse(405, "wanted POST");
  if (refusal) {
    (void)co_await exchange.respond(std::move(*refusal));
    co_return;
  }
  const auto query = http::parse_query(request.query());
  const bool deep = std::ranges::any_of(query, [](const auto& parameter) { return parameter.first == "deep"; });
  StoreCheck check(store_, deep ? StoreCheck::Depth::Bytes : StoreCheck::Depth::Index);
  http::Headers headers{{"Content-Type", "application/x-ndjson"}};
  if (!co_await exchange.begin(200, std::move(headers), std::nullopt)) co_return;
  for (;;) {
    const std::function<std::string()> step = [&] { return check.next(); };
    auto lines = co_await http::run_on(workers_, step);
    if (lines.empty()) break;
    if (!co_await exchange.write(std::move(lines))) co_return;
  }
  (void)co_await exchange.finish();
}

}  // namespace server
