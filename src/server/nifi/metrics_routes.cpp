// Figures of groups, processors, connections and ports for Prometheus, under NiFi's names.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "server/nifi/body.h"
#include "server/nifi/canvas.h"

namespace server::nifi {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string escaped(std::string_view text) {
  std::string made;
  for (const char c : text) made += c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c);
  return made;
}

/// Samples of one metric stand together.
class Figures {
 public:
  void add(std::string_view name, std::string_view help, const Labels& labels, double value) {
    auto& figure = figures_[std::string(name)];
    figure.help = help;
    figure.samples += name;
    for (std::string separator = "{"; const auto& [label, text] : labels) {
      figure.samples += fmt::format("{}{}=\"{}\"", separator, label, escaped(text));
      separator = ",";
    }
    figure.samples += fmt::format("}} {}\n", value);
  }
  std::string text() const {
    std::string made;
    for (const auto& [name, figure] : figures_)
      made += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{2}", name, figure.help, figure.samples);
    return made;
  }

 private:
  struct Figure {
    std::string_view help;
    std::string samples;
  };
  std::map<std::string, Figure> figures_;
};

struct Subject {
  std::string_view type;
  std::string id, name, parent;
};

struct Ends {
  std::string source, source_name, destination, destination_name;
};

class Collector {
 public:
  void bytes(const Subject& subject, std::uint64_t read, std::uint64_t written) {
    add("nifi_amount_bytes_read", "Total number of bytes read by the component", subject, read);
    add("nifi_amount_bytes_written", "Total number of bytes written by the component", subject, written);
  }
  void threads(const Subject& subject, std::uint64_t active) {
    add("nifi_amount_threads_active", "Total number of threads active for the component", subject, active);
  }
  void moved(const Subject& subject, const flow::Amount& in, const flow::Amount& out) {
    add("nifi_amount_items_input", "Total number of items input by the component", subject, in.files, Ends{});
    add("nifi_size_content_input_total", "Total size of content input by the component", subject, in.bytes, Ends{});
    add("nifi_amount_items_output", "Total number of items output by the component", subject, out.files, Ends{});
    add("nifi_size_content_output_total", "Total size of content output by the component", subject, out.bytes, Ends{});
  }
  void queued(const Subject& subject, const flow::Amount& amount, const Ends& ends = {}) {
    add("nifi_amount_items_queued", "Total number of items queued by the component", subject, amount.files, ends);
    add("nifi_size_content_queued_total", "Total size of content queued in the component", subject, amount.bytes, ends);
  }
  void pressure(const Subject& subject, const flow::ConnectionStatus& connection, const Ends& ends) {
    add("nifi_backpressure_bytes_threshold", "The number of bytes that can be queued before backpressure is applied",
        subject, connection.bytes_max, ends);
    add("nifi_backpressure_object_threshold",
        "The number of flow files that can be queued before backpressure is applied", subject, connection.objects_max,
        ends);
    add("nifi_backpressure_enabled", "Whether backpressure has been applied for this component. Values are 0 or 1",
        subject, connection.back_pressure ? 1 : 0, ends);
  }
  void counter(const flow::ComponentStatus& processor, const std::string& name, std::int64_t value) {
    figures_.add("nifi_processor_counters", "Counters exposed by NiFi Processors",
                 {{"processor_name", processor.name},
                  {"counter_name", name},
                  {"processor_id", processor.id},
                  {"instance", root_id()}},
                 static_cast<double>(value));
  }
  std::string text() const { return figures_.text(); }

 private:
  void add(std::string_view name, std::string_view help, const Subject& subject, std::uint64_t value,
           const std::optional<Ends>& ends = {}) {
    Labels labels{{"instance", root_id()},
                  {"component_type", std::string(subject.type)},
                  {"component_name", subject.name},
                  {"component_id", subject.id},
                  {"parent_id", subject.parent}};
    if (ends) {
      labels.emplace_back("source_id", ends->source);
      labels.emplace_back("source_name", ends->source_name);
      labels.emplace_back("destination_id", ends->destination);
      labels.emplace_back("destination_name", ends->destination_name);
    }
    figures_.add(name, help, labels, static_cast<double>(value));
  }

  Figures figures_;
};

/// Empty: none of those that are told one by one.
std::string_view type_of(const flow::ComponentStatus& component) {
  if (component.type == "Funnel" || component.type.starts_with("Remote ")) return {};
  if (component.type == "Input Port") return "InputPort";
  if (component.type == "Output Port") return "OutputPort";
  return "Processor";
}

void collect_group(Collector& collector, const Canvas& canvas, const Scope& scope) {
  const Subject subject{scope.is_root() ? "RootProcessGroup" : "ProcessGroup", scope.id, scope.name, scope.parent};
  const auto inside = within(canvas.status, scope);
  flow::Amount in, out, queued;
  std::uint64_t read = 0, written = 0, active = 0;
  for (const auto& component : inside.components) {
    if (type_of(component) == "Processor") {
      in += component.in;
      out += component.out;
    }
    read += component.bytes_read;
    written += component.bytes_written;
    active += static_cast<std::uint64_t>(component.active);
  }
  for (const auto& connection : inside.connections) queued += flow::Amount{connection.files, connection.bytes};
  collector.bytes(subject, read, written);
  collector.threads(subject, active);
  collector.moved(subject, in, out);
  collector.queued(subject, queued);
}

base::Result<Answer> metrics(Context& context, const Call&, const Ids&) {
  const Canvas canvas(context);
  Collector collector;
  TRY(const auto root, canvas.scope("root"));
  for (const auto& id : root.groups) {
    TRY(const auto scope, canvas.scope(id));
    collect_group(collector, canvas, scope);
  }
  for (const auto& component : canvas.status.components) {
    if (type_of(component).empty()) continue;
    const Subject subject{type_of(component), component.id, component.name, component.group};
    collector.bytes(subject, component.bytes_read, component.bytes_written);
    collector.threads(subject, static_cast<std::uint64_t>(component.active));
    collector.moved(subject, component.in, component.out);
    for (const auto& [name, value] : component.counters) collector.counter(component, name, value);
  }
  for (const auto& connection : canvas.status.connections) {
    const Subject subject{"Connection", connection.id, connection.name, connection.group};
    const Ends ends{connection.source, connection.source_name, connection.destination, connection.destination_name};
    collector.queued(subject, {connection.files, connection.bytes}, ends);
    collector.pressure(subject, connection, ends);
  }
  return Answer{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = collector.text()};
}

constexpr Route kRoutes[] = {
    {"GET", "flow/metrics/prometheus", &metrics},
};

}  // namespace

std::span<const Route> metrics_routes() { return kRoutes; }

}  // namespace server::nifi
