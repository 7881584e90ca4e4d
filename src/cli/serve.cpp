#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/program.h"
#include "cli/resident_pages.h"
#include "store/s3/environment.h"

namespace cli {
namespace {

std::optional<std::uint64_t> bytes_of(std::optional<double> megabytes) {
  return megabytes ? std::optional(static_cast<std::uint64_t>(*megabytes * 1e6)) : std::nullopt;
}

std::string without_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

/// Gives the webhook its token. Errors: InvalidValue.
base::Status read_token(std::vector<store::s3::EventDestination>& destinations, const std::string& option,
                        const store::s3::Environment& environment) {
  const auto equals = option.find('=');
  const auto arn = option.substr(0, equals);
  const auto found = std::ranges::find(destinations, arn, &store::s3::EventDestination::arn);
  if (equals == std::string::npos || found == destinations.end() || found->kind != store::s3::ReceiverKind::Webhook)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("--s3-event-token-file wants ARN=FILE with the ARN of a webhook: {}", arn));
  TRY(auto token, environment.read_file(option.substr(equals + 1)));
  found->token = without_line_end(std::move(token));
  return {};
}

base::Result<std::vector<store::s3::EventDestination>> read_destinations(const ServeOptions& options) {
  const store::s3::SystemEnvironment environment;
  std::vector<store::s3::EventDestination> destinations;
  for (const auto& option : options.event_destinations) {
    TRY(auto destination, store::s3::parse_event_destination(option));
    if (std::ranges::find(destinations, destination.arn, &store::s3::EventDestination::arn) != destinations.end())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("there are two destinations of the ARN: {}", destination.arn));
    if (destination.kind == store::s3::ReceiverKind::Webhook)
      destination.token = environment.variable("FRESHET_S3_EVENT_TOKEN").value_or("");
    destinations.push_back(std::move(destination));
  }
  for (const auto& option : options.event_token_files) TRY_VOID(read_token(destinations, option, environment));
  return destinations;
}

}  // namespace

int serve(const ServeOptions& options) {
  const auto listen = parse_listen_address(options.listen);
  if (!listen) return complain(listen.error()), kWrongUsage;
  const auto s3_listen = parse_listen_address(options.s3_listen);
  if (!s3_listen) return complain(s3_listen.error()), kWrongUsage;

  std::optional<Program::Options::Tls> s3_tls;
  if (!options.s3_tls_listen.empty()) {
    const auto address = parse_listen_address(options.s3_tls_listen);
    if (!address) return complain(address.error()), kWrongUsage;
    s3_tls = {*address, {options.s3_certificate, options.s3_key_file}};
  }

  auto configuration = read_configuration(options.configuration, store::s3::SystemEnvironment());
  if (!configuration) return complain(configuration.error()), kWrongUsage;
  auto s3 = options.s3;
  auto destinations = read_destinations(options);
  if (!destinations) return complain(destinations.error()), kWrongUsage;
  s3.destinations = std::move(*destinations);

  base::set_log_level(base::LogLevel::Info);
  // Blocked before any thread exists, so that the signals wait for sigwait below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto program = Program::open({.data = options.data,
                                .virtual_clock = options.virtual_clock,
                                .listen = *listen,
                                .s3_listen = *s3_listen,
                                .enforces_privileges = options.enforces_privileges,
                                .runs_flows = true,
                                .remotes = std::move(configuration->remotes),
                                .flow = configuration->flow,
                                .s3 = std::move(s3),
                                .scrub_bytes_per_second = static_cast<std::uint64_t>(options.scrub_megabytes * 1e6),
                                .s3_access_log = options.s3_access_log,
                                .disk_reserve = bytes_of(options.disk_reserve_megabytes),
                                .body_memory = bytes_of(options.body_memory_megabytes),
                                .s3_tls = s3_tls});
  if (!program) return complain(program.error());
  LOG_INFO("serve.ready data={} warehouse={} s3={}", options.data, (*program)->addresses().warehouse_url,
           (*program)->addresses().s3_url);
  release_start_pages();
  int signal = 0;
  sigwait(&signals, &signal);
  LOG_INFO("serve.stopping signal={}", signal);
  return kSuccess;
}

}  // namespace cli
