#pragma once

#include "exec/session.h"

namespace exec {

/// Sessions for the rooms below: tasks, pipes, flow processors.
class Runner final : public engine::StatementRunner {
 public:
  explicit Runner(Services& services) : services_(services) {}
  base::Result<std::unique_ptr<engine::StatementSession>> open_session(
      const engine::SessionSettings& settings) override;
  std::vector<std::string> public_keys(std::string_view user) const override;

 private:
  Services& services_;
};

}  // namespace exec
