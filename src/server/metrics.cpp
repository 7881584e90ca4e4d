#include "server/metrics.h"

#include <fmt/format.h>

namespace server {

void Metrics::add(Kind kind, std::string name, std::string help, std::function<double()> read) {
  entries_.push_back({kind, std::move(name), std::move(help), std::move(read)});
}

std::string Metrics::page() const {
  std::string page;
  for (const auto& entry : entries_)
    page += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", entry.name, entry.help,
                        entry.kind == Kind::Counter ? "counter" : "gauge", entry.read());
  for (const auto& print : pages_) page += print();
  return page;
}

}  // namespace server
