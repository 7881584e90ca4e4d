#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace server {

/// The numbers of a running program in Prometheus' text format. Filled at start-up, read from any thread.
class Metrics {
 public:
  enum class Kind { Counter, Gauge };
  /// `read` is called for each page, from any thread.
  void add(Kind kind, std::string name, std::string help, std::function<double()> read);
  /// Whole metrics, with labels, in the same format.
  void add_page(std::function<std::string()> print) { pages_.push_back(std::move(print)); }
  std::string page() const;

 private:
  struct Entry {
    Kind kind;
    std::string name, help;
    std::function<double()> read;
  };
  std::vector<Entry> entries_;
  std::vector<std::function<std::string()>> pages_;
};

}  // namespace server
