#include "flow/testing/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "flow/el/pattern.h"

namespace flow::testing {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownMax = 2000;  // of a text, in a report

std::optional<json::value> parsed(const std::string& text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  return error ? std::nullopt : std::optional(std::move(value));
}

std::string shown(const std::string& text) {
  return text.size() <= kShownMax ? text : fmt::format("{} … ({} bytes)", text.substr(0, kShownMax), text.size());
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string place_of(const Expectation& expected) {
  return expected.relationship ? fmt::format("out of '{}' by '{}'", expected.component, *expected.relationship)
                               : fmt::format("into '{}'", expected.component);
}

std::vector<Difference> check_one(const ExpectedFlowFile& expected, const CameFlowFile& came,
                                  const std::string& where) {
  std::vector<Difference> differences;
  const auto add = [&](std::vector<Difference> more) { std::ranges::move(more, std::back_inserter(differences)); };
  for (const auto& [name, text] : expected.attributes) {
    const auto found = came.attributes.find(name);
    const auto* value = found == came.attributes.end() ? nullptr : &found->second;
    add(check_text(text, value, fmt::format("{}: attribute '{}'", where, name)));
  }
  if (expected.content) add(check_text(*expected.content, &came.content, fmt::format("{}: content", where)));
  return differences;
}

std::string summary(const std::vector<CameFlowFile>& came) {
  std::vector<std::string> names;
  for (const auto& file : came) {
    if (names.size() == 10) {
      names.emplace_back("…");
      break;
    }
    const auto name = file.attributes.find("filename");
    names.push_back(
        fmt::format("'{}' ({} bytes)", name == file.attributes.end() ? "" : name->second, file.content.size()));
  }
  return came.empty() ? "0" : fmt::format("{}: {}", came.size(), fmt::join(names, ", "));
}

}  // namespace

std::vector<Difference> check_text(const ExpectedText& expected, const std::string* came, std::string where) {
  const auto differs = [&](std::string wanted) {
    return std::vector<Difference>{
        {expected.line, std::move(where), std::move(wanted), came == nullptr ? "(none)" : shown(*came)}};
  };
  if (expected.kind == ExpectedText::Kind::Absent)
    return came == nullptr ? std::vector<Difference>{} : differs("(none)");
  if (came == nullptr) return differs(shown(expected.text));
  switch (expected.kind) {
    case ExpectedText::Kind::Absent:
    case ExpectedText::Kind::Equal:
      return *came == expected.text ? std::vector<Difference>{} : differs(shown(expected.text));
    case ExpectedText::Kind::Json: {
      const auto wanted = parsed(expected.text), there = parsed(*came);
      if (!wanted) return differs("(what the test expects is no JSON) " + shown(expected.text));
      return there == wanted ? std::vector<Difference>{} : differs(json::serialize(*wanted));
    }
    case ExpectedText::Kind::Matches: {
      const auto pattern = el::Pattern::compile(expected.text);
      if (!pattern) return differs(pattern.error().message);
      const auto matches = pattern->matches(*came);
      return matches && *matches ? std::vector<Difference>{} : differs("what matches " + expected.text);
    }
  }
  return {};
}

std::vector<Difference> check_flowfiles(const Expectation& expected, const std::vector<CameFlowFile>& came) {
  const auto place = place_of(expected);
  std::vector<Difference> differences;
  if (expected.count && *expected.count != came.size())
    differences.push_back(
        {expected.line, fmt::format("{}: number of flowfiles", place), std::to_string(*expected.count), summary(came)});
  std::vector<const CameFlowFile*> left;
  for (const auto& file : came) left.push_back(&file);
  for (std::size_t i = 0; i < expected.flowfiles.size(); ++i) {
    const auto& wanted = expected.flowfiles[i];
    const auto where = fmt::format("{}: flowfile {}", place, i + 1);
    if (expected.any_order) {
      const auto match =
          std::ranges::find_if(left, [&](const auto* file) { return check_one(wanted, *file, where).empty(); });
      if (match == left.end())
        differences.push_back({wanted.line, where, "one that is as the test says", "none of those that came is"});
      else
        left.erase(match);
    } else if (i < came.size()) {
      std::ranges::move(check_one(wanted, came[i], where), std::back_inserter(differences));
    } else if (!expected.count || *expected.count == came.size()) {
      differences.push_back({wanted.line, where, "a flowfile", "(none)"});
    }
  }
  return differences;
}

std::string describe(const Difference& difference) {
  const auto expected = lines_of(difference.expected), came = lines_of(difference.came);
  auto text = fmt::format("{}\n", difference.where);
  if (expected.size() <= 1 && came.size() <= 1)
    return text + fmt::format("    expected: {}\n    came:     {}\n", difference.expected, difference.came);
  std::size_t line = 0;
  while (line < expected.size() && line < came.size() && expected[line] == came[line]) ++line;
  text += line < expected.size() || line < came.size()
              ? fmt::format("    from line {} on (- expected, + came)\n", line + 1)
              : "    they differ in how the last line ends\n";
  const auto add = [&](char sign, const std::vector<std::string_view>& lines) {
    for (auto i = line; i < std::min(lines.size(), line + 5); ++i) text += fmt::format("    {} {}\n", sign, lines[i]);
    if (lines.size() > line + 5) text += fmt::format("    {} … {} more lines\n", sign, lines.size() - line - 5);
  };
  add('-', expected);
  add('+', came);
  return text;
}

}  // namespace flow::testing
