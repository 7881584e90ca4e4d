#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/json_path_tree.h"
#include "flow/json_text.h"

namespace flow::json_path {
namespace {

namespace json = boost::json;

template <class T>
struct Named {
  std::string_view name;
  T value;
};
constexpr auto kFunctions = std::to_array<Named<FunctionKind>>({
    {"min", FunctionKind::Min},
    {"max", FunctionKind::Max},
    {"avg", FunctionKind::Avg},
    {"stddev", FunctionKind::Stddev},
    {"sum", FunctionKind::Sum},
    {"length", FunctionKind::Length},
    {"size", FunctionKind::Length},
    {"keys", FunctionKind::Keys},
    {"concat", FunctionKind::Concat},
    {"append", FunctionKind::Append},
    {"first", FunctionKind::First},
    {"last", FunctionKind::Last},
    {"index", FunctionKind::Index},
});
/// Longer signs before their beginnings.
constexpr auto kSigns = std::to_array<Named<Operator>>({
    {"===", Operator::SameTypeEqual},
    {"!==", Operator::SameTypeNotEqual},
    {"==", Operator::Equal},
    {"!=", Operator::NotEqual},
    {"=~", Operator::Matches},
    {"<=", Operator::LessEqual},
    {">=", Operator::GreaterEqual},
    {"<", Operator::Less},
    {">", Operator::Greater},
});
constexpr auto kWords = std::to_array<Named<Operator>>({
    {"in", Operator::In},
    {"nin", Operator::NotIn},
    {"subsetof", Operator::SubsetOf},
    {"anyof", Operator::AnyOf},
    {"noneof", Operator::NoneOf},
    {"all", Operator::All},
    {"contains", Operator::Contains},
    {"size", Operator::Size},
    {"empty", Operator::Empty},
});

constexpr std::string_view kSpace = " \t\r\n";
constexpr int kDepthMax = 100;  // of filters in filters

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How a property without brackets ends: inside of a filter an operator ends it as well.
constexpr std::string_view kNameEnd = ".[( \t\r\n";
constexpr std::string_view kNameEndInside = ".[( \t\r\n<>=!~&|),";

class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), rest_(text) {}

  base::Result<Path> whole_path() {
    skip_space();
    Path path;
    if (rest_.starts_with('$') || rest_.starts_with('@')) {
      path.from_root = rest_.front() == '$';
      rest_.remove_prefix(1);
      TRY(path.steps, steps(kNameEnd));
    } else {
      TRY(auto first, dotted(kNameEnd));
      path.steps.push_back(std::move(first));
      TRY(auto others, steps(kNameEnd));
      for (auto& step : others) path.steps.push_back(std::move(step));
    }
    skip_space();
    if (!rest_.empty()) return unexpected();
    return path;
  }

 private:
  base::Failure<base::Error> mistake(std::string_view what) const {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a JSONPath: {} at character {} of '{}'", what,
                                                                 whole_.size() - rest_.size() + 1, whole_));
  }
  base::Failure<base::Error> unexpected() const {
    return mistake(rest_.empty() ? "unexpected end" : fmt::format("unexpected '{}'", rest_.front()));
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size())); }
  bool take(std::string_view text) {
    skip_space();
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  base::Result<std::vector<Step>> steps(std::string_view name_end) {
    std::vector<Step> steps;
    while (rest_.starts_with('.') || rest_.starts_with('[')) {
      const bool scan = rest_.starts_with("..");
      if (scan) {
        steps.emplace_back(Scan{});
        rest_.remove_prefix(2);
      } else if (rest_.starts_with('.')) {
        rest_.remove_prefix(1);
      }
      if (rest_.empty()) return mistake("a path must not end with '.'");
      TRY(auto step, rest_.starts_with('[') ? bracket() : dotted(name_end));
      if (scan && std::holds_alternative<Function>(step)) return mistake("a function directly behind '..'");
      steps.push_back(std::move(step));
    }
    // "$..a.sum()" is the function of all that the path selects, not of each.
    auto* function = steps.size() < 3 ? nullptr : std::get_if<Function>(&steps.back());
    if (function != nullptr && std::holds_alternative<Scan>(steps.front()) &&
        std::ranges::count_if(steps, [](const Step& step) { return std::holds_alternative<Function>(step); }) == 1) {
      std::vector<Step> outer;
      outer.emplace_back(std::move(*function));
      steps.pop_back();
      auto& arguments = std::get<Function>(outer.front()).arguments;
      arguments.insert(arguments.begin(), Argument{Path{true, std::move(steps)}});
      return outer;
    }
    return steps;
  }

  base::Result<Step> dotted(std::string_view name_end) {
    if (rest_.starts_with('*')) {
      rest_.remove_prefix(1);
      return Step{Wildcard{}};
    }
    const auto name = rest_.substr(0, std::min(rest_.find_first_of(name_end), rest_.size()));
    if (name.empty()) return unexpected();
    rest_.remove_prefix(name.size());
    if (rest_.starts_with('(')) return function(name);
    return Step{Properties{{std::string(name)}}};
  }

  base::Result<Step> function(std::string_view name) {
    const auto* known = std::ranges::find(kFunctions, name, &Named<FunctionKind>::name);
    if (known == kFunctions.end()) return mistake(fmt::format("there is no function '{}'", name));
    rest_.remove_prefix(1);
    Function function{known->value, {}};
    if (take(")")) return Step{std::move(function)};
    do {
      skip_space();
      if (rest_.starts_with('$') || rest_.starts_with('@')) {
        TRY(auto path, inner_path());
        function.arguments.push_back(Argument{std::move(path)});
      } else {
        TRY(auto value, literal());
        function.arguments.push_back(Argument{std::move(value)});
      }
    } while (take(","));
    if (!take(")")) return unexpected();
    return Step{std::move(function)};
  }

  base::Result<Path> inner_path() {
    Path path{rest_.front() == '$', {}};
    rest_.remove_prefix(1);
    TRY(path.steps, steps(kNameEndInside));
    return path;
  }

  base::Result<Step> bracket() {
    rest_.remove_prefix(1);
    skip_space();
    if (rest_.empty()) return unexpected();
    if (take("*")) return closed(Step{Wildcard{}});
    if (take("?")) return filter();
    if (rest_.front() == '\'' || rest_.front() == '"') {
      Properties properties;
      do {
        skip_space();
        if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return unexpected();
        TRY(auto name, quoted());
        properties.names.push_back(std::move(name));
      } while (take(","));
      return closed(Step{std::move(properties)});
    }
    return indexes();
  }
  base::Result<Step> closed(Step step) {
    if (!take("]")) return unexpected();
    return step;
  }

  base::Result<std::optional<std::int64_t>> whole_number() {
    skip_space();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error == std::errc::invalid_argument) return std::optional<std::int64_t>{};
    if (error != std::errc{}) return mistake("an index out of range");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return std::optional(number);
  }
  base::Result<Step> indexes() {
    TRY(const auto first, whole_number());
    if (take(":")) {
      TRY(const auto to, whole_number());
      if (!first && !to) return unexpected();
      if (take(":")) TRY_VOID(whole_number());  // a step is read over, as the library does
      return closed(Step{Slice{first, to}});
    }
    if (!first) return unexpected();
    Indexes indexes{{*first}};
    while (take(",")) {
      TRY(const auto next, whole_number());
      if (!next) return unexpected();
      indexes.indexes.push_back(*next);
    }
    return closed(Step{std::move(indexes)});
  }

  base::Result<Step> filter() {
    if (++depth_ > kDepthMax) return mistake("too many filters inside of each other");
    if (!take("(")) return unexpected();
    TRY(auto condition, either());
    if (!take(")")) return unexpected();
    --depth_;
    return closed(Step{Filter{std::make_unique<const Condition>(std::move(condition))}});
  }
  base::Result<Condition> either() {
    TRY(auto first, both());
    Or either;
    either.parts.push_back(std::move(first));
    while (take("||")) {
      TRY(auto next, both());
      either.parts.push_back(std::move(next));
    }
    if (either.parts.size() == 1) return std::move(either.parts.front());
    return Condition{std::move(either)};
  }
  base::Result<Condition> both() {
    TRY(auto first, term());
    And both;
    both.parts.push_back(std::move(first));
    while (take("&&")) {
      TRY(auto next, term());
      both.parts.push_back(std::move(next));
    }
    if (both.parts.size() == 1) return std::move(both.parts.front());
    return Condition{std::move(both)};
  }
  base::Result<Condition> term() {
    if (++depth_ > kDepthMax) return mistake("too many conditions inside of each other");
    TRY(auto condition, plain_term());
    --depth_;
    return condition;
  }
  base::Result<Condition> plain_term() {
    if (take("!")) {
      TRY(auto part, term());
      return Condition{Not{std::make_unique<const Condition>(std::move(part))}};
    }
    if (take("(")) {
      TRY(auto inner, either());
      if (!take(")")) return unexpected();
      return inner;
    }
    return comparison();
  }
  base::Result<Condition> comparison() {
    TRY(auto left, operand());
    const auto op = comparison_operator();
    if (!op) {
      auto* path = std::get_if<Path>(&left);
      if (path == nullptr) return unexpected();
      return Condition{Exists{std::move(*path)}};
    }
    TRY(auto right, operand());
    return Condition{Comparison{std::move(left), *op, std::move(right)}};
  }
  std::optional<Operator> comparison_operator() {
    for (const auto& [sign, op] : kSigns)
      if (take(sign)) return op;
    std::size_t size = 0;
    std::string word;
    for (; size < rest_.size() && is_letter(rest_[size]); ++size) word += static_cast<char>(rest_[size] | 32);
    const auto* known = std::ranges::find(kWords, word, &Named<Operator>::name);
    if (known == kWords.end()) return std::nullopt;
    rest_.remove_prefix(size);
    return known->value;
  }
  base::Result<Operand> operand() {
    skip_space();
    if (rest_.empty()) return unexpected();
    if (rest_.front() == '$' || rest_.front() == '@') {
      TRY(auto path, inner_path());
      return Operand{std::move(path)};
    }
    if (rest_.front() == '/') {
      TRY(auto found, pattern());
      return Operand{std::move(found)};
    }
    TRY(auto value, literal());
    return Operand{std::move(value)};
  }

  /// Behind the opening slash; the flags are those of Java's inline ones.
  base::Result<el::Pattern> pattern() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '/') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return mistake("open regular expression");
    const auto text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    const auto flags = rest_.substr(0, std::min(rest_.find_first_not_of("idmsuxU"), rest_.size()));
    rest_.remove_prefix(flags.size());
    auto compiled = el::Pattern::compile(flags.empty() ? std::string(text) : fmt::format("(?{}){}", flags, text));
    if (!compiled) return mistake(compiled.error().message);
    return compiled;
  }

  base::Result<std::string> quoted() {
    const char quote = rest_.front();
    std::string out;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return out;
      }
      if (rest_[i] != '\\' || i + 1 >= rest_.size()) {
        out += rest_[i];
        continue;
      }
      switch (rest_[++i]) {
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'u': {
          // JSON knows these escapes, pairs of surrogates included.
          auto end = i + 5;
          while (rest_.substr(std::min(end, rest_.size())).starts_with("\\u")) end += 6;
          const auto escape = rest_.substr(i - 1, end - i + 1);
          const auto decoded = parse_json(fmt::format("\"{}\"", escape));
          if (!decoded || !decoded->is_string()) return mistake("broken \\u escape");
          out += std::string_view(decoded->get_string());
          i = end - 1;
          break;
        }
        default: out += rest_[i];
      }
    }
    return mistake("open quote");
  }

  /// JSON, in which texts may have single quotes and words none.
  base::Result<json::value> literal() {
    if (++depth_ > kDepthMax) return mistake("too many values inside of each other");
    TRY(auto value, plain_literal());
    --depth_;
    return value;
  }
  base::Result<json::value> plain_literal() {
    skip_space();
    if (rest_.empty()) return unexpected();
    if (rest_.front() == '\'' || rest_.front() == '"') {
      TRY(const auto text, quoted());
      return json::value(text);
    }
    if (take("[")) return list();
    if (take("{")) return members();
    const auto word = rest_.substr(0, std::min(rest_.find_first_of(" \t\r\n,:]})([{&|=<>!~'\""), rest_.size()));
    if (word.empty()) return unexpected();
    rest_.remove_prefix(word.size());
    if (word == "true" || word == "false") return json::value(word == "true");
    if (word == "null") return json::value(nullptr);
    if (is_digit(word.front()) || word.front() == '-') {
      auto number = parse_json(word);
      if (number && number->is_number()) return number;
    }
    if (inside_ == 0) return mistake(fmt::format("'{}' is no value", word));
    return json::value(word);
  }
  base::Result<json::value> list() {
    ++inside_;
    json::array array;
    if (!take("]")) {
      do {
        TRY(auto element, literal());
        array.push_back(std::move(element));
      } while (take(","));
      if (!take("]")) return unexpected();
    }
    --inside_;
    return json::value(std::move(array));
  }
  base::Result<json::value> members() {
    ++inside_;
    json::object object;
    if (!take("}")) {
      do {
        TRY(const auto key, literal());
        if (!take(":")) return unexpected();
        TRY(auto value, literal());
        object.insert_or_assign(key.is_string() ? std::string_view(key.get_string()) : json_text(key),
                                std::move(value));
      } while (take(","));
      if (!take("}")) return unexpected();
    }
    --inside_;
    return json::value(std::move(object));
  }

  const std::string_view whole_;
  std::string_view rest_;
  int depth_ = 0;
  int inside_ = 0;  // of lists and objects, where words need no quotes
};

}  // namespace

base::Result<std::unique_ptr<const Path>> parse(std::string_view text) {
  TRY(auto path, Parser(text).whole_path());
  return std::make_unique<const Path>(std::move(path));
}

}  // namespace flow::json_path
