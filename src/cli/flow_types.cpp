#include "cli/commands.h"
#include "cli/output.h"
#include "flow/description.h"
#include "flow/description_json.h"

namespace cli {

int print_flow_types(const FlowTypesOptions& options) {
  TextTable table({{"TYPE"}, {"PROPERTIES", Align::Right}, {"RELATIONSHIPS"}, {"WHAT IT DOES"}});
  std::string lines;
  for (const auto& kind : {flow::descriptions(), flow::service_descriptions()}) {
    for (const auto* description : kind) {
      std::string relationships;
      for (const auto& relationship : description->relationships)
        relationships.append(relationships.empty() ? "" : ", ").append(relationship.name);
      table.add({std::string(description->short_type()), std::to_string(description->properties.size()), relationships,
                 std::string(description->help)});
      lines += flow::description_json(*description) + "\n";
    }
  }
  const auto status = print(options.output == OutputFormat::Json ? lines : table.text());
  return status ? kSuccess : complain(status.error());
}

}  // namespace cli
