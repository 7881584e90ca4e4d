#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/engine/session.h"
#include "http/server.h"

namespace flow::web {

struct ReceiveOptions {
  std::uint64_t bytes_max = ~std::uint64_t{0};  // then InvalidValue
  bool gunzip = false;
};
/// The body of a request as content of a flow, received on `workers`, however long it is.
/// Errors: those of Exchange::read_some; InvalidValue for a body that is too long or no gzip.
http::Awaitable<base::Result<ContentClaim>> receive(http::Exchange& exchange, http::Workers& workers, Session& session,
                                                    ReceiveOptions options);

/// A part of a body multipart/form-data.
struct Part {
  http::Headers headers;
  ContentClaim content;
  std::string name;
  std::optional<std::string> filename = {};
};
/// `content_type`: of the body, with the boundary. Errors: InvalidValue for what is no such body.
base::Result<std::vector<Part>> parts_of(const ContentClaim& body, std::string_view content_type);

/// The attributes of the flowfile that one of the parts becomes.
void describe_part(Session& session, FlowFile& file, const std::vector<Part>& parts, std::size_t index);

/// "form-data; name=\"a\"": the value of a parameter, without its quotes.
std::optional<std::string> parameter_of(std::string_view header, std::string_view wanted);

}  // namespace flow::web
