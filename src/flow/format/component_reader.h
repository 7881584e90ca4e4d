#pragma once

#include "flow/format/fields.h"
#include "flow/format/sensitive_values.h"
#include "flow/model.h"

namespace flow {

/// One component each, from its JSON object as flow definitions have it; ids are set by the caller (who knows which of
/// them counts). What is encrypted is opened, or left out with a finding when there is no key.
class ComponentReader {
 public:
  ComponentReader(Problems& problems, SensitiveValues& sensitive, std::vector<Finding>& findings)
      : problems_(problems), sensitive_(sensitive), findings_(findings) {}

  ProcessorDefinition processor(const Fields& fields);
  ServiceDefinition service(const Fields& fields);
  PortDefinition port(const Fields& fields, PortKind kind);
  /// Without its ends.
  ConnectionDefinition connection(const Fields& fields);
  ParameterContext context(const Fields& fields);
  void add(Finding::Kind kind, const Fields& fields, std::string text);

 private:
  void configured(const Fields& fields, ConfiguredDefinition& into);
  void properties(const Fields& fields, ConfiguredDefinition& into);
  void descriptors(const Fields& fields, ConfiguredDefinition& into);
  /// Nothing: it is encrypted, and stays so.
  std::optional<std::string> opened(std::string value, std::string_view path, const Fields& fields,
                                    std::string_view name);

  Problems& problems_;
  SensitiveValues& sensitive_;
  std::vector<Finding>& findings_;
};

}  // namespace flow
