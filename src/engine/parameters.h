#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace engine {

struct ParameterInfo {
  std::string_view name, default_value, type;  // type: BOOLEAN, NUMBER, STRING
  std::int64_t min = 0, max = 0;               // NUMBER only; equal: unbounded
};
/// All session and object parameters that are known, by name. Source: streams-tasks-sql.md 6.4.
const std::map<std::string_view, ParameterInfo>& known_parameters();

/// The parameters of a session: what was set, else the default. Names in upper case; values as text (TRUE, 43200,
/// Europe/Berlin).
class Parameters {
 public:
  /// Errors: InvalidValue 001008 "invalid value [X] for parameter 'P'", unknown parameter "invalid property 'X' for
  /// 'SESSION'".
  base::Status set(std::string_view name, std::string_view value);
  void unset(std::string_view name);
  const std::string& text(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& changed() const { return changed_; }

 private:
  std::map<std::string, std::string, std::less<>> changed_;
};

}  // namespace engine
