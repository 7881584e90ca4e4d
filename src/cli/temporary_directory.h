#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace cli {

/// An empty directory that goes with this object.
class TemporaryDirectory {
 public:
  /// Its name begins with `name`. Errors: Unavailable.
  static base::Result<TemporaryDirectory> make(std::string_view name);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~TemporaryDirectory();

  const std::string& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool kept_ = false;
};

}  // namespace cli
