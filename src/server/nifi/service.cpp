#include "server/nifi/service.h"

#include <fmt/format.h>

#include "base/random.h"
#include "server/equal.h"

namespace server::nifi {
namespace {

constexpr std::string_view kPrefix = "/nifi-api/";
constexpr std::size_t kTokensMax = 10'000;
constexpr std::size_t kPiece = 1 << 20;  // of content, at once in memory

/// A name for the client's disk, without what could end the header or lead elsewhere.
std::string disposition_of(std::string_view file_name) {
  std::string name;
  for (const char c : file_name)
    name += static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\' || c == '/' ? '_' : c;
  return fmt::format("attachment; filename=\"{}\"", name);
}

/// Empty when it sends none.
std::string_view token_of(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto text = request.headers.get("authorization");
  return text.starts_with(kScheme) ? text.substr(kScheme.size()) : std::string_view{};
}

}  // namespace

Answer NifiService::log_in(std::string_view form) {
  std::string user, password;
  for (auto& [name, value] : http::parse_query(form)) {
    if (name == "username") user = std::move(value);
    if (name == "password") password = std::move(value);
  }
  if (!options_.any_password && !equal_in_constant_time(password, options_.access_token))
    return {.status = 400, .content_type = "text/plain", .body = "The supplied username and password are not valid."};
  if (tokens_.size() >= kTokensMax) tokens_.erase(tokens_.begin());
  std::string token;
  for (int word = 0; word < 4; ++word) token += fmt::format("{:016x}", base::entropy());
  tokens_.insert(token);
  return {.status = 201, .content_type = "text/plain", .body = std::move(token)};
}

bool NifiService::knows(const http::Request& request) const {
  const auto token = token_of(request);
  return !token.empty() &&
         (tokens_.contains(std::string(token)) || equal_in_constant_time(token, options_.access_token));
}

/// What clients ask before they log in.
std::optional<Answer> NifiService::answer_to_anyone(const Call& call) {
  if (call.method != "GET") return std::nullopt;
  if (call.path == "access/config") return Answer{.body = R"({"config":{"supportsLogin":true}})"};
  if (call.path == "authentication/configuration")
    return Answer{.body = R"({"authenticationConfiguration":{"externalLoginRequired":false,"loginSupported":true}})"};
  return std::nullopt;
}

/// In pieces: a flowfile may be larger than the memory.
http::Awaitable<void> NifiService::send_content(http::Exchange& exchange, const Answer& answer) {
  const auto& claim = *answer.content;
  http::Headers headers{{"Content-Type", answer.content_type}, {"Cache-Control", "no-store"}};
  if (!answer.file_name.empty()) headers.add("Content-Disposition", disposition_of(answer.file_name));
  if (!co_await exchange.begin(answer.status, std::move(headers), claim.length)) co_return;
  for (std::uint64_t offset = 0; offset < claim.length;) {
    const auto read = [&claim, offset]() -> base::Result<std::string> {
      std::string piece(std::min<std::uint64_t>(kPiece, claim.length - offset), '\0');
      TRY(const auto count, flow::read_content(claim, offset, piece));
      piece.resize(count);
      return piece;
    };
    auto piece = co_await http::run_on(workers_, read);
    if (!piece || piece->empty()) co_return;  // the client sees that the rest is missing
    offset += piece->size();
    if (!co_await exchange.write(*std::move(piece))) co_return;
  }
  (void)co_await exchange.finish();
}

http::Awaitable<void> NifiService::handle(http::Exchange& exchange) {
  const auto& request = exchange.request();
  Call call{.method = request.method,
            .path = std::string(request.path().substr(std::min(kPrefix.size(), request.path().size()))),
            .query = http::parse_query(request.query()),
            .content_type = std::string(request.headers.get("content-type")),
            .body = {}};
  auto open = answer_to_anyone(call);
  const bool logs_in = call.method == "POST" && call.path == "access/token";
  Answer answer;
  if (open) {
    answer = *std::move(open);
  } else if (!logs_in && !knows(request)) {
    answer = {
        .status = 401,
        .content_type = "text/plain",
        .body = "Unauthorized: log in at /nifi-api/access/token, or send the access token of the data directory."};
  } else if (call.method == "DELETE" && call.path == "access/logout") {
    tokens_.erase(std::string(token_of(request)));
    answer = {.content_type = "text/plain"};
  } else {
    auto body = co_await http::read_body(exchange, options_.body_bytes_max);
    if (!body) {
      answer = {.status = 400, .content_type = "text/plain", .body = body.error().message};
    } else if (logs_in) {
      answer = log_in(*body);
    } else {
      call.body = *std::move(body);
      const auto work = [this, &call] { return api_.answer(call); };
      answer = co_await http::run_on(workers_, work);
    }
  }
  if (answer.content) {
    co_await send_content(exchange, answer);
    co_return;
  }
  http::Response response{.status = answer.status,
                          .headers = {{"Content-Type", answer.content_type}, {"Cache-Control", "no-store"}},
                          .body = std::move(answer.body)};
  if (!answer.file_name.empty()) response.headers.add("Content-Disposition", disposition_of(answer.file_name));
  (void)co_await exchange.respond(std::move(response));
}

}  // namespace server::nifi
