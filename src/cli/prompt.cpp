#include "cli/prompt.h"

#include <histedit.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "http/message.h"

namespace cli {

struct Prompt::State {
  EditLine* line = nullptr;
  History* history = nullptr;
  HistEvent event{};
  std::string history_file, prompt;
  std::function<std::vector<std::string>()> names;
};

namespace {

Prompt::State& state_of(EditLine* line) {
  void* data = nullptr;
  el_get(line, EL_CLIENTDATA, &data);
  return *static_cast<Prompt::State*>(data);
}

char* show_prompt(EditLine* line) { return state_of(line).prompt.data(); }

bool starts_without_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && http::equal_without_case(text.substr(0, start.size()), start);
}

/// Inserts what all names that begin with the word before the cursor have in common, in the case that was typed.
unsigned char complete(EditLine* line, int) {
  const auto* info = el_line(line);
  const std::string_view before(info->buffer, static_cast<std::size_t>(info->cursor - info->buffer));
  const auto word = before.substr(before.find_last_of(" \t\n(),.;=") + 1);
  if (word.empty()) return CC_ERROR;
  std::string common;
  bool found = false;
  for (const auto& name : state_of(line).names()) {
    if (!starts_without_case(name, word)) continue;
    if (!std::exchange(found, true)) {
      common = name;
      continue;
    }
    std::size_t same = 0;
    while (same < common.size() && same < name.size() &&
           http::equal_without_case(common.substr(same, 1), name.substr(same, 1)))
      ++same;
    common.resize(same);
  }
  if (common.size() <= word.size()) return CC_ERROR;
  auto rest = common.substr(word.size());
  if (word.back() >= 'a' && word.back() <= 'z')
    std::ranges::transform(rest, rest.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return el_insertstr(line, rest.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

}  // namespace

Prompt::Prompt(std::string history_file, std::function<std::vector<std::string>()> names)
    : state_(std::make_unique<State>()) {
  state_->history_file = std::move(history_file);
  state_->names = std::move(names);
  state_->line = el_init("freshet", stdin, stdout, stderr);
  state_->history = history_init();
  history(state_->history, &state_->event, H_SETSIZE, 1000);
  history(state_->history, &state_->event, H_SETUNIQUE, 1);
  if (!state_->history_file.empty()) history(state_->history, &state_->event, H_LOAD, state_->history_file.c_str());
  el_set(state_->line, EL_CLIENTDATA, static_cast<void*>(state_.get()));
  el_set(state_->line, EL_PROMPT, &show_prompt);
  el_set(state_->line, EL_EDITOR, "emacs");
  el_set(state_->line, EL_HIST, history, state_->history);
  el_set(state_->line, EL_ADDFN, "freshet-complete", "Complete a name", &complete);
  el_set(state_->line, EL_BIND, "^I", "freshet-complete", nullptr);
  el_source(state_->line, nullptr);
}

Prompt::~Prompt() {
  if (!state_->history_file.empty()) history(state_->history, &state_->event, H_SAVE, state_->history_file.c_str());
  history_end(state_->history);
  el_end(state_->line);
}

std::optional<std::string> Prompt::read_line(std::string prompt) {
  state_->prompt = std::move(prompt);
  int count = 0;
  // Before the prompt is shown, not after it, as el_gets does: a Ctrl-D that comes between the two is lost.
  el_set(state_->line, EL_PREP_TERM, 1);
  const char* text = el_gets(state_->line, &count);
  if (text == nullptr || count <= 0) return std::nullopt;
  return std::string(text, static_cast<std::size_t>(count));
}

void Prompt::remember(const std::string& statement) {
  history(state_->history, &state_->event, H_ENTER, statement.c_str());
}

}  // namespace cli
