#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace store::s3 {

/// What the client learns from the machine around it: handed in, so that a test says what there is.
class Environment {
 public:
  virtual ~Environment() = default;
  /// None when the variable is not set or empty.
  virtual std::optional<std::string> variable(const std::string& name) const = 0;
  /// Errors: NotFound, Internal.
  virtual base::Result<std::string> read_file(const std::string& path) const = 0;
  /// Runs a command by the shell and returns what it printed. Errors: Unavailable when it fails.
  virtual base::Result<std::string> run(const std::string& command) const = 0;
};

/// The process's own. The one place that reads environment variables for the client.
class SystemEnvironment final : public Environment {
 public:
  std::optional<std::string> variable(const std::string& name) const override;
  base::Result<std::string> read_file(const std::string& path) const override;
  base::Result<std::string> run(const std::string& command) const override;
};

/// A machine on which nothing is set: for a client whose options say everything.
class EmptyEnvironment final : public Environment {
 public:
  std::optional<std::string> variable(const std::string&) const override { return std::nullopt; }
  base::Result<std::string> read_file(const std::string& path) const override;
  base::Result<std::string> run(const std::string& command) const override;
};

}  // namespace store::s3
