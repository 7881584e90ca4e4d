// Lookups by HTTP requests. Source: NiFi's RestLookupService.
#include <fmt/format.h>

#include <algorithm>

#include "flow/content/text_ends.h"
#include "flow/el/value.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/record/path.h"
#include "flow/record/reader.h"
#include "flow/record/value_text.h"
#include "flow/services/lookup.h"
#include "flow/services/oauth2_access_token.h"
#include "flow/web/caller.h"
#include "flow/web/request_body.h"
#include "flow/web/settings.h"
#include "flow/web/text.h"

namespace flow {
namespace {

using record::Value;

constexpr std::size_t kAnswerBytes = std::size_t{64} << 20;
constexpr std::size_t kToldBytes = 256;   // of the answer, in an error
constexpr std::size_t kArenaBlock = 512;  // a record is small, and a cache may hold many

constexpr Allowed kAuthentications[] = {{"NONE", "None"}, {"BASIC", "Basic"}, {"OAUTH2", "OAuth2"}};
constexpr Allowed kHandlings[] = {{"RETURNED", "Returned"}, {"EVALUATED", "Evaluated"}};
constexpr Property kProperties[] = {
    {.name = "URL",
     .old_name = "rest-lookup-url",
     .help = "Sees the coordinates as attributes, and the flowfile's, which win",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Record Reader",
     .old_name = "rest-lookup-record-reader",
     .help = "Of the answer, of which the first record counts; answers have 64 MB at most",
     .required = true,
     .service = record::ReaderFactory::kApi},
    {.name = "Record Path",
     .old_name = "rest-lookup-record-path",
     .help = "To what is wanted in that record; without it the record is",
     .scope = Scope::Environment},
    {.name = "Response Handling Strategy",
     .old_name = "rest-lookup-response-handling-strategy",
     .help = "Whether the answer is read whatever its status is, or one without success fails the lookup",
     .fallback = "RETURNED",
     .required = true,
     .allowed = kHandlings},
    {.name = "SSL Context Service",
     .old_name = "rest-lookup-ssl-context-service",
     .help = "Without it, or without a trust store in it: the system's authorities",
     .service = SslContext::kApi},
    {.name = "Authentication Strategy",
     .old_name = "rest-lookup-authentication-strategy",
     .help = "A user name is shown to the server whatever this is, as in NiFi",
     .fallback = "NONE",
     .required = true,
     .allowed = kAuthentications},
    {.name = "OAuth2 Access Token Provider",
     .old_name = "rest-lookup-oauth2-access-token-provider",
     .service = Oauth2AccessTokenProvider::kApi},
    {.name = "Proxy Configuration Service",
     .old_name = "proxy-configuration-service",
     .help = "Of type DIRECT or HTTP",
     .service = ProxyConfiguration::kApi},
    {.name = "Basic Authentication Username",
     .old_name = "rest-lookup-basic-auth-username",
     .scope = Scope::Environment},
    {.name = "Basic Authentication Password",
     .old_name = "rest-lookup-basic-auth-password",
     .scope = Scope::Environment,
     .sensitive = true},
    {.name = "Use Digest Authentication",
     .old_name = "rest-lookup-digest-auth",
     .help = "MD5 and SHA-256, with the user and password above",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Connection Timeout",
     .old_name = "rest-lookup-connection-timeout",
     .fallback = "5 secs",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Read Timeout",
     .old_name = "rest-lookup-read-timeout",
     .fallback = "15 secs",
     .required = true,
     .kind = Property::Kind::Duration},
};

/// The coordinates that are no parts of a URL: how to ask.
constexpr std::string_view kMethod = "request.method", kBody = "request.body", kType = "mime.type";
constexpr std::string_view kMethods[] = {"DELETE", "GET", "POST", "PUT"};

base::Failure<base::Error> wrong(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

std::string text_at(const LookupService::Coordinates& coordinates, std::string_view name) {
  const auto found = coordinates.find(std::string(name));
  return found == coordinates.end() ? std::string() : record::plain_text(found->second);
}

class RestLookup final : public ControllerService, public LookupService {
 public:
  base::Status enable(const Configuration& configuration, const Services& services) override {
    configuration_ = &configuration;
    reader_ = configuration.service<record::ReaderFactory>("Record Reader");
    tokens_ = configuration.service<Oauth2AccessTokenProvider>("OAuth2 Access Token Provider");
    if (tokens_ == nullptr && configuration.text("Authentication Strategy") == "OAUTH2")
      return wrong(
          fmt::format("{}, property 'OAuth2 Access Token Provider': is required by that Authentication Strategy",
                      configuration.error_prefix()));
    if (const auto path = configuration.text_or("Record Path", ""); !el::trimmed(path).empty()) {
      auto compiled = record::RecordPath::compile(path);
      if (!compiled)
        return wrong(
            fmt::format("{}, property 'Record Path': {}", configuration.error_prefix(), compiled.error().message));
      path_.emplace(std::move(*compiled));
    }
    evaluates_status_ = configuration.text("Response Handling Strategy") == "EVALUATED";
    credentials_ = {std::string(web::trimmed(configuration.text_or("Basic Authentication Username", ""))),
                    std::string(web::trimmed(configuration.text_or("Basic Authentication Password", "")))};
    web::Caller::Options options;
    TRY(options.tls, web::client_tls(configuration.service<SslContext>("SSL Context Service").get()));
    TRY(options.proxy, web::proxy_of(configuration.service<ProxyConfiguration>("Proxy Configuration Service").get()));
    options.connect_timeout = web::milliseconds_of(configuration, "Connection Timeout", options.connect_timeout);
    options.read_timeout = web::milliseconds_of(configuration, "Read Timeout", options.read_timeout);
    uses_digest_ = configuration.flag("Use Digest Authentication");
    if (uses_digest_ && !credentials_.user.empty()) options.digest = credentials_;
    caller_ = std::make_unique<web::Caller>(std::move(options), services.wall_clock);
    return {};
  }
  std::string_view required_key() const override { return {}; }

  bool asks_others() const override { return true; }
  base::Result<Found> find(const Request& request) override {
    web::Call call;
    web::RequestBody body;
    TRY_VOID(fill(request, call, body));
    auto source = body.source();
    if (!text_at(request.coordinates, kBody).empty() && call.method != "GET") call.body = &source;
    int status = 0;
    std::string text;
    const auto on_head = [&](const web::Answer& answer) -> base::Status {
      status = answer.status;
      return {};
    };
    const auto on_bytes = [&](std::string_view bytes) -> base::Status {
      if (text.size() + bytes.size() > kAnswerBytes)
        return wrong(fmt::format("the answer of {} is longer than {} bytes", call.url, kAnswerBytes));
      text += bytes;
      return {};
    };
    http::Trouble trouble{};
    TRY_VOID(caller_->call(call, on_head, on_bytes, request.stop, trouble));
    if (evaluates_status_ && status / 100 != 2)
      return wrong(fmt::format("HTTP {} from {}: {}", status, call.url, beginning_of(text, kToldBytes)));
    auto found = read(request, std::move(text));
    if (!found) return wrong(fmt::format("the answer of {}: {}", call.url, found.error().message));
    return found;
  }

 private:
  base::Status fill(const Request& request, web::Call& call, web::RequestBody& body) const {
    const auto& coordinates = request.coordinates;
    call.method = coordinates.contains(std::string(kMethod))
                      ? web::upper_case(web::trimmed(text_at(coordinates, kMethod)))
                      : std::string("GET");
    if (std::ranges::find(kMethods, call.method) == std::end(kMethods))
      return wrong(fmt::format("the coordinate {} is '{}': it may be get, delete, post and put", kMethod, call.method));
    FlowFile asked;
    for (const auto& [name, value] : coordinates) asked.attributes.insert_or_assign(name, record::plain_text(value));
    for (const auto& [name, value] : request.file.attributes) asked.attributes.insert_or_assign(name, value);
    TRY(const auto url, configuration_->evaluate_or("URL", request.session, asked, ""));
    call.url = web::trimmed(url);
    for (const auto& dynamic : configuration_->dynamic()) {
      TRY(auto value, request.session.evaluate(dynamic.value, request.file));
      call.headers.add(dynamic.name, std::move(value));
    }
    if (!credentials_.user.empty()) {
      if (!uses_digest_) call.headers.set("Authorization", web::basic(credentials_));
    } else if (tokens_ != nullptr) {
      TRY(const auto token, tokens_->access_token());
      call.headers.set("Authorization", "Bearer " + token);
    }
    auto content = text_at(coordinates, kBody);
    const auto type = text_at(coordinates, kType);
    if (el::trimmed(content).empty()) {
      if (call.method == "POST" || call.method == "PUT")
        return wrong(fmt::format("{} needs the coordinate {}", call.method, kBody));
    } else if (el::trimmed(type).empty()) {
      return wrong(fmt::format("the coordinate {} needs {} beside it", kBody, kType));
    }
    if (!content.empty()) call.headers.set("Content-Type", type);
    body.add(std::move(content));
    return {};
  }

  /// The first record, or what the path finds in it: as a record with one field when it is none.
  base::Result<Found> read(const Request& request, std::string text) const {
    TRY(const auto reader, reader_->open({record::input_of(std::move(text)), request.session, request.file, {}}));
    record::Batch batch;
    TRY_VOID(reader->read(batch));
    if (batch.rows.empty()) return Found{};
    const auto arena = std::make_shared<record::Arena>(kArenaBlock);
    arena->keep(reader->schema());
    const auto copy = [&](const Value& record) { return Found{record::deep_copy(record, *arena), arena}; };
    auto& row = batch.rows.front();
    if (!path_) return copy(Value::of(&row));
    TRY(const auto selected, path_->select(row, batch.arena));
    if (selected.empty()) return Found{};
    const auto& first = selected.front();
    if (first.value.kind == record::Kind::Record) return copy(first.value);
    const auto schema = record::make_schema({{.name = first.name, .type = first.type}});
    arena->keep(schema);
    const record::Row made{.schema = schema.get(), .fields = &first.value};
    return copy(Value::of(&made));
  }

  const Configuration* configuration_ = nullptr;
  std::shared_ptr<record::ReaderFactory> reader_;
  std::shared_ptr<Oauth2AccessTokenProvider> tokens_;
  std::optional<record::RecordPath> path_;
  bool evaluates_status_ = false;
  bool uses_digest_ = false;
  web::Credentials credentials_;
  std::unique_ptr<web::Caller> caller_;
};

constexpr std::string_view kApis[] = {LookupService::kApi, "org.apache.nifi.lookup.RecordLookupService"};

}  // namespace

const Description kRestLookupService{
    .type = "org.apache.nifi.lookup.RestLookupService",
    .bundle = "org.apache.nifi:nifi-lookup-services-nar",
    .help =
        "Records that servers answer with: the coordinates make the URL, or are request.method, request.body and "
        "mime.type; dynamic properties are headers.",
    .properties = kProperties,
    .dynamic = true,
    .dynamic_scope = Scope::FlowFile,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new RestLookup); },
};

}  // namespace flow
