#include "cli/program.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "base/log.h"
#include "base/random.h"
#include "cli/host_identity.h"
#include "load/stage.h"
#include "store/s3/lifecycle_runner.h"

namespace cli {
namespace {

/// Where a client on this machine reaches a server.
std::string url_of(const ListenAddress& address, std::uint16_t port) {
  const bool any = address.host == "0.0.0.0" || address.host == "::";
  return fmt::format("http://{}:{}", any ? "127.0.0.1" : address.host, port);
}

/// Without a word of the user 256 MiB stay free, of a large disk a hundredth; but never more than half of a small one.
store::Space::Limits space_limits(const std::string& path, std::optional<std::uint64_t> reserve) {
  constexpr std::uint64_t kReserve = 256 << 20, kIndexReserve = 32 << 20;
  std::error_code error;
  const auto disk = std::filesystem::space(path, error);
  if (error) return {};
  const auto usual = std::min(std::max<std::uint64_t>(kReserve, disk.capacity / 100), disk.capacity / 2);
  const auto bodies = reserve.value_or(usual);
  return {.body_reserve = bodies, .index_reserve = std::min(kIndexReserve, bodies / 4)};
}

/// Of bodies on their way: a quarter of the memory, but no more than 1 GiB.
http::Load::Limits load_limits(std::optional<std::uint64_t> bytes) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
  const auto pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  const auto memory =
      pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : kMost;
  return {.body_bytes_max = bytes.value_or(std::min(kMost, memory / 4))};
}

}  // namespace

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  ListenAddress address;
  if (colon != std::string_view::npos && colon > 0) {
    const auto port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error == std::errc() && end == port.data() + port.size()) {
      address.host = text.substr(0, colon);
      if (address.host == "localhost") address.host = "127.0.0.1";
      return address;
    }
  }
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("not an address to listen on (wanted HOST:PORT, as 127.0.0.1:8080): {}", text));
}

base::Result<std::unique_ptr<Program>> Program::open(Options options) {
  auto program = std::unique_ptr<Program>(new Program(std::move(options)));
  TRY(program->directory_, DataDirectory::open(program->options_.data, program->disk_));
  TRY_VOID(program->listen());
  TRY_VOID(program->open_stores());
  TRY_VOID(program->open_warehouse());
  TRY_VOID(program->open_flows());
  if (program->options_.runs_flows) TRY_VOID(program->open_event_delivery());
  // Rules count whole days: a look each hour is early enough.
  if (program->options_.runs_flows)
    program->lifecycle_.emplace(program->options_.s3.lifecycle_day / 24,
                                [raw = program.get()] { raw->run_lifecycle(); });
  if (program->options_.runs_flows)
    program->compaction_.emplace(std::chrono::minutes{1}, [raw = program.get()] { raw->compact_store(); });
  // With the virtual clock nothing happens by itself.
  if (program->options_.runs_flows && !program->options_.virtual_clock && program->options_.scrub_bytes_per_second > 0)
    program->scrubber_.emplace(*program->objects_, *program->clock_,
                               store::Scrubber::Options{.bytes_per_second = program->options_.scrub_bytes_per_second});
  program->add_metrics();
  program->front_.watch([objects = program->objects_.get()] { return objects->takes_changes(); });
  program->gate_.open(program->front_);
  program->s3_gate_.open(*program->s3_service_);
  return program;
}

Program::~Program() {
  scrubber_.reset();
  lifecycle_.reset();
  compaction_.reset();
  if (nifi_service_) nifi_service_->stop();
  if (flow_) {
    const auto ended = flow_->shut_down();
    if (!ended) LOG_ERROR("flow.shut_down_failed error=\"{}\"", ended.error().message);
  }
  if (warehouse_service_) warehouse_service_->stop();
  server_.reset();
  s3_server_.reset();
  s3_tls_server_.reset();
  event_delivery_.reset();
  flow_.reset();  // its services hold sessions of the warehouse
  if (objects_ == nullptr) return;
  if (const auto flushed = objects_->flush(); !flushed)
    LOG_WARN("store.flush_failed error=\"{}\"", flushed.error().message);
}

base::Result<std::unique_ptr<http::Server>> Program::listen_on(const ListenAddress& address, std::string_view flag,
                                                               server::Gate& gate,
                                                               const std::optional<http::Certificate>& certificate) {
  if (load_ == nullptr) load_ = std::make_shared<http::Load>(load_limits(options_.body_memory));
  auto server = http::Server::start(
      io_thread_, {.address = address.host, .port = address.port, .load = load_, .certificate = certificate}, gate);
  if (server) return server;
  auto error = server.error();
  // Not of a certificate that cannot be used.
  if (error.kind == base::ErrorKind::Unavailable) error.message += fmt::format("; give a free address with {}", flag);
  return base::fail(std::move(error));
}

base::Status Program::listen() {
  addresses_.virtual_clock = options_.virtual_clock;
  if (const auto& address = options_.listen) {
    TRY(server_, listen_on(*address, "--listen", gate_));
    addresses_.warehouse_url = url_of(*address, server_->port());
  }
  if (const auto& address = options_.s3_listen) {
    TRY(s3_server_, listen_on(*address, "--s3-listen", s3_gate_));
    addresses_.s3_url = url_of(*address, s3_server_->port());
  }
  if (const auto& tls = options_.s3_tls) {
    TRY(s3_tls_server_, listen_on(tls->address, "--s3-tls-listen", s3_gate_, tls->certificate));
    LOG_INFO("serve.s3_tls address={}:{}", tls->address.host, s3_tls_server_->port());
  }
  addresses_.access_token = directory_->access_token();
  return directory_->announce(addresses_);
}

base::Status Program::open_stores() {
  if (options_.virtual_clock) {
    clock_ = std::make_unique<base::VirtualClock>();
  } else {
    clock_ = std::make_unique<base::SystemClock>();
  }
  TRY(keys_, store::LocalKeys::open(directory_->path("keys"), disk_, &wall_clock_));
  TRY(objects_, store::ObjectStore::open({.directory = directory_->path("objects"),
                                          .space = space_limits(directory_->path(""), options_.disk_reserve),
                                          .key_ring = keys_->ring()},
                                         disk_, *clock_));
  store_check_service_.emplace(directory_->access_token(), *objects_, workers_);
  front_.mount("/store/", *store_check_service_);
  remotes_.emplace(std::move(options_.remotes), environment_, wall_clock_);
  buckets_.emplace(*objects_, *remotes_,
                   store::s3::RoutedBuckets::Options{.download_directory = directory_->path("tmp"),
                                                     .key_ring = keys_->ring(),
                                                     .always_local = std::string(load::kStageBucket)});
  s3_service_.emplace(options_.s3, *objects_, *keys_, *clock_, wall_clock_, workers_);
  if (!options_.s3_access_log.empty()) {
    const auto owner_of = [objects = objects_.get()](const std::string& bucket) {
      const auto found = objects->find_bucket(bucket);
      if (!found) return std::string();
      return found->owner.empty() ? std::string(store::kAdministrator) : found->owner;
    };
    TRY(access_log_, store::s3::AccessLog::open({.path = options_.s3_access_log}, owner_of));
    s3_service_->log_to(*access_log_);
  }
  return {};
}

/// After the warehouse: if it has pipes, they have joined the readers of events by now.
base::Status Program::open_event_delivery() {
  if (options_.s3.destinations.empty()) return store::s3::EventDelivery::forget(*objects_);
  TRY(event_delivery_,
      store::s3::EventDelivery::start(
          {.destinations = options_.s3.destinations, .region = options_.s3.region, .seed = base::entropy()}, *objects_,
          *clock_, wall_clock_, environment_));
  return {};
}

void Program::run_lifecycle() {
  const auto report = store::s3::run_lifecycle(*objects_, clock_->now(), options_.s3.lifecycle_day);
  if (!report) {
    LOG_WARN("s3.lifecycle_failed error=\"{}\"", report.error().message);
    return;
  }
  const auto& [looked_at, expired, noncurrent, markers, uploads] = *report;
  if (expired + noncurrent + markers + uploads == 0) return;
  LOG_INFO("s3.lifecycle looked_at={} expired={} noncurrent={} markers={} uploads={}", looked_at, expired, noncurrent,
           markers, uploads);
}

void Program::compact_store() {
  // Below this a look at the whole index costs more than the disk that it frees.
  constexpr std::uint64_t kDeadBytesMin = 64 << 20, kMovedBytesMax = 256 << 20;
  const auto usage = objects_->usage();
  if (!usage || usage->dead_bytes < kDeadBytesMin) return;
  const auto report = objects_->compact(kMovedBytesMax);
  if (!report) {
    LOG_WARN("store.compaction_failed error=\"{}\"", report.error().message);
  } else if (report->files > 0) {
    LOG_INFO("store.compacted files={} moved_bytes={} freed_bytes={}", report->files, report->moved_bytes,
             report->freed_bytes);
  }
}

bool Program::is_on_loopback() const {
  return !options_.listen || options_.listen->host.starts_with("127.") || options_.listen->host == "::1";
}

base::Status Program::open_warehouse() {
  Warehouse::Options options{.file = directory_->path("warehouse.duckdb"),
                             .spill_directory = directory_->path("tmp"),
                             .threads = options_.virtual_clock ? 1 : 2,
                             .enforces_privileges = options_.enforces_privileges,
                             .flows = [this] { return flow_.get(); }};
  if (const char* bytes = std::getenv("FRESHET_LOG_BYTES_MAX")) {
    const std::string_view text(bytes);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.log_bytes_max);
    if (error != std::errc() || end != text.data() + text.size())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("FRESHET_LOG_BYTES_MAX needs a number of bytes: {}", text));
  }
  TRY(warehouse_, Warehouse::open(std::move(options), *clock_, *buckets_, *remotes_, wall_clock_));
  stage_urls_.emplace(directory_->access_token(), wall_clock_);
  stage_files_.emplace(*stage_urls_, *objects_, workers_);
  front_.mount("/stage/", *stage_files_);
  warehouse_service_.emplace(
      server::warehouse::WarehouseService::Options{
          .any_password = is_on_loopback(), .access_token = directory_->access_token(), .stage_urls = &*stage_urls_},
      *warehouse_, wall_clock_, workers_);
  for (const auto* prefix : {"/session", "/queries/", "/monitoring/", "/telemetry/"})
    front_.mount(prefix, *warehouse_service_);
  return {};
}

base::Status Program::open_flows() {
  flow::Flow::Options options{.directory = directory_->path("flow"), .parallel_puts = options_.virtual_clock ? 1 : 16};
  if (options_.listen) options.listen_address = options_.listen->host;
  const auto& limits = options_.flow;
  if (limits.provenance_bytes) options.provenance->bytes_max = *limits.provenance_bytes;
  if (limits.provenance_age) options.provenance->age_max = *limits.provenance_age;
  if (!limits.provenance.value_or(true)) options.provenance.reset();
  options.archive_bytes = limits.archive_bytes.value_or(options.archive_bytes);
  options.queue_memory_max = limits.queue_memory.value_or(options.queue_memory_max);
  options.free_space_min = options_.disk_reserve.value_or(options.free_space_min);
  if (!addresses_.s3_url.empty()) options.local_endpoints.push_back(addresses_.s3_url);
  remote_targets_.emplace(*remotes_, options.local_endpoints);
  options.remote = [this](const flow::TargetRequest& request) { return remote_targets_->find(request); };
  record_sql_.emplace(bridge::EngineRecordSql::Options{.temp_directory = directory_->path("tmp") + "/records",
                                                       .threads = options_.virtual_clock ? 1 : 2});
  warehouse_driver_.emplace(*warehouse_, [warehouse = warehouse_.get()] { return warehouse->database(); });
  warehouse_stages_.emplace(*warehouse_, *objects_);
  options.links = {.driver = &*warehouse_driver_, .record_sql = &*record_sql_, .stages = &*warehouse_stages_};
  const auto host = host_identity();
  options.hostname = host.name;
  options.host_address = host.address;
  TRY(flow_, flow::Flow::open(std::move(options), disk_, *clock_, wall_clock_, *objects_));
  if (options_.runs_flows) flow_->start_threads();
  nifi_service_.emplace(
      server::nifi::NifiService::Options{.any_password = is_on_loopback(), .access_token = directory_->access_token()},
      *flow_, workers_);
  front_.mount("/nifi-api/", *nifi_service_);
  return {};
}

base::Result<std::unique_ptr<engine::StatementSession>> Program::open_session() { return warehouse_->open_session({}); }

void Program::add_event_metrics() {
  using Kind = server::Metrics::Kind;
  using Status = store::s3::EventDelivery::Status;
  const auto over_all = [this](double (*read)(const Status&), double (*join)(double, double)) {
    return [this, read, join] {
      double all = 0;
      for (const auto& status : event_delivery_->status()) all = join(all, read(status));
      return all;
    };
  };
  const auto sum = [](double a, double b) { return a + b; };
  const auto greatest = [](double a, double b) { return std::max(a, b); };
  metrics_.add(Kind::Gauge, "s3_events_waiting", "Messages of bucket events that their destinations do not have yet.",
               over_all([](const Status& status) { return static_cast<double>(status.waiting); }, sum));
  metrics_.add(Kind::Gauge, "s3_events_oldest_seconds", "How long the oldest of them waits.",
               over_all([](const Status& status) { return std::chrono::duration<double>(status.oldest_age).count(); },
                        greatest));
  metrics_.add(Kind::Counter, "s3_events_sent_total", "Messages of bucket events that destinations accepted.",
               over_all([](const Status& status) { return static_cast<double>(status.sent); }, sum));
  metrics_.add(Kind::Counter, "s3_events_failures_total", "Attempts to send them that failed.",
               over_all([](const Status& status) { return static_cast<double>(status.failed); }, sum));
  metrics_.add(Kind::Counter, "s3_events_undeliverable_total",
               "Events for destinations that this server does not have.",
               [this] { return static_cast<double>(event_delivery_->undeliverable()); });
}

void Program::add_metrics() {
  using Kind = server::Metrics::Kind;
  const auto usage = [this] { return objects_->usage().value_or(store::StoreUsage{}); };
  metrics_.add(Kind::Gauge, "store_files", "Files of the object store.",
               [usage] { return static_cast<double>(usage().files); });
  metrics_.add(Kind::Gauge, "store_live_bytes", "Bytes of objects that can be read.",
               [usage] { return static_cast<double>(usage().live_bytes); });
  metrics_.add(Kind::Gauge, "store_dead_bytes", "Bytes of removed objects not yet reclaimed.",
               [usage] { return static_cast<double>(usage().dead_bytes); });
  metrics_.add(Kind::Counter, "store_commits_total", "Sequence of the newest commit of the object store.",
               [this] { return static_cast<double>(objects_->last_event_sequence()); });
  metrics_.add_page([this] { return s3_service_->statistics().page(); });
  if (access_log_ != nullptr)
    metrics_.add(Kind::Counter, "s3_access_log_lost_lines_total", "Lines that the disk did not take in time.",
                 [this] { return static_cast<double>(access_log_->lost()); });
  metrics_.add(Kind::Gauge, "store_takes_changes", "0 after a failure, until the store is opened again.",
               [this] { return objects_->takes_changes() ? 1.0 : 0.0; });
  metrics_.add(Kind::Gauge, "store_takes_bodies", "0 while the disk is full, too.",
               [this] { return objects_->takes_bodies() ? 1.0 : 0.0; });
  metrics_.add(Kind::Gauge, "store_damaged_versions", "Versions and parts that scrubs found damaged.",
               [this] { return static_cast<double>(objects_->damaged().size()); });
  if (scrubber_) {
    metrics_.add(Kind::Counter, "store_scrubbed_versions_total", "Versions and parts that were read to compare them.",
                 [this] { return static_cast<double>(scrubber_->counts().versions); });
    metrics_.add(Kind::Counter, "store_scrubbed_bytes_total", "Bytes that were read for that.",
                 [this] { return static_cast<double>(scrubber_->counts().bytes); });
  }
  metrics_.add(Kind::Counter, "pipe_queue_messages_total", "Messages received from the queues of buckets elsewhere.",
               [this] { return static_cast<double>(warehouse_->feed_counters().messages); });
  metrics_.add(Kind::Counter, "pipe_queue_messages_not_understood_total", "Of them, those that are no events of S3.",
               [this] { return static_cast<double>(warehouse_->feed_counters().not_understood); });
  if (event_delivery_) add_event_metrics();
  if (!warehouse_service_) return;
  const auto& counters = warehouse_service_->counters();
  metrics_.add(Kind::Counter, "warehouse_logins_total", "Logins that succeeded.",
               [&counters] { return static_cast<double>(counters.logins); });
  metrics_.add(Kind::Gauge, "warehouse_sessions", "Sessions of clients that are logged in.",
               [&counters] { return static_cast<double>(counters.sessions); });
  metrics_.add(Kind::Counter, "warehouse_statements_total", "Requests of clients to run statements.",
               [&counters] { return static_cast<double>(counters.statements); });
  metrics_.add(Kind::Counter, "warehouse_failures_total", "Such requests that failed.",
               [&counters] { return static_cast<double>(counters.failures); });
  metrics_.add(Kind::Gauge, "warehouse_running", "Such requests that run now.",
               [&counters] { return static_cast<double>(counters.running); });
}

}  // namespace cli
