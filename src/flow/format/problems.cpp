#include "flow/format/problems.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow {
namespace {

bool is_word(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos;
}

/// The path around the last part of `path`; empty at the root.
std::string_view path_around(std::string_view path) {
  if (path.ends_with("']")) return path.substr(0, path.rfind("['"));
  const auto end = path.find_last_of(".[");
  return end == std::string_view::npos ? std::string_view{} : path.substr(0, end);
}

}  // namespace

std::string path_below(std::string_view path, std::string_view name) {
  return is_word(name) ? fmt::format("{}.{}", path, name) : fmt::format("{}['{}']", path, name);
}
std::string path_below(std::string_view path, std::size_t index) { return fmt::format("{}[{}]", path, index); }

std::string Places::text(std::string_view path) const {
  for (auto around = path; !around.empty(); around = path_around(around)) {
    const auto found = spots_.find(around);
    if (found == spots_.end()) continue;
    if (found->second.line > 0) return fmt::format("{}:{}", file_, found->second.line);
    return fmt::format("{}: {}", file_, found->second.path);
  }
  return fmt::format("{}: {}", file_, path);
}

void Problems::add(std::string_view path, std::string_view text) {
  auto line = fmt::format("{}: {}", places_.text(path), text);
  if (std::ranges::count(texts_, line) == 0) texts_.push_back(std::move(line));
}

base::Status Problems::status() const {
  if (texts_.empty()) return {};
  if (texts_.size() == 1) return base::fail(base::ErrorKind::InvalidValue, texts_.front());
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("{} has {} problems:\n  {}", places_.file(), texts_.size(), fmt::join(texts_, "\n  ")));
}

}  // namespace flow
