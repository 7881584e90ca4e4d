#include "flow/processors/failure.h"

#include <fmt/format.h>

namespace flow {

void send_to_failure(const Configuration& configuration, Session& session, FlowFile& file, std::string reason,
                     std::string_view relationship) {
  session.log_error(fmt::format("{}: {}", configuration.error_prefix(), reason));
  session.transfer(file, relationship, std::move(reason));
}

void log_at(Session& session, std::string_view level, std::string text) {
  if (level == "ERROR" || level == "FATAL")
    session.log_error(std::move(text));
  else if (level != "NONE")
    session.log(level == "TRACE" ? BulletinLevel::Debug : bulletin_level_of(level), std::move(text));
}

void send_penalised_to_failure(const Configuration& configuration, Session& session, FlowFile& file, std::string reason,
                               std::string_view relationship) {
  session.penalize(file);
  send_to_failure(configuration, session, file, std::move(reason), relationship);
}

}  // namespace flow
