#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flow {

/// Below `path`: `$.a` and `b` make `$.a.b`; a name that is no plain word is quoted.
std::string path_below(std::string_view path, std::string_view name);
std::string path_below(std::string_view path, std::size_t index);

/// Where something stands in a flow file. In JSON that is a path; a file of another kind is converted to JSON first,
/// and remembers the line of each part.
class Places {
 public:
  explicit Places(std::string file) : file_(std::move(file)) {}
  const std::string& file() const { return file_; }
  void set_line(std::string path, std::size_t line) { spots_[std::move(path)] = {.line = line, .path = {}}; }
  /// For JSON that was converted, too: where it was before.
  void set_path(std::string path, std::string before) {
    spots_[std::move(path)] = {.line = 0, .path = std::move(before)};
  }
  /// "flow.json: $.flowContents.name" or "flow.xml:12": of the nearest part around `path` that is known.
  std::string text(std::string_view path) const;

 private:
  struct Spot {
    std::size_t line;  // 0: a path
    std::string path;
  };
  const std::string file_;
  std::map<std::string, Spot, std::less<>> spots_;
};

/// All that is wrong with a file, so that one attempt shows everything.
class Problems {
 public:
  explicit Problems(const Places& places) : places_(places) {}
  void add(std::string_view path, std::string_view text);
  const Places& places() const { return places_; }
  bool empty() const { return texts_.empty(); }
  /// InvalidValue with a line for each problem.
  base::Status status() const;

 private:
  const Places& places_;
  std::vector<std::string> texts_;
};

}  // namespace flow
