#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// One statement of a script and the line on which it begins (from 1).
struct ScriptStatement {
  std::string text;
  std::uint32_t line = 1;
  bool operator==(const ScriptStatement&) const = default;
};

/// Lenient: a statement that does not parse is cut at lines that begin with a statement's verb, for the semicolons that
/// many scripts lack.
enum class Splitting { Strict, Lenient };

std::vector<ScriptStatement> split_script(std::string_view text, Splitting splitting);

/// Whether what was typed so far ends with the `;` of a statement, outside of strings, comments and blocks.
bool is_complete(std::string_view text);

}  // namespace cli
