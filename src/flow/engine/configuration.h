#pragma once

#include <functional>
#include <string>
#include <vector>

#include "flow/engine/processor.h"
#include "flow/model.h"

namespace flow {

/// Checks the saved properties of a processor or controller service against its description and makes its
/// Configuration. Keys may have their old or new spelling, values of lists may be labels.
class ConfigurationBuilder {
 public:
  using Environment =
      std::function<std::optional<std::string>(std::string_view name)>;  // variables and system properties

  /// The service with an id that offers a Java interface. Errors say what is wrong with it.
  using ServiceLookup =
      std::function<base::Result<std::shared_ptr<ControllerService>>(const std::string& id, std::string_view api)>;

  ConfigurationBuilder(el::ParameterLookup parameters, Environment environment, ServiceLookup services,
                       std::string hostname, std::string time_zone)
      : parameters_(std::move(parameters)),
        environment_(std::move(environment)),
        services_(std::move(services)),
        hostname_(std::move(hostname)),
        time_zone_(std::move(time_zone)) {}

  /// Appends to `problems` what makes it invalid, with component and property named, to `notes` what has no effect.
  Configuration build(const ConfiguredDefinition& definition, const Description& description,
                      std::vector<std::string>& problems, std::vector<std::string>& notes) const;

 private:
  void add(Configuration& configuration, const Property& property, std::string value,
           std::vector<std::string>& problems) const;

  /// What an expression is without a flowfile.
  base::Result<std::string> in_environment(const Configuration& configuration, const el::Expression& expression) const;

  const el::ParameterLookup parameters_;
  const Environment environment_;
  const ServiceLookup services_;
  const std::string hostname_;
  const std::string time_zone_;
};

}  // namespace flow
