#include "flow/processors/handle_http_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/services/http_context_map.h"
#include "flow/web/listening_processor.h"
#include "flow/web/parked_request.h"
#include "flow/web/received.h"
#include "flow/web/request_attributes.h"
#include "flow/web/settings.h"
#include "flow/web/text.h"

namespace flow {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::uint64_t kFormBytesMax = 1 << 20;  // whose parameters are looked at
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

constexpr Allowed kProtocols[] = {{"HTTP_1_1", "http/1.1"}, {"H2_HTTP_1_1", "h2 http/1.1"}, {"H2", "h2", false}};
constexpr Allowed kTruths[] = {{"true"}, {"false"}};
constexpr Allowed kAuthentications[] = {{"No Authentication"}, {"Want Authentication"}, {"Need Authentication"}};
constexpr Property kProperties[] = {
    {.name = "Listening Port",
     .help = "0: any that is free",
     .fallback = "80",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Hostname", .help = "The address to listen on; without it all of the machine"},
    {.name = "SSL Context Service", .help = "With it: HTTPS, and nothing else", .service = SslContext::kApi},
    {.name = "HTTP Protocols",
     .help = "HTTP/1.1 is spoken",
     .fallback = "HTTP_1_1",
     .required = true,
     .allowed = kProtocols},
    {.name = "HTTP Context Map", .required = true, .service = HttpContextMap::kApi},
    {.name = "Allowed Paths", .help = "A pattern; another path is answered with 404", .kind = Property::Kind::Pattern},
    {.name = "Default URL Character Set", .fallback = "UTF-8", .required = true},
    {.name = "Allow GET", .fallback = "true", .required = true, .allowed = kTruths},
    {.name = "Allow POST", .fallback = "true", .required = true, .allowed = kTruths},
    {.name = "Allow PUT", .fallback = "true", .required = true, .allowed = kTruths},
    {.name = "Allow DELETE", .fallback = "true", .required = true, .allowed = kTruths},
    {.name = "Allow HEAD", .fallback = "false", .required = true, .allowed = kTruths},
    {.name = "Allow OPTIONS", .fallback = "false", .required = true, .allowed = kTruths},
    {.name = "Maximum Threads",
     .help = "Threads do not wait for clients here: 16 at most are made",
     .fallback = "200",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Request Header Maximum Size", .fallback = "8 KB", .required = true, .kind = Property::Kind::Size},
    {.name = "Additional HTTP Methods", .help = "Separated by commas"},
    {.name = "Client Authentication", .fallback = "No Authentication", .required = true, .allowed = kAuthentications},
    {.name = "Container Queue Size",
     .old_name = "container-queue-size",
     .help = "Requests that are received at a time; more are answered with 503",
     .fallback = "50",
     .required = true,
     .kind = Property::Kind::Integer},
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
    {.name = "Parameters to Attributes",
     .old_name = "parameters-to-attributes",
     .help = "Names of parameters, separated by commas, that become http.param.<name>"},
};
constexpr Relationship kRelationships[] = {{"success"}};

struct Rules {
  std::set<std::string> methods;
  std::optional<el::Pattern> paths;
  std::shared_ptr<HttpContextMap> requests;
  std::size_t received_max = 50;
  std::uint64_t multipart_bytes_max = 0;
  web::RequestFacts facts;
};

std::set<std::string> names_in(std::string_view list) {
  std::set<std::string> names;
  while (!list.empty())
    if (const auto name = web::take_until(list, ','); !name.empty()) names.emplace(name);
  return names;
}

/// Puts requests into the flow, and keeps them until their answers come.
class Reception final : public web::Listener::Service {
 public:
  explicit Reception(Rules rules) : rules_(std::move(rules)) {}
  void serve(web::Listener& listener) override {
    listener_ = &listener;
    const std::lock_guard lock(parked_mutex_);
    gives_up_ = false;
  }

  http::Awaitable<void> handle(http::Exchange& exchange) override {
    const web::Listener::Turn turn(*listener_);
    if (!turn) {
      co_await refuse(exchange, 503, "Stopping Server");
      co_return;
    }
    const auto& request = exchange.request();
    const auto path = http::percent_decode(request.path());
    const auto allowed = rules_.paths ? rules_.paths->matches(path) : base::Result<bool>(true);
    if (!rules_.methods.contains(web::upper_case(request.method))) {
      co_await refuse(exchange, 405, "Method Not Allowed");
    } else if (!allowed || !*allowed) {
      co_await refuse(exchange, 404, "Path Not Found");
    } else if (listener_->is_full()) {
      co_await refuse(exchange, 503, "No Available Relationships");
    } else if (receiving_ >= rules_.received_max) {
      co_await refuse(exchange, 503, "Request Queue Full");
    } else {
      co_await pass_on(exchange);
    }
  }

  /// Those that wait for an answer get 503.
  void give_up() {
    const std::lock_guard lock(parked_mutex_);
    gives_up_ = true;
    for (const auto& request : parked_) request->give_up();
  }

 private:
  using Parked = std::shared_ptr<web::ParkedRequest>;

  static http::Awaitable<void> refuse(http::Exchange& exchange, int status, std::string why) {
    http::Response response{.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(why)};
    (void)co_await exchange.respond(std::move(response));
  }

  http::Awaitable<void> pass_on(http::Exchange& exchange) {
    const auto request = std::make_shared<web::ParkedRequest>(listener_->thread());
    park(request);
    ++receiving_;
    const auto received = co_await receive(exchange, request);
    --receiving_;
    if (!received) {
      const bool is_theirs = received.error().kind == base::ErrorKind::InvalidValue;
      unpark(request);
      co_await refuse(exchange, is_theirs ? 400 : 503, received.error().message);
      co_return;
    }
    const auto reply = co_await request->wait();
    unpark(request);
    if (reply) {
      request->delivered(co_await send(exchange, *reply));
    } else {
      co_await refuse(exchange, 503, "no answer came in time");
    }
  }

  void park(const Parked& request) {
    const std::lock_guard lock(parked_mutex_);
    parked_.insert(request);
    if (gives_up_) request->give_up();
  }
  void unpark(const Parked& request) {
    const std::lock_guard lock(parked_mutex_);
    parked_.erase(request);
  }

  /// Returns when the request is in the flow.
  http::Awaitable<base::Status> receive(http::Exchange& exchange, const Parked& request) {
    const auto session = listener_->session();
    const auto type = std::string(exchange.request().headers.get("content-type"));
    const bool is_multipart = type.find("multipart/form-data") != std::string::npos;
    web::ReceiveOptions options;
    if (is_multipart) options.bytes_max = rules_.multipart_bytes_max;
    CO_TRY(const auto content, co_await web::receive(exchange, listener_->workers(), *session, options));
    const std::function<base::Status()> store = [&]() -> base::Status {
      std::vector<web::Part> parts;
      if (is_multipart) {
        TRY(parts, web::parts_of(content, type));
        if (parts.empty()) return base::fail(base::ErrorKind::InvalidValue, "the form has no parts");
      }
      auto facts = rules_.facts;
      facts.port = listener_->ports().front();
      if (type.starts_with(kFormType) && content.length <= kFormBytesMax) {
        TRY(facts.form, read_all(content));
      }
      TRY(auto attributes, web::attributes_of(exchange, facts));
      const auto id = session->new_uuid();
      attributes.emplace_back("http.context.identifier", id);
      const auto add = [&](const ContentClaim& claim) -> FlowFile& {
        auto& file = session->create();
        if (claim.length > 0) session->set_content(file, claim);
        for (const auto& [name, value] : attributes) session->put_attribute(file, name, value);
        session->report(EventType::Receive, file, {.uri = file.attribute("http.request.url")});
        session->transfer(file, "success");
        return file;
      };
      for (std::size_t i = 0; i < parts.size(); ++i) web::describe_part(*session, add(parts[i].content), parts, i);
      if (!is_multipart) add(content);
      // Before the flow can answer it.
      if (!rules_.requests->add(id, request)) {
        session->rollback(false);
        return base::fail(base::ErrorKind::Unavailable, "Request Registration Failed");
      }
      auto committed = session->commit();
      if (!committed) (void)rules_.requests->take(id);
      return committed;
    };
    co_return co_await http::run_on(listener_->workers(), store);
  }

  http::Awaitable<base::Status> send(http::Exchange& exchange, const web::ParkedRequest::Reply& reply) {
    auto headers = reply.headers;
    for (const auto* name : {"Content-Length", "Transfer-Encoding", "Connection"}) headers.remove(name);
    CO_TRY_VOID(co_await exchange.begin(reply.status, std::move(headers), reply.body.length));
    for (std::uint64_t at = 0; at < reply.body.length;) {
      const std::function<base::Result<std::string>()> read = [&]() -> base::Result<std::string> {
        std::string piece(std::min<std::uint64_t>(kPieceBytes, reply.body.length - at), '\0');
        TRY(const auto count, read_content(reply.body, at, piece));
        piece.resize(count);
        return piece;
      };
      CO_TRY(auto piece, co_await http::run_on(listener_->workers(), read));
      at += piece.size();
      CO_TRY_VOID(co_await exchange.write(std::move(piece)));
    }
    co_return co_await exchange.finish();
  }

  const Rules rules_;
  web::Listener* listener_ = nullptr;
  std::size_t receiving_ = 0;  // of the I/O thread
  std::mutex parked_mutex_;
  std::set<Parked> parked_;
  bool gives_up_ = false;
};

class HandleHttpRequest final : public web::ListeningProcessor {
 public:
  base::Status prepare(const Configuration& configuration, const Services& services) override {
    Rules rules;
    for (const std::string method : {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"})
      if (configuration.flag("Allow " + method)) rules.methods.insert(method);
    for (const auto& method : names_in(configuration.text_or("Additional HTTP Methods", "")))
      rules.methods.insert(web::upper_case(method));
    if (const auto pattern = configuration.text_or("Allowed Paths", ""); !pattern.empty()) {
      TRY(auto compiled, el::Pattern::compile(pattern));
      rules.paths.emplace(std::move(compiled));
    }
    rules.requests = configuration.service<HttpContextMap>("HTTP Context Map");
    rules.received_max = configuration.integer_or("Container Queue Size", 50);
    rules.multipart_bytes_max = configuration.size("Multipart Request Max Size").value_or(1 << 20);
    rules.facts.form_parameters = names_in(configuration.text_or("Parameters to Attributes", ""));
    TRY(rules.facts.character_set, character_set(configuration, "Default URL Character Set"));
    reception_ = std::make_unique<Reception>(std::move(rules));
    TRY(auto port, choose_port(configuration, services));
    listen_on({std::move(port)}, web::worker_threads(configuration, "Maximum Threads"));
    return {};
  }

 protected:
  void let_go() override { reception_->give_up(); }

 private:
  base::Result<web::Listener::Port> choose_port(const Configuration& configuration, const Services& services) {
    web::Listener::Port port{.address = services.listen_address, .service = reception_.get()};
    TRY(port.port, web::port_of(configuration, "Listening Port"));
    if (const auto host = configuration.text_or("Hostname", ""); !host.empty())
      port.address = host == "localhost" ? "127.0.0.1" : host;
    port.head_bytes_max = configuration.size("Request Header Maximum Size").value_or(8 << 10);
    const auto ssl = configuration.service<SslContext>("SSL Context Service");
    if (ssl == nullptr) return port;
    const auto wish = configuration.text_or("Client Authentication", "");
    auto clients = http::ClientAuthentication::None;
    if (wish == "Want Authentication") clients = http::ClientAuthentication::Wanted;
    if (wish == "Need Authentication") clients = http::ClientAuthentication::Required;
    auto tls = web::server_tls(*ssl, clients);
    if (!tls) return in_property(configuration, "SSL Context Service", tls.error());
    port.tls = std::move(*tls);
    return port;
  }

  std::unique_ptr<Reception> reception_;
};

}  // namespace

const Description kHandleHttpRequest{
    .type = "org.apache.nifi.processors.standard.HandleHttpRequest",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes a flowfile of each request over HTTP, which HandleHttpResponse answers.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .make = [] { return std::unique_ptr<Processor>(new HandleHttpRequest); },
};

}  // namespace flow
