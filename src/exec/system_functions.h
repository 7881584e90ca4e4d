#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/binder.h"

namespace exec {

class Running;

/// SYSTEM$ functions that other rooms answer, by upper-case name.
using SystemFunction = std::function<base::Result<engine::SystemFunctions::Answer>(Running&, engine::Work&,
                                                                                   const std::vector<engine::Value>&)>;
using SystemFunctionTable = std::map<std::string, SystemFunction, std::less<>>;

/// The system functions as one statement sees them.
class SystemCalls final : public engine::SystemFunctions {
 public:
  SystemCalls(Running& running, engine::Work& work) : running_(running), work_(work) {}
  base::Result<std::optional<Answer>> call(std::string_view name, const std::vector<engine::Value>& arguments) override;

 private:
  Running& running_;
  engine::Work& work_;
};

}  // namespace exec
