#include "base/fault/kill_point.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>

namespace base::detail {
namespace {

struct Chosen {
  std::string name;
  int pass = 1;
};

Chosen chosen_from(const char* text) {
  Chosen chosen{text == nullptr ? "" : text};
  const auto colon = chosen.name.find(':');
  if (colon == std::string::npos) return chosen;
  const auto* digits = chosen.name.data() + colon + 1;
  std::from_chars(digits, chosen.name.data() + chosen.name.size(), chosen.pass);
  chosen.name.resize(colon);
  return chosen;
}

const Chosen kChosen = chosen_from(std::getenv("FRESHET_KILL_AT"));
std::atomic<int> passes{0};

}  // namespace

const bool kKillPointChosen = !kChosen.name.empty();

void reach_kill_point(std::string_view name) {
  if (name != kChosen.name || passes.fetch_add(1) + 1 != kChosen.pass) return;
  const auto line = "base.killed at=" + kChosen.name + "\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // the signal may be taken by another thread first
}

}  // namespace base::detail
