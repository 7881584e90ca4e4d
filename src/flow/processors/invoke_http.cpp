#include "flow/processors/invoke_http.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "flow/content/character_set.h"
#include "flow/content/text_ends.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "flow/processors/invoke_http_properties.h"
#include "flow/processors/stop_switch.h"
#include "flow/web/caller.h"
#include "flow/web/http_date.h"
#include "flow/web/request_body.h"
#include "flow/web/settings.h"
#include "flow/web/text.h"

namespace flow {
namespace {

using http::Trouble;

constexpr std::string_view kFormPrefix = "post:form:";
constexpr std::string_view kUsualType = "application/octet-stream";
/// Attributes that no pattern makes headers of.
constexpr std::string_view kNeverSent[] = {"invokehttp.status.code",
                                           "invokehttp.status.message",
                                           "invokehttp.response.body",
                                           "invokehttp.request.url",
                                           "invokehttp.response.url",
                                           "invokehttp.tx.id",
                                           "invokehttp.remote.dn",
                                           "invokehttp.java.exception.class",
                                           "invokehttp.java.exception.message",
                                           "path"};

bool is_success(int status) { return status / 100 == 2; }
bool has_body(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

/// What NiFi's client would have thrown: flows look at the name.
std::string_view java_class_of(Trouble trouble, const base::Error& error) {
  if (error.kind == base::ErrorKind::InvalidValue) return "java.lang.IllegalArgumentException";
  if (error.kind == base::ErrorKind::Conflict) return "java.net.ProtocolException";
  if (error.kind == base::ErrorKind::Denied) return "javax.net.ssl.SSLHandshakeException";
  switch (trouble) {
    case Trouble::NoSuchHost: return "java.net.UnknownHostException";
    case Trouble::NotConnected: return "java.net.ConnectException";
    case Trouble::TimedOut: return "java.net.SocketTimeoutException";
    case Trouble::Tls: return "javax.net.ssl.SSLException";
    case Trouble::Broken:
    case Trouble::None: break;
  }
  return "java.io.IOException";
}

/// Header lines by name; those of one name are joined.
std::map<std::string, std::string> attributes_of(const web::Answer& answer, const std::string& prefix) {
  std::map<std::string, std::string> attributes;
  for (const auto& [name, value] : answer.headers.lines()) {
    // As the answer spells it first: names compare without case.
    const auto known = std::ranges::find_if(attributes, [&](const auto& entry) {
      return http::equal_without_case(std::string_view(entry.first).substr(prefix.size()), name);
    });
    if (known == attributes.end())
      attributes.emplace(prefix + name, value);
    else
      known->second += ", " + value;
  }
  if (!answer.peer.empty()) attributes.emplace("invokehttp.remote.dn", answer.peer);
  return attributes;
}

/// The last part of the path of a URL; empty: it has none.
std::string name_in(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto host = url.find("://");
  const auto path = host == std::string_view::npos ? host : url.find('/', host + 3);
  if (path == std::string_view::npos) return {};
  url.remove_prefix(path);
  if (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url.substr(std::min(url.rfind('/') + 1, url.size())));
}

/// "charset" of a Content-Type; UTF-8 without it.
CharacterSet charset_of(std::string_view content_type) {
  (void)web::take_until(content_type, ';');
  while (!content_type.empty()) {
    auto value = web::take_until(content_type, ';');
    if (!http::equal_without_case(web::take_until(value, '='), "charset")) continue;
    if (value.size() > 1 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    if (auto set = CharacterSet::find(std::string(value))) return std::move(*set);
  }
  return CharacterSet::utf8();
}

/// Where the body of an answer goes: into a flowfile, an attribute, both or nowhere.
struct Received {
  std::optional<web::Answer> answer;
  FlowFile* response = nullptr;
  std::optional<ContentWriter> content;
  std::optional<Beginning> text;
  std::chrono::milliseconds duration{0};  // up to the head
};

class InvokeHttp final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services& services) override {
    TRY_VOID(check(configuration));
    web::Caller::Options options;
    auto tls = web::client_tls(configuration.service<SslContext>("SSL Context Service").get());
    if (!tls) return in_property(configuration, "SSL Context Service", tls.error());
    options.tls = std::move(*tls);
    auto proxy = web::proxy_of(configuration.service<ProxyConfiguration>("Proxy Configuration Service").get());
    if (!proxy) return in_property(configuration, "Proxy Configuration Service", proxy.error());
    options.proxy = std::move(*proxy);
    const auto time = [&](std::string_view name) {
      return web::milliseconds_of(configuration, name, std::chrono::seconds{15});
    };
    options.connect_timeout = time("Connection Timeout");
    options.read_timeout = time("Socket Read Timeout");
    options.write_timeout = time("Socket Write Timeout");
    options.idle_timeout = time("Socket Idle Timeout");
    options.idle_max = configuration.integer_or("Socket Idle Connections", 5);
    options.follows_redirects = configuration.text("Response Redirects Enabled") == "True";
    options.keeps_cookies = configuration.text("Response Cookie Strategy") == "ACCEPT_ALL";
    if (configuration.flag("Response Cache Enabled"))
      options.cache_bytes = configuration.size("Response Cache Size").value_or(10 << 20);
    credentials_ = {configuration.text_or("Request Username", ""), configuration.text_or("Request Password", "")};
    if (configuration.flag("Request Digest Authentication Enabled") && !credentials_.user.empty())
      options.digest = credentials_;
    uses_basic_ = !options.digest && !credentials_.user.empty();
    caller_ = std::make_unique<web::Caller>(std::move(options), services.wall_clock);
    tokens_ = configuration.service<Oauth2AccessTokenProvider>("Request OAuth2 Access Token Provider");
    if (const auto pattern = configuration.text_or("Request Header Attributes Pattern", ""); !pattern.empty()) {
      TRY(auto compiled, el::Pattern::compile(web::trimmed(pattern)));
      sent_attributes_.emplace(std::move(compiled));
    }
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* request = session.get();
    const FlowFile nothing;
    if (request == nullptr) {
      if (!session.is_source()) return {};
      TRY(const auto method, method_of(configuration, session, nothing));
      if (has_body(method)) return {};
      if (configuration.is_set("Response Body Attribute Name")) request = &session.create();
    }
    Received received;
    Trouble trouble = Trouble::None;
    const auto outcome = invoke(configuration, services, session, request, received, trouble);
    if (outcome) return route(configuration, session, request, received);
    if (received.response != nullptr) session.remove(*received.response);
    if (outcome.error().kind == base::ErrorKind::Cancelled) {
      // The flow is stopped, which is nobody's failure.
      session.rollback(false);
      return {};
    }
    fail_request(configuration, session, request, trouble, outcome.error());
    return {};
  }

  bool endless(const Configuration&) const override { return true; }

  void stopping() override { stop_.request(); }
  void stopped() override { stop_.reset(); }

 private:
  static base::Status check(const Configuration& configuration) {
    const bool sends_body = configuration.flag("Request Body Enabled");
    const bool names_form = configuration.is_set("Request Multipart Form-Data Name") &&
                            configuration.text("Request Multipart Form-Data Name") != "";
    const bool has_form = std::ranges::any_of(
        configuration.dynamic(), [](const auto& dynamic) { return dynamic.name.starts_with(kFormPrefix); });
    if (has_form && sends_body && !names_form)
      return in_property(configuration, "Request Multipart Form-Data Name",
                         "is required beside properties post:form:..., unless Request Body Enabled is false");
    if (!sends_body && names_form)
      return in_property(configuration, "Request Multipart Form-Data Name", "needs Request Body Enabled");
    const bool has_user = configuration.is_set("Request Username") || configuration.is_set("Request Password");
    if (has_user && configuration.is_set("Request OAuth2 Access Token Provider"))
      return in_property(configuration, "Request OAuth2 Access Token Provider",
                         "cannot be used together with Request Username and Request Password");
    return {};
  }

  static base::Result<std::string> method_of(const Configuration& configuration, const Session& session,
                                             const FlowFile& file) {
    TRY(const auto method, configuration.evaluate_or("HTTP Method", session, file, "GET"));
    return web::upper_case(web::trimmed(method));
  }

  /// The whole exchange; what arrives is in `received`.
  base::Status invoke(const Configuration& configuration, const Services& services, Session& session, FlowFile* request,
                      Received& received, Trouble& trouble) {
    const FlowFile nothing;
    const auto& file = request == nullptr ? nothing : *request;
    web::Call call;
    TRY(call.method, method_of(configuration, session, file));
    TRY(const auto url, configuration.evaluate_or("HTTP URL", session, file, ""));
    call.url = web::trimmed(url);
    TRY(call.headers, headers_of(configuration, services, session, file));
    web::RequestBody body;
    http::BodySource source;
    if (has_body(call.method)) {
      TRY_VOID(fill(configuration, session, file, call.headers, body));
      source = body.source();
      call.body = &source;
    }
    const auto began = std::chrono::steady_clock::now();
    const auto on_head = [&](const web::Answer& answer) -> base::Status {
      using Milliseconds = std::chrono::milliseconds;
      received.duration = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
      received.answer = answer;
      TRY_VOID(describe(configuration, session, request, call, received));
      return open(configuration, session, request, received);
    };
    const auto on_bytes = [&](std::string_view bytes) -> base::Status {
      if (received.content) TRY_VOID(received.content->append(bytes));
      return received.text ? received.text->append(bytes) : base::Status{};
    };
    TRY_VOID(caller_->call(call, on_head, on_bytes, stop_.token(), trouble));
    if (request != nullptr && call.body != nullptr) session.report(EventType::Send, *request, {.uri = call.url});
    return {};
  }

  base::Result<http::Headers> headers_of(const Configuration& configuration, const Services& services,
                                         const Session& session, const FlowFile& file) const {
    http::Headers headers;
    if (uses_basic_) {
      headers.add("Authorization", web::basic(credentials_));
    } else if (tokens_ != nullptr) {
      TRY(auto token, tokens_->access_token());
      headers.add("Authorization", "Bearer " + token);
    }
    TRY(const auto agent, configuration.evaluate_or("Request User-Agent", session, file, ""));
    headers.add("User-Agent", std::string(web::trimmed(agent)));
    if (configuration.text("Request Date Header Enabled") == "True")
      headers.add("Date", web::http_date(services.wall_clock.now()));
    for (const auto& dynamic : configuration.dynamic()) {
      if (dynamic.name.starts_with(kFormPrefix)) continue;
      TRY(auto value, session.evaluate(dynamic.value, file));
      headers.add(dynamic.name, std::move(value));
    }
    if (!sent_attributes_) return headers;
    for (const auto& [attribute, value] : file.attributes) {
      const auto name = web::trimmed(attribute);
      if (std::ranges::find(kNeverSent, name) != std::end(kNeverSent)) continue;
      TRY(const auto sent, sent_attributes_->matches(name));
      if (sent) headers.add(std::string(name), std::string(web::trimmed(value)));
    }
    return headers;
  }

  /// The body of the request: the content, or a form with it.
  static base::Status fill(const Configuration& configuration, Session& session, const FlowFile& file,
                           http::Headers& headers, web::RequestBody& body) {
    const bool sends_content = configuration.flag("Request Body Enabled");
    if (configuration.flag("Request Chunked Transfer-Encoding Enabled")) body.send_in_chunks();
    if (configuration.text("Request Content-Encoding") == "GZIP") {
      headers.add("Content-Encoding", "gzip");
      body.compress();
    }
    TRY(auto type, configuration.evaluate_or("Request Content-Type", session, file, ""));
    if (web::trimmed(type).empty()) type = kUsualType;
    TRY(const auto field, configuration.evaluate_or("Request Multipart Form-Data Name", session, file, ""));
    const auto boundary = session.new_uuid();
    bool is_form = !field.empty();
    for (const auto& dynamic : configuration.dynamic()) {
      if (!dynamic.name.starts_with(kFormPrefix)) continue;
      is_form = true;
      TRY(auto value, session.evaluate(dynamic.value, file));
      body.add(web::form_part_head(boundary, {.name = dynamic.name.substr(kFormPrefix.size())}));
      body.add(std::move(value) + "\r\n");
    }
    if (!sends_content && !is_form) return {};
    if (sends_content) session.count_bytes_in(file.size());
    if (!is_form) {
      headers.set("Content-Type", std::move(type));
      body.add(file.content);
      return {};
    }
    headers.set("Content-Type", "multipart/form-data; boundary=" + boundary);
    if (sends_content) {
      web::FormPart part{.name = field, .content_type = std::move(type)};
      if (configuration.flag("Request Multipart Form-Data Filename Enabled"))
        part.filename = file.attribute("filename");
      body.add(web::form_part_head(boundary, part));
      body.add(file.content);
      body.add("\r\n");
    }
    body.add(web::form_end(boundary));
    return {};
  }

  /// The attributes of both flowfiles, as soon as the status is known.
  static base::Status describe(const Configuration& configuration, Session& session, FlowFile* request,
                               const web::Call& call, Received& received) {
    const auto& answer = *received.answer;
    const std::pair<std::string_view, std::string> status[] = {
        {"invokehttp.status.code", std::to_string(answer.status)},
        {"invokehttp.status.message", answer.reason},
        {"invokehttp.request.url", call.url},
        {"invokehttp.request.duration", std::to_string(received.duration.count())},
        {"invokehttp.response.url", answer.url},
        {"invokehttp.tx.id", session.new_uuid()}};
    if (request != nullptr)
      for (const auto& [name, value] : status) session.put_attribute(*request, name, value);
    const bool into_attribute = configuration.is_set("Response Body Attribute Name");
    if ((!is_success(answer.status) || into_attribute) && !configuration.flag("Response Generation Required"))
      return {};
    auto& response = request != nullptr ? session.create(*request) : session.create();
    received.response = &response;
    for (const auto& [name, value] : status) session.put_attribute(response, name, value);
    for (auto& [name, value] : attributes_of(answer, "")) session.put_attribute(response, name, value);
    if (configuration.text("Response FlowFile Naming Strategy") == "URL_PATH" && call.method == "GET")
      if (auto name = name_in(call.url); !name.empty()) session.put_attribute(response, "filename", std::move(name));
    if (configuration.flag("Response Body Ignored")) return {};
    if (const auto type = answer.headers.find("content-type"))
      session.put_attribute(response, "mime.type", std::string(*type));
    return {};
  }

  /// Makes room for the body where it is wanted.
  static base::Status open(const Configuration& configuration, Session& session, const FlowFile* request,
                           Received& received) {
    if (configuration.flag("Response Body Ignored")) return {};
    if (received.response != nullptr) {
      TRY(auto writer, session.begin_write());
      received.content.emplace(std::move(writer));
    }
    const bool into_attribute = configuration.is_set("Response Body Attribute Name");
    if (request == nullptr || (is_success(received.answer->status) && !into_attribute)) return {};
    received.text.emplace(into_attribute ? configuration.integer_or("Response Body Attribute Size", 256) : 256);
    return {};
  }

  base::Status route(const Configuration& configuration, Session& session, FlowFile* request, Received& received) {
    const auto& answer = *received.answer;
    if (received.content) session.set_content(*received.response, received.content->finish());
    if (received.text) {
      TRY(auto text, charset_of(answer.headers.get("content-type")).decode(received.text->take()));
      TRY(auto name, configuration.evaluate_or("Response Body Attribute Name", session, *request, ""));
      session.put_attribute(*request, name.empty() ? "invokehttp.response.body" : name, std::move(text));
    }
    if (request != nullptr && configuration.flag("Response Header Request Attributes Enabled")) {
      TRY(const auto prefix,
          configuration.evaluate_or("Response Header Request Attributes Prefix", session, *request, ""));
      for (auto& [name, value] : attributes_of(answer, std::string(web::trimmed(prefix))))
        session.put_attribute(*request, name, value);
    }
    if (answer.status == 401 && tokens_ != nullptr &&
        configuration.text("OAuth2 Access Token Refresh Strategy") == "ON_UNAUTHORIZED_RESPONSE")
      tokens_->forget_token();
    if (!is_success(answer.status) && request == nullptr) session.yield();
    if (received.response != nullptr) {
      session.report(request != nullptr ? EventType::Fetch : EventType::Receive, *received.response,
                     {.uri = answer.url, .took = received.duration});
      session.transfer(*received.response, "Response");
    }
    if (request == nullptr) return {};
    if (is_success(answer.status)) {
      session.transfer(*request, "Original");
      return {};
    }
    const bool again = answer.status / 100 == 5;
    if (again || configuration.flag("Request Failure Penalization Enabled")) session.penalize(*request);
    session.transfer(*request, again ? "Retry" : "No Retry", fmt::format("HTTP {} {}", answer.status, answer.reason));
    return {};
  }

  static void fail_request(const Configuration& configuration, Session& session, FlowFile* request, Trouble trouble,
                           const base::Error& error) {
    if (request == nullptr) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), error.message));
      session.yield();
      return;
    }
    session.put_attribute(*request, "invokehttp.java.exception.class", std::string(java_class_of(trouble, error)));
    session.put_attribute(*request, "invokehttp.java.exception.message", error.message);
    send_penalised_to_failure(configuration, session, *request, error.message, "Failure");
  }

  web::Credentials credentials_;
  bool uses_basic_ = false;
  std::unique_ptr<web::Caller> caller_;
  std::shared_ptr<Oauth2AccessTokenProvider> tokens_;
  std::optional<el::Pattern> sent_attributes_;
  StopSwitch stop_;
};

}  // namespace

const Description kInvokeHttp{
    .type = "org.apache.nifi.processors.standard.InvokeHTTP",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sends a request over HTTP for each flowfile, or without any, and makes a flowfile of the response.",
    .properties = invoke_http::kProperties,
    .relationships = invoke_http::kRelationships,
    .input = Input::Allowed,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new InvokeHttp); },
};

}  // namespace flow
