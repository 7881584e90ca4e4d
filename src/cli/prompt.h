#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cli {

/// Reads lines from a terminal, with editing, history and completion of words.
class Prompt {
 public:
  /// `names` gives what a word may be completed to; asked when the tab key is pressed. The history is kept in
  /// `history_file`, if there is one.
  Prompt(std::string history_file, std::function<std::vector<std::string>()> names);
  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;
  ~Prompt();

  /// A line with its line end; none at the end of the input.
  std::optional<std::string> read_line(std::string prompt);
  /// Keeps a whole statement for the arrow keys.
  void remember(const std::string& statement);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace cli
