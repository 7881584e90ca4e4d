#include "flow/processors/listen_http.h"

#include <fmt/format.h>

#include "flow/content/archive_entry.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/record_io.h"
#include "flow/web/listening_processor.h"
#include "flow/web/received.h"
#include "flow/web/settings.h"
#include "flow/web/text.h"

namespace flow {
namespace {

constexpr std::size_t kSmallBytes = 64 << 10;  // such a body waits in memory for others
constexpr std::string_view kAccepted =
    "application/flowfile-v3,application/flowfile-v2,application/flowfile-v1,application/flowfile,*/*;q=0.8";

constexpr Allowed kProtocols[] = {{"HTTP_1_1", "http/1.1"}, {"H2_HTTP_1_1", "h2 http/1.1"}, {"H2", "h2", false}};
constexpr Allowed kAuthentications[] = {{"AUTO"}, {"WANT"}, {"REQUIRED"}, {"NONE"}};
constexpr Property kProperties[] = {
    {.name = "Base Path", .fallback = "contentListener", .required = true, .scope = Scope::Environment},
    {.name = "Listening Port",
     .help = "0: any that is free",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Listening Port for Health Check Requests",
     .old_name = "health-check-port",
     .help = "Where nothing but the health check is answered, and no certificate is asked for",
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Max Data to Receive per Second", .no_effect = true},
    {.name = "SSL Context Service", .help = "With it: HTTPS, and nothing else", .service = SslContext::kApi},
    {.name = "HTTP Protocols",
     .help = "HTTP/1.1 is spoken",
     .fallback = "HTTP_1_1",
     .required = true,
     .allowed = kProtocols},
    {.name = "Client Authentication",
     .old_name = "client-authentication",
     .help = "AUTO: required where the service has a trust store",
     .fallback = "AUTO",
     .allowed = kAuthentications},
    {.name = "Authorized Subject DN Pattern",
     .old_name = "Authorized DN Pattern",
     .fallback = ".*",
     .required = true,
     .kind = Property::Kind::Pattern},
    {.name = "Authorized Issuer DN Pattern",
     .old_name = "authorized-issuer-dn-pattern",
     .fallback = ".*",
     .kind = Property::Kind::Pattern},
    {.name = "Max Unconfirmed Flowfile Time", .fallback = "60 secs", .required = true, .no_effect = true},
    {.name = "HTTP Headers for Attributes",
     .old_name = "HTTP Headers to receive as Attributes (Regex)",
     .kind = Property::Kind::Pattern},
    {.name = "Return Code", .fallback = "200", .kind = Property::Kind::Integer},
    {.name = "Multipart Request Max Size",
     .old_name = "multipart-request-max-size",
     .fallback = "1 MB",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Multipart Read Buffer Size",
     .old_name = "multipart-read-buffer-size",
     .fallback = "512 KB",
     .required = true,
     .no_effect = true},
    {.name = "Maximum Thread Pool Size",
     .old_name = "max-thread-pool-size",
     .help = "Threads do not wait for clients here: 16 at most are made",
     .fallback = "200",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Record Reader", .old_name = "record-reader", .service = record::ReaderFactory::kApi},
    {.name = "Record Writer", .old_name = "record-writer", .service = record::WriterFactory::kApi},
    {.name = "Request Header Maximum Size", .fallback = "8 KB", .required = true, .kind = Property::Kind::Size},
};
constexpr Relationship kRelationships[] = {{"success"}};

using Attribute = std::pair<std::string, std::string>;

/// How a body is taken apart.
enum class Form { Plain, PackageV3, PackageV2, PackageV1, Multipart, Records };

struct Rules {
  std::string path;  // "/contentListener"; "/": any
  std::optional<el::Pattern> subjects, issuers, headers;
  int status = 200;
  std::uint64_t multipart_bytes_max = 0;
  RecordServices records;
  bool reads_records() const { return records.reader != nullptr && records.writer != nullptr; }
};

http::Response text_response(int status, std::string text, http::Headers headers = {}) {
  headers.add("Content-Type", "text/plain");
  return {.status = status, .headers = std::move(headers), .body = std::move(text)};
}

http::Response health_response(const http::Request& request) {
  if (request.method == "GET" || request.method == "HEAD") return text_response(200, "OK");
  return text_response(405, "only GET and HEAD are answered here", {{"Allow", "GET, HEAD"}});
}

/// Answers the health check, and nothing else.
class HealthCheck final : public web::Listener::Service {
 public:
  explicit HealthCheck(std::string path) : path_(std::move(path)) {}
  http::Awaitable<void> handle(http::Exchange& exchange) override {
    auto response =
        exchange.request().path() == path_ ? health_response(exchange.request()) : text_response(404, "not found");
    (void)co_await exchange.respond(std::move(response));
  }

 private:
  const std::string path_;
};

/// What a request body becomes in the flow.
class Reception final : public web::Listener::Service {
 public:
  explicit Reception(Rules rules) : rules_(std::move(rules)) {}
  void serve(web::Listener& listener) override { listener_ = &listener; }

  http::Awaitable<void> handle(http::Exchange& exchange) override {
    const web::Listener::Turn turn(*listener_);
    auto response = text_response(503, "stopping");
    if (turn) response = co_await answer(exchange);
    (void)co_await exchange.respond(std::move(response));
  }

 private:
  http::Awaitable<http::Response> answer(http::Exchange& exchange) {
    const auto& request = exchange.request();
    const auto path = request.path();
    const auto health = (rules_.path == "/" ? "" : rules_.path) + "/healthcheck";
    if (path == health) co_return health_response(request);
    if (rules_.path != "/" && path != rules_.path) co_return text_response(404, "not found");
    if (request.method == "HEAD")
      co_return text_response(
          200, "",
          {{"Accept-Encoding", "gzip"}, {"Accept", std::string(kAccepted)}, {"x-nifi-transfer-protocol-version", "3"}});
    if (request.method != "POST")
      co_return text_response(405, "only POST and HEAD are answered here", {{"Allow", "POST, HEAD"}});
    if (exchange.is_one_too_many() || listener_->is_full()) co_return text_response(503, "the flow is full");
    auto attributes = attributes_of(exchange);
    if (!attributes) co_return text_response(403, attributes.error().message);
    const auto outcome = co_await take(exchange, std::move(*attributes));
    if (outcome) co_return text_response(rules_.status, "");
    co_return text_response(status_of(outcome.error()), outcome.error().message);
  }

  static int status_of(const base::Error& error) {
    switch (error.kind) {
      case base::ErrorKind::InvalidValue:
      case base::ErrorKind::Syntax:
      case base::ErrorKind::Unsupported: return 400;
      case base::ErrorKind::Unavailable: return 503;
      default: return 500;
    }
  }

  /// Errors: Denied for a certificate that may not send.
  base::Result<std::vector<Attribute>> attributes_of(const http::Exchange& exchange) const {
    const auto& request = exchange.request();
    std::vector<Attribute> attributes;
    std::string subject = "none", issuer = "none";
    if (const auto peer = exchange.peer()) {
      TRY(const auto known, rules_.subjects->matches(peer->subject));
      if (!known) return base::fail(base::ErrorKind::Denied, "not allowed based on subject dn");
      TRY(const auto trusted, !rules_.issuers ? base::Result<bool>(true) : rules_.issuers->matches(peer->issuer));
      if (!trusted) return base::fail(base::ErrorKind::Denied, "not allowed based on issuer dn");
      subject = peer->subject;
      issuer = peer->issuer;
    }
    if (const auto type = request.headers.get("content-type"); !type.empty())
      attributes.emplace_back("mime.type", type);
    if (const auto name = web::trimmed(request.headers.get("filename")); !name.empty())
      attributes.emplace_back("filename", name);
    if (rules_.headers) {
      for (const auto& [name, value] : request.headers.lines()) {
        TRY(const auto wanted, rules_.headers->matches(name));
        if (wanted) attributes.emplace_back(name, value);
      }
    }
    attributes.emplace_back("restlistener.remote.source.host", exchange.remote_address());
    attributes.emplace_back("restlistener.request.uri", request.path());
    attributes.emplace_back("restlistener.remote.user.dn", subject);
    attributes.emplace_back("restlistener.remote.issuer.dn", issuer);
    return attributes;
  }

  Form form_of(std::string_view type) const {
    if (type == "application/flowfile-v3") return Form::PackageV3;
    if (type == "application/flowfile-v2") return Form::PackageV2;
    if (type.starts_with("application/flowfile")) return Form::PackageV1;
    if (type.find("multipart/form-data") != std::string_view::npos) return Form::Multipart;
    return rules_.reads_records() ? Form::Records : Form::Plain;
  }

  /// Returns when all that the request brought is durable in the flow.
  http::Awaitable<base::Status> take(http::Exchange& exchange, std::vector<Attribute> attributes) {
    const auto& headers = exchange.request().headers;
    const auto type = std::string(headers.get("content-type"));
    const auto form = form_of(type);
    const bool is_gzip = http::equal_without_case(headers.get("content-encoding"), "gzip") ||
                         http::equal_without_case(headers.get("flowfile-gzipped"), "true");
    const auto length = exchange.has_body() ? exchange.content_length() : std::optional<std::uint64_t>(0);
    if (form == Form::Plain && !is_gzip && length && *length <= kSmallBytes) {
      web::Intake::Message message;
      CO_TRY(message.body, co_await http::read_body(exchange, kSmallBytes));
      message.attributes = std::move(attributes);
      co_return co_await listener_->intake().put(std::move(message));
    }
    const auto session = listener_->session();
    web::ReceiveOptions options{.gunzip = is_gzip};
    if (form == Form::Multipart) options.bytes_max = rules_.multipart_bytes_max;
    CO_TRY(const auto content, co_await web::receive(exchange, listener_->workers(), *session, options));
    const std::function<base::Status()> store = [&]() -> base::Status {
      TRY_VOID(put(*session, content, form, type, attributes));
      return web::Intake::commit(*session);
    };
    co_return co_await http::run_on(listener_->workers(), store);
  }

  base::Status put(Session& session, const ContentClaim& content, Form form, const std::string& type,
                   const std::vector<Attribute>& attributes) const {
    switch (form) {
      case Form::Plain: add(session, content, attributes); return {};
      case Form::Records: return put_records(session, add(session, content, attributes));
      case Form::Multipart: return put_parts(session, content, type, attributes);
      case Form::PackageV3:
      case Form::PackageV2:
      case Form::PackageV1: break;
    }
    TRY(const auto entries, form == Form::PackageV3   ? list_packages_v3(content)
                            : form == Form::PackageV2 ? list_packages_v2(content)
                                                      : list_package_v1(content));
    for (const auto& entry : entries) {
      auto& file = add(session, slice(content, entry.offset, entry.size), attributes);
      // What the sender knows of its flowfile counts for more than what the request says.
      for (const auto& [name, value] : entry.attributes)
        if (!name.starts_with("restlistener.")) session.put_attribute(file, name, value);
    }
    return {};
  }

  static ContentClaim slice(const ContentClaim& content, std::uint64_t offset, std::uint64_t size) {
    return size == 0 ? ContentClaim{} : ContentClaim{content.file, content.offset + offset, size};
  }

  static FlowFile& add(Session& session, ContentClaim content, const std::vector<Attribute>& attributes) {
    auto& file = session.create();
    if (content.length > 0) session.set_content(file, std::move(content));
    for (const auto& [name, value] : attributes) session.put_attribute(file, name, value);
    const auto uri = std::ranges::find(attributes, "restlistener.request.uri", &Attribute::first);
    session.report(EventType::Receive, file, {.uri = uri == attributes.end() ? std::string() : uri->second});
    session.transfer(file, "success");
    return file;
  }

  base::Status put_records(Session& session, FlowFile& file) const {
    TRY(const auto reader, rules_.records.reader->open(session, file));
    TRY(auto schema, rules_.records.writer->schema(session, file, reader->schema()));
    TRY(auto output, RecordOutput::open(session, file, *rules_.records.writer, std::move(schema)));
    TRY_VOID(for_each_row(*reader, [&](const record::Row& row) { return output.write(row); }));
    return output.finish(session, file);
  }

  static base::Status put_parts(Session& session, const ContentClaim& content, const std::string& type,
                                const std::vector<Attribute>& attributes) {
    TRY(const auto parts, web::parts_of(content, type));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      auto& file = add(session, parts[i].content, attributes);
      web::describe_part(session, file, parts, i);
    }
    return {};
  }

  const Rules rules_;
  web::Listener* listener_ = nullptr;
};

class ListenHttp final : public web::ListeningProcessor {
 public:
  base::Status prepare(const Configuration& configuration, const Services& services) override {
    Rules rules;
    rules.path = "/" + configuration.text_or("Base Path", "");
    const auto pattern = [&](std::string_view name, std::optional<el::Pattern>& into) -> base::Status {
      const auto text = configuration.text_or(name, "");
      if (text.empty()) return {};
      TRY(auto compiled, el::Pattern::compile(text));
      into.emplace(std::move(compiled));
      return {};
    };
    TRY_VOID(pattern("Authorized Subject DN Pattern", rules.subjects));
    TRY_VOID(pattern("Authorized Issuer DN Pattern", rules.issuers));
    TRY_VOID(pattern("HTTP Headers for Attributes", rules.headers));
    rules.status = static_cast<int>(configuration.integer_or("Return Code", 200));
    if (rules.status < 100 || rules.status > 599)
      return in_property(configuration, "Return Code", "is no status of HTTP");
    rules.multipart_bytes_max = configuration.size("Multipart Request Max Size").value_or(1 << 20);
    rules.records = RecordServices::of(configuration);
    if (rules.records.reader != nullptr && rules.records.writer == nullptr)
      return in_property(configuration, "Record Writer", "is required beside a Record Reader");
    health_ = std::make_unique<HealthCheck>((rules.path == "/" ? "" : rules.path) + "/healthcheck");
    reception_ = std::make_unique<Reception>(std::move(rules));
    TRY(auto ports, choose_ports(configuration, services));
    listen_on(std::move(ports), web::worker_threads(configuration, "Maximum Thread Pool Size"));
    return {};
  }

 private:
  base::Result<std::vector<web::Listener::Port>> choose_ports(const Configuration& configuration,
                                                              const Services& services) {
    web::Listener::Port receiving{.address = services.listen_address, .service = reception_.get()};
    TRY(receiving.port, web::port_of(configuration, "Listening Port"));
    receiving.head_bytes_max = configuration.size("Request Header Maximum Size").value_or(8 << 10);
    auto health = receiving;
    health.service = health_.get();
    if (const auto ssl = configuration.service<SslContext>("SSL Context Service")) {
      const auto wish = configuration.text_or("Client Authentication", "AUTO");
      const bool has_trust = !ssl->trust_store().path.empty();
      auto clients = http::ClientAuthentication::None;
      if (wish == "WANT") clients = http::ClientAuthentication::Wanted;
      if (wish == "REQUIRED" || (wish == "AUTO" && has_trust)) clients = http::ClientAuthentication::Required;
      if (clients != http::ClientAuthentication::None && !has_trust)
        return in_property(configuration, "Client Authentication", "needs a service with a trust store");
      auto tls = web::server_tls(*ssl, clients);
      if (!tls) return in_property(configuration, "SSL Context Service", tls.error());
      receiving.tls = std::move(*tls);
      health.tls = receiving.tls;
      health.tls->clients = http::ClientAuthentication::None;
    }
    if (!configuration.is_set("Listening Port for Health Check Requests")) return std::vector{receiving};
    TRY(health.port, web::port_of(configuration, "Listening Port for Health Check Requests"));
    if (health.port != 0 && health.port == receiving.port)
      return in_property(configuration, "Listening Port for Health Check Requests", "must be another port");
    return std::vector{receiving, health};
  }

  std::unique_ptr<HealthCheck> health_;
  std::unique_ptr<Reception> reception_;
};

}  // namespace

const Description kListenHttp{
    .type = "org.apache.nifi.processors.standard.ListenHTTP",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes flowfiles of what is posted to it over HTTP, and answers when they are durable.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .make = [] { return std::unique_ptr<Processor>(new ListenHttp); },
};

}  // namespace flow
