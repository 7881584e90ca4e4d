#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "bridge/record_sql.h"
#include "bridge/warehouse_driver.h"
#include "bridge/warehouse_stages.h"
#include "cli/configuration.h"
#include "cli/data_directory.h"
#include "cli/remote_targets.h"
#include "cli/repeater.h"
#include "cli/warehouse.h"
#include "engine/statement_runner.h"
#include "flow/flow.h"
#include "http/server.h"
#include "server/front.h"
#include "server/gate.h"
#include "server/metrics.h"
#include "server/nifi/service.h"
#include "server/store_check.h"
#include "server/warehouse/service.h"
#include "server/warehouse/stage_files.h"
#include "store/keys.h"
#include "store/object_store.h"
#include "store/s3/event_delivery.h"
#include "store/s3/remote_buckets.h"
#include "store/s3/service.h"
#include "store/scrubber.h"

namespace cli {

/// "127.0.0.1:8080"; port 0 takes any that is free.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
/// Errors: InvalidValue.
base::Result<ListenAddress> parse_listen_address(std::string_view text);

/// Everything that runs on one data directory, constructed in the order of design.md ("Across stores", start-up) and
/// ended in the reverse order: what runs finishes or is rolled back.
class Program {
 public:
  struct Options {
    std::string data;
    bool virtual_clock = false;
    std::optional<ListenAddress> listen;       // warehouse protocol, health, metrics
    std::optional<ListenAddress> s3_listen;    // S3
    bool enforces_privileges = false;          // of roles
    bool runs_flows = false;                   // flows that ran when the directory was last closed go on
    std::vector<store::s3::Remote> remotes{};  // buckets that are elsewhere
    FlowLimits flow{};
    store::s3::ServiceOptions s3;
    std::uint64_t scrub_bytes_per_second = std::uint64_t{8} << 20;  // in the background of runs_flows; 0: not at all
    std::string s3_access_log;                                      // a file; empty: none
    std::optional<std::uint64_t> disk_reserve;  // bytes of the disk that bodies of objects leave free; none: the usual
    std::optional<std::uint64_t> body_memory;   // bytes of bodies on their way that all requests may hold; likewise
    struct Tls {
      ListenAddress address;
      http::Certificate certificate;
    };
    std::optional<Tls> s3_tls;  // S3 over HTTPS, beside the plain one
  };
  /// Listeners answer 503 until this returns. Errors: those of DataDirectory, Unavailable (an address in use).
  static base::Result<std::unique_ptr<Program>> open(Options options);
  ~Program();

  const Holder& addresses() const { return addresses_; }
  base::Result<std::unique_ptr<engine::StatementSession>> open_session();
  flow::Flow& flow() { return *flow_; }
  Warehouse& warehouse() { return *warehouse_; }
  store::ObjectStore& objects() { return *objects_; }
  const store::AccessKey& s3_key() const { return keys_->key(); }

 private:
  explicit Program(Options options) : options_(std::move(options)) {}
  bool is_on_loopback() const;
  base::Result<std::unique_ptr<http::Server>> listen_on(const ListenAddress& address, std::string_view flag,
                                                        server::Gate& gate,
                                                        const std::optional<http::Certificate>& certificate = {});
  base::Status listen();
  base::Status open_stores();
  void run_lifecycle();
  void compact_store();
  base::Status open_event_delivery();
  void add_event_metrics();
  base::Status open_warehouse();
  base::Status open_flows();
  void add_metrics();

  Options options_;
  base::PosixDisk disk_;
  base::SystemWallClock wall_clock_;
  std::unique_ptr<base::Clock> clock_;
  std::unique_ptr<DataDirectory> directory_;
  Holder addresses_;
  // Most of them wait for a commit: the more may wait, the more share its sync.
  http::Workers workers_{64};
  server::Metrics metrics_;
  std::unique_ptr<store::LocalKeys> keys_;
  const store::s3::SystemEnvironment environment_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::unique_ptr<store::s3::AccessLog> access_log_;
  std::optional<store::s3::Remotes> remotes_;
  std::optional<store::s3::RoutedBuckets> buckets_;
  std::optional<store::s3::S3Service> s3_service_;
  std::optional<store::Scrubber> scrubber_;
  std::optional<server::StoreCheckService> store_check_service_;
  std::optional<Repeater> lifecycle_, compaction_;  // of buckets, and of the store's segments
  std::optional<RemoteTargets> remote_targets_;
  std::unique_ptr<store::s3::EventDelivery> event_delivery_;
  std::unique_ptr<flow::Flow> flow_;
  std::unique_ptr<Warehouse> warehouse_;
  std::optional<bridge::EngineRecordSql> record_sql_;
  std::optional<bridge::WarehouseDriver> warehouse_driver_;
  std::optional<bridge::WarehouseStages> warehouse_stages_;
  std::optional<server::warehouse::StageUrls> stage_urls_;
  std::optional<server::warehouse::StageFiles> stage_files_;
  std::optional<server::warehouse::WarehouseService> warehouse_service_;
  std::optional<server::nifi::NifiService> nifi_service_;
  server::Front front_{metrics_, workers_};
  server::Gate gate_, s3_gate_;
  http::IoThread io_thread_;
  std::shared_ptr<http::Load> load_;                                  // of the I/O thread
  std::unique_ptr<http::Server> server_, s3_server_, s3_tls_server_;  // last: they end first
};

}  // namespace cli
