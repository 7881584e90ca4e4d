#include "flow/processors/failure.h"

#include <fmt/format.h>

namespace flow {

void send_to_failure(const Configuration& configuration, Session& session, FlowFile& file, std::string reason,
                     std::string_view relationship) {
  session.log_error(fmt::format("{}: {}", configuration.error_prefix(), reason));
  session.penalize(file);
  session.transfer(file, relationship, std::move(reason));
}

}  // namespace flow
