#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "flow/description.h"
#include "flow/el/expression.h"
#include "flow/engine/flow_file.h"
#include "flow/warehouse_links.h"

namespace flow {

class MapCaches;
class ObjectTargets;
class Session;

std::shared_ptr<MapCaches> make_map_caches();

/// What a processor or controller service is given from outside, as long as it lives.
struct Services {
  base::Clock& clock;
  base::WallClock& wall_clock;
  ObjectTargets& targets;
  std::string listen_address = "127.0.0.1";  // of servers in processors
  std::shared_ptr<MapCaches> map_caches = make_map_caches();  // of an engine
  WarehouseLinks links = {};
};

class Configuration;

/// A controller service: what it offers are the interfaces that it also derives from (record/record_reader.h, say),
/// each with its Java name as `kApi`. Several threads may be in it.
class ControllerService {
 public:
  virtual ~ControllerService() = default;
  /// Before what refers to it is prepared; the services that it refers to are enabled. The configuration outlives the
  /// service. An error makes it invalid.
  virtual base::Status enable(const Configuration&, const Services&) { return {}; }
};

/// The configuration of one processor or controller service, defaults filled in and checked against its description.
class Configuration {
 public:
  struct Dynamic {
    std::string name;
    el::Expression value;
  };

  const std::string& processor_id() const { return processor_id_; }
  const std::string& processor_name() const { return processor_name_; }
  /// The text of a property without attributes in scope; nothing when it is not set.
  std::optional<std::string> text(std::string_view name) const;
  std::string text_or(std::string_view name, std::string_view fallback) const {
    return text(name).value_or(std::string(fallback));
  }
  bool flag(std::string_view name) const { return text(name) == "true"; }
  /// Also when its value depends on a flowfile.
  bool is_set(std::string_view name) const { return properties_.contains(name); }
  std::optional<std::chrono::nanoseconds> duration(std::string_view name) const;
  std::optional<std::uint64_t> size(std::string_view name) const;
  /// A property that is evaluated for each flowfile; nothing when it is not set.
  base::Result<std::optional<std::string>> evaluate(std::string_view name, const Session& session, const FlowFile& file,
                                                    const EvaluateOptions& options = {}) const;
  base::Result<std::string> evaluate_or(std::string_view name, const Session& session, const FlowFile& file,
                                        std::string_view fallback) const;
  std::uint64_t integer_or(std::string_view name, std::uint64_t fallback) const;
  const std::vector<Dynamic>& dynamic() const { return dynamic_; }
  /// The service that a property refers to; null when it is not set. Validation has seen that it offers T.
  template <class T>
  std::shared_ptr<T> service(std::string_view name) const {
    const auto found = services_.find(name);
    return found == services_.end() ? nullptr : std::dynamic_pointer_cast<T>(found->second);
  }
  /// What a processor keeps beside its properties.
  const std::string& annotation() const { return annotation_; }
  /// An expression from there, with the parameters of the group. Only while the processor is prepared.
  base::Result<el::Expression> compile(std::string_view text) const;
  std::string error_prefix() const;
  /// The release of NiFi that saved the processor decides how its expressions read and write dates.
  el::DateDialect dates() const { return dates_; }

 private:
  friend class ConfigurationBuilder;
  std::string processor_id_;
  std::string processor_name_;
  std::string type_;
  std::map<std::string, el::Expression, std::less<>> properties_;
  std::map<std::string, std::string, std::less<>> texts_;
  std::vector<Dynamic> dynamic_;
  std::map<std::string, std::shared_ptr<ControllerService>, std::less<>> services_;
  el::DateDialect dates_ = el::DateDialect::SimpleDateFormat;
  std::string annotation_;
  el::ParameterLookup parameters_;
};

/// The work of one kind of processor. `trigger` is one unit of work: when it answers well, the session is committed;
/// else it is rolled back and what it polled is penalised. Several threads may be in it unless the description says
/// serial.
class Processor {
 public:
  virtual ~Processor() = default;
  /// Before the first trigger; an error makes the processor invalid.
  virtual base::Status prepare(const Configuration&, const Services&) { return {}; }
  /// True for a source that never runs dry: run_until_idle asks it once only.
  virtual bool endless(const Configuration&) const { return false; }
  virtual base::Status trigger(const Configuration& configuration, const Services& services, Session& session) = 0;
  /// The relationships that exist under this configuration; by default those of the description, and one for each
  /// dynamic property when it says so.
  virtual std::optional<std::vector<std::string>> relationships(const Configuration&) const { return std::nullopt; }
  /// On which it listens now. Called beside triggers; must not block.
  virtual std::vector<std::uint16_t> ports() const { return {}; }
  /// Stop was asked for: long waits in `trigger` should end. Called beside triggers; must not block.
  virtual void stopping() {}
  /// No trigger runs and none will before the next start: what is held between triggers must go (sessions above all).
  virtual void stopped() {}
};

}  // namespace flow
