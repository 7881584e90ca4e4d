#include <fmt/format.h>
#include <signal.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/program.h"

namespace cli {
namespace {

std::optional<std::uint64_t> bytes_of(std::optional<double> megabytes) {
  return megabytes ? std::optional(static_cast<std::uint64_t>(*megabytes * 1e6)) : std::nullopt;
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
                                .s3 = options.s3,
                                .scrub_bytes_per_second = static_cast<std::uint64_t>(options.scrub_megabytes * 1e6),
                                .s3_access_log = options.s3_access_log,
                                .disk_reserve = bytes_of(options.disk_reserve_megabytes),
                                .body_memory = bytes_of(options.body_memory_megabytes),
                                .s3_tls = s3_tls});
  if (!program) return complain(program.error());
  LOG_INFO("serve.ready data={} warehouse={} s3={}", options.data, (*program)->addresses().warehouse_url,
           (*program)->addresses().s3_url);
  int signal = 0;
  sigwait(&signals, &signal);
  LOG_INFO("serve.stopping signal={}", signal);
  return kSuccess;
}

}  // namespace cli
