#include "flow/processors/handle_http_response.h"

#include <fmt/format.h>

#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/services/http_context_map.h"
#include "flow/web/parked_request.h"
#include "flow/web/text.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    {.name = "HTTP Status Code", .required = true, .scope = Scope::FlowFile},
    {.name = "HTTP Context Map", .required = true, .service = HttpContextMap::kApi},
    {.name = "Attributes for HTTP Response",
     .old_name = "Attributes to add to the HTTP Response (Regex)",
     .help = "Attributes whose names match become headers",
     .kind = Property::Kind::Pattern},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class HandleHttpResponse final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    requests_ = configuration.service<HttpContextMap>("HTTP Context Map");
    const auto pattern = configuration.text_or("Attributes for HTTP Response", "");
    if (pattern.empty()) return {};
    TRY(auto compiled, el::Pattern::compile(pattern));
    sent_.emplace(std::move(compiled));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto fail = [&](std::string reason) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), reason));
      session.transfer(*file, "failure", std::move(reason));
      return base::Status{};
    };
    const auto id = file->attribute("http.context.identifier");
    if (id.empty()) return fail("the flowfile has no attribute http.context.identifier");
    TRY(const auto status, configuration.evaluate_or("HTTP Status Code", session, *file, ""));
    const bool is_status = status.size() == 3 && status.find_first_not_of("0123456789") == std::string::npos;
    if (!is_status || status < "200") return fail(fmt::format("'{}' is no status of HTTP", status));
    TRY(auto headers, headers_of(configuration, session, *file));
    const auto request = requests_->take(id);
    if (request == nullptr) return fail(fmt::format("no request waits for an answer under {}", id));
    session.count_bytes_in(file->size());
    const auto outcome =
        request->answer({.status = std::atoi(status.c_str()), .headers = std::move(headers), .body = file->content});
    if (!outcome) return fail(outcome.error().message);
    session.report(EventType::Send, *file, {.uri = file->attribute("http.request.url")});
    session.transfer(*file, "success");
    return {};
  }

 private:
  base::Result<http::Headers> headers_of(const Configuration& configuration, const Session& session,
                                         const FlowFile& file) const {
    http::Headers headers;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(auto value, session.evaluate(dynamic.value, file));
      if (!web::trimmed(value).empty()) headers.set(dynamic.name, std::move(value));
    }
    if (!sent_) return headers;
    for (const auto& [name, value] : file.attributes) {
      TRY(const auto sent, sent_->matches(name));
      if (sent && !web::trimmed(value).empty()) headers.set(name, value);
    }
    return headers;
  }

  std::shared_ptr<HttpContextMap> requests_;
  std::optional<el::Pattern> sent_;
};

}  // namespace

const Description kHandleHttpResponse{
    .type = "org.apache.nifi.processors.standard.HandleHttpResponse",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Answers a request of HandleHttpRequest with the content of a flowfile.",
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new HandleHttpResponse); },
};

}  // namespace flow
