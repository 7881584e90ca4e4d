#include "server/warehouse/stage_files.h"

#include <fmt/format.h>

#include <charconv>

#include "server/equal.h"
#include "store/checksum.h"

namespace server::warehouse {
namespace {

constexpr std::string_view kPrefix = "/stage/";
constexpr std::int64_t kLifeSeconds = 3600;
constexpr std::size_t kPieceBytes = 1 << 20;

std::string_view name_of(StageUrls::Use use) {
  switch (use) {
    case StageUrls::Use::Download: return "get";
    case StageUrls::Use::Upload: return "put";
    case StageUrls::Use::UploadIfAbsent: return "new";
  }
  return "";
}

http::Response failure(const base::Error& error) {
  const int status = error.kind == base::ErrorKind::NotFound       ? 404
                     : error.kind == base::ErrorKind::Denied       ? 403
                     : error.kind == base::ErrorKind::InvalidValue ? 400
                                                                   : 503;
  return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = error.message};
}

}  // namespace

std::string StageUrls::signature(const Object& object, std::string_view expires) const {
  return store::to_hex(store::hmac_sha256(
      secret_, fmt::format("{}\n{}\n{}\n{}", name_of(object.use), object.bucket, object.key, expires)));
}

std::string StageUrls::sign(const Object& object) const {
  const auto expires = std::to_string(clock_.now().ns / 1'000'000'000 + kLifeSeconds);
  return fmt::format("{}{}/{}?use={}&exp={}&sig={}", kPrefix, object.bucket, http::percent_encode(object.key, "/"),
                     name_of(object.use), expires, signature(object, expires));
}

base::Result<StageUrls::Object> StageUrls::check(const http::Request& request) const {
  const auto denied = [](std::string_view why) {
    return base::fail(base::ErrorKind::Denied, fmt::format("the URL of the staged file is not valid: {}", why));
  };
  auto path = request.path().substr(std::min(kPrefix.size(), request.path().size()));
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return denied("it names no file");
  Object object{.use = Use::Download,
                .bucket = std::string(path.substr(0, slash)),
                .key = http::percent_decode(path.substr(slash + 1))};
  std::string use, expires, given;
  for (auto& [name, value] : http::parse_query(request.query())) {
    if (name == "use")
      use = std::move(value);
    else if (name == "exp")
      expires = std::move(value);
    else if (name == "sig")
      given = std::move(value);
  }
  for (const auto known : {Use::Upload, Use::UploadIfAbsent})
    if (use == name_of(known)) object.use = known;
  if (!equal_in_constant_time(given, signature(object, expires))) return denied("its signature does not match");
  std::int64_t seconds = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  if (seconds < clock_.now().ns / 1'000'000'000) return denied("it has expired; run the statement again");
  return object;
}

http::Awaitable<void> StageFiles::handle(http::Exchange& exchange) {
  const auto& method = exchange.request().method;
  auto object = urls_.check(exchange.request());
  http::Response response;
  if (!object) {
    response = failure(object.error());
  } else if (method == "PUT" && object->use != StageUrls::Use::Download) {
    response = co_await receive(exchange, *std::move(object));
  } else if ((method == "GET" || method == "HEAD") && object->use == StageUrls::Use::Download) {
    co_await send(exchange, *std::move(object));
    co_return;
  } else {
    response = {.status = method == "GET" || method == "HEAD" ? 404 : 405,
                .headers = {{"Content-Type", "text/plain"}},
                .body = "this URL is for the other direction"};
  }
  (void)co_await exchange.respond(std::move(response));
}

http::Awaitable<http::Response> StageFiles::receive(http::Exchange& exchange, StageUrls::Object object) {
  const auto open = [&] { return objects_.begin_put(object.bucket, object.key); };
  auto writer = co_await http::run_on(workers_, open);
  if (!writer) co_return failure(writer.error());
  for (;;) {
    const auto piece = co_await exchange.read_some(kPieceBytes);
    if (!piece) co_return failure(piece.error());
    if (piece->empty()) break;
    const auto append = [&] { return (*writer)->append(*piece); };
    const auto appended = co_await http::run_on(workers_, append);
    if (!appended) co_return failure(appended.error());
  }
  store::CommitOptions options;
  if (object.use == StageUrls::Use::UploadIfAbsent) options.conditions.if_none_match = "*";
  const auto commit = [&] { return (*writer)->commit(options); };
  const auto committed = co_await http::run_on(workers_, commit);
  http::Response done{.status = 200, .headers = {{"Content-Length", "0"}}};
  if (committed) co_return done;
  if (committed.error().kind != base::ErrorKind::Conflict) co_return failure(committed.error());
  done.headers.add("x-freshet-skipped", "true");
  co_return done;
}

http::Awaitable<void> StageFiles::send(http::Exchange& exchange, StageUrls::Object object) {
  const auto open = [&] { return objects_.open_reader(object.bucket, object.key); };
  const auto reader = co_await http::run_on(workers_, open);
  if (!reader) {
    auto response = failure(reader.error());
    (void)co_await exchange.respond(std::move(response));
    co_return;
  }
  const auto size = (*reader)->details().info.size;
  http::Headers headers{{"Content-Type", "application/octet-stream"}};
  if (!co_await exchange.begin(200, std::move(headers), size)) co_return;
  std::string piece;
  for (std::uint64_t offset = 0; offset < size && exchange.request().method != "HEAD"; offset += piece.size()) {
    piece.resize(kPieceBytes);
    const auto read = [&] { return (*reader)->read_at(offset, piece); };
    const auto count = co_await http::run_on(workers_, read);
    if (!count || *count == 0) co_return;  // the client sees a short body
    piece.resize(*count);
    auto bytes = piece;
    if (!co_await exchange.write(std::move(bytes))) co_return;
  }
  (void)co_await exchange.finish();
}

}  // namespace server::warehouse
