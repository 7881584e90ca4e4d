#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "http/server.h"
#include "server/nifi/api.h"

namespace server::nifi {

/// The flow engine under NiFi's REST paths, /nifi-api. A client trades its password for a token (POST /access/token)
/// and sends that as `Authorization: Bearer`. Source: flow.md, section 8; what is there is listed in docs/flow.md.
class NifiService final : public http::Service {
 public:
  struct Options {
    bool any_password = false;  // else the password must be `access_token`
    std::string access_token;   // of the data directory; a token itself
    std::size_t body_bytes_max = 64 << 20;
  };
  NifiService(Options options, flow::Flow& flow, http::Workers& workers)
      : options_(std::move(options)), api_(flow), workers_(workers) {
    api_.keep_history();
  }
  http::Awaitable<void> handle(http::Exchange& exchange) override;
  /// Ends what runs until it is idle; its flows go on at the next start. Before the flows are shut down.
  void stop() { api_.stop(); }

 private:
  Answer log_in(std::string_view form);
  static std::optional<Answer> answer_to_anyone(const Call& call);
  http::Awaitable<void> send_content(http::Exchange& exchange, const Answer& answer);
  bool knows(const http::Request& request) const;

  const Options options_;
  Api api_;
  http::Workers& workers_;
  std::set<std::string> tokens_;  // of the I/O thread
};

}  // namespace server::nifi
