#include <fmt/format.h>

#include <charconv>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

base::Result<std::string> parameter_value(std::string_view name, const ParameterLookup& parameters) {
  if (parameters)
    if (auto value = parameters(name)) return std::move(*value);
  return invalid(fmt::format("parameter '{}' is not defined; set it in the parameter context of the group", name));
}

/// The end of the expression that begins at "${" (the index of its closing brace); npos when it is open.
std::size_t end_of_expression(std::string_view text, std::size_t begin) {
  int depth = 0;
  char quote = 0;
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

/// Parses what stands between "${" and "}".
class Parser {
 public:
  Parser(std::string_view text, const ParameterLookup& parameters)
      : whole_(text), rest_(text), parameters_(parameters) {}

  base::Result<NodePtr> parse_whole() {
    TRY(auto node, subject());
    TRY(node, chain(std::move(node)));
    skip_space();
    if (!rest_.empty()) return unexpected();
    return node;
  }

 private:
  base::Failure<base::Error> unexpected() const {
    return invalid(fmt::format("unexpected '{}' at character {} of the expression '{}'",
                               rest_.empty() ? "end" : std::string(rest_.substr(0, 1)),
                               whole_.size() - rest_.size() + 1, whole_));
  }
  void skip_space() {
    while (!rest_.empty()) {
      if (rest_.front() == '#' && !rest_.starts_with("#{")) {
        const auto end = rest_.find('\n');
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      } else if (std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) {
        rest_.remove_prefix(1);
      } else {
        return;
      }
    }
  }
  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    skip_space();
    const auto end = std::min(rest_.find_first_of("${}()[],:;/*'\" \t\r\n#"), rest_.size());
    const auto name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return name;
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
        case '\'':
        case '"': out += rest_[i]; break;
        default: (out += '\\') += rest_[i]; break;  // "\\" stays two characters: patterns need them
      }
    }
    return invalid(fmt::format("open quote in the expression '{}'", whole_));
  }
  base::Result<NodePtr> nested() {
    const auto end = end_of_expression(rest_, 0);
    if (end == std::string_view::npos) return unexpected();
    Parser inner(rest_.substr(2, end - 2), parameters_);
    TRY(auto node, inner.parse_whole());
    rest_.remove_prefix(end + 1);
    return node;
  }
  base::Result<NodePtr> parameter() {
    const auto end = rest_.find('}');
    if (end == std::string_view::npos) return unexpected();
    auto name = rest_.substr(2, end - 2);
    if (name.size() >= 2 && (name.front() == '\'' || name.front() == '"')) name = name.substr(1, name.size() - 2);
    TRY(auto value, parameter_value(name, parameters_));
    rest_.remove_prefix(end + 1);
    return constant(std::move(value));
  }
  static NodePtr constant(Value value) { return std::make_unique<Node>(Node{Constant{std::move(value)}}); }

  base::Result<NodePtr> subject() {
    skip_space();
    if (rest_.empty()) return unexpected();
    if (rest_.starts_with("${")) {
      TRY(auto name, nested());
      return std::make_unique<Node>(Node{Attribute{std::move(name)}});
    }
    if (rest_.starts_with("#{")) return parameter();
    if (rest_.front() == '\'' || rest_.front() == '"') {
      TRY(auto name, quoted());
      return std::make_unique<Node>(Node{Attribute{constant(std::move(name))}});
    }
    const auto before = rest_;
    const auto name = word();
    if (name.empty()) return unexpected();
    if (take('(')) return call(name, nullptr);
    if (name.front() >= '0' && name.front() <= '9') {
      rest_ = before;
      return unexpected();
    }
    return std::make_unique<Node>(Node{Attribute{constant(std::string(name))}});
  }

  base::Result<NodePtr> chain(NodePtr node) {
    while (take(':')) {
      const auto name = word();
      if (name.empty() || !take('(')) return unexpected();
      TRY(node, call(name, std::move(node)));
    }
    return node;
  }

  /// Behind the opening parenthesis. `subject` is null for a function that stands alone.
  base::Result<NodePtr> call(std::string_view name, NodePtr subject) {
    TRY(auto arguments, parse_arguments());
    if (subject == nullptr) {
      if (auto several = several_of(name, arguments)) return several;
    } else if (is_several(*subject) && (name == "join" || name == "count")) {
      const bool count = name == "count";
      if (arguments.size() != (count ? 0 : 1)) return wrong_count(name);
      return std::make_unique<Node>(Node{Reduce{count, std::move(subject), count ? nullptr : std::move(arguments[0])}});
    }
    const auto* function = find_function(name);
    if (function == nullptr)
      return invalid(fmt::format("expression function '{}' is not supported, in '{}'", name, whole_));
    if (subject == nullptr && !function->subjectless)
      return invalid(fmt::format("expression function '{}' needs something before it, in '{}'", name, whole_));
    const auto count = static_cast<int>(arguments.size());
    if (count < function->arguments_min || count > function->arguments_max) return wrong_count(name);
    return std::make_unique<Node>(Node{Call{function, std::move(subject), std::move(arguments)}});
  }
  base::Failure<base::Error> wrong_count(std::string_view name) const {
    return invalid(fmt::format("expression function '{}' has a wrong number of arguments, in '{}'", name, whole_));
  }
  static bool is_several(const Node& node) {
    if (std::holds_alternative<Several>(node.node)) return true;
    const auto* inner = std::get_if<Call>(&node.node);
    return inner != nullptr && inner->subject != nullptr && is_several(*inner->subject);
  }
  static NodePtr several_of(std::string_view name, std::vector<NodePtr>& arguments) {
    struct Kind {
      std::string_view name;
      Quantifier quantifier;
      Selection selection;
    };
    for (const auto& kind : std::to_array<Kind>({{"anyAttribute", Quantifier::Any, Selection::Names},
                                                 {"allAttributes", Quantifier::All, Selection::Names},
                                                 {"anyDelineatedValue", Quantifier::Any, Selection::Parts},
                                                 {"allDelineatedValues", Quantifier::All, Selection::Parts}}))
      if (kind.name == name && !arguments.empty())
        return std::make_unique<Node>(Node{Several{kind.quantifier, kind.selection, std::move(arguments)}});
    return nullptr;
  }

  base::Result<std::vector<NodePtr>> parse_arguments() {
    std::vector<NodePtr> arguments;
    if (take(')')) return arguments;
    do {
      TRY(auto argument, parse_argument());
      arguments.push_back(std::move(argument));
    } while (take(','));
    if (!take(')')) return unexpected();
    return arguments;
  }
  base::Result<NodePtr> parse_argument() {
    skip_space();
    if (rest_.empty()) return unexpected();
    if (rest_.starts_with("${")) return nested();
    if (rest_.starts_with("#{")) return parameter();
    if (rest_.front() == '\'' || rest_.front() == '"') {
      TRY(auto text, quoted());
      return constant(std::move(text));
    }
    const auto before = rest_;
    const auto name = word();
    if (name == "true" || name == "false") return constant(name == "true");
    if (name == "null") return constant({});
    if (!name.empty() && take('(')) {
      TRY(auto node, call(name, nullptr));
      return chain(std::move(node));
    }
    const auto number = to_number(std::string(name));
    if (!name.empty() && !is_null(number)) return constant(number);
    rest_ = before;
    return unexpected();
  }

  const std::string_view whole_;
  std::string_view rest_;
  const ParameterLookup& parameters_;
};

}  // namespace

base::Result<std::string> replace_parameters(std::string_view text, const ParameterLookup& parameters) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '#') {
      out += text[i++];
      continue;
    }
    const auto run = std::min(text.find_first_not_of('#', i), text.size()) - i;
    const auto close = i + run < text.size() && text[i + run] == '{' ? text.find('}', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      out.append(run, '#');
      i += run;
      continue;
    }
    // Half of the run is literal; what is left over refers to a parameter.
    out.append(run / 2, '#');
    i += run;
    if (run % 2 == 0) continue;
    auto name = text.substr(i + 1, close - i - 1);
    if (name.size() >= 2 && (name.front() == '\'' || name.front() == '"')) name = name.substr(1, name.size() - 2);
    TRY(const auto value, parameter_value(name, parameters));
    out += value;
    i = close + 1;
  }
  return out;
}

base::Result<std::vector<Piece>> parse(std::string_view text, const ParameterLookup& parameters) {
  std::vector<Piece> pieces;
  std::string literal;
  const auto flush = [&]() -> base::Status {
    if (literal.empty()) return {};
    TRY(auto replaced, replace_parameters(literal, parameters));
    // A parameter may hold expressions; one that refers to parameters again ends here.
    if (replaced != literal && replaced.find("${") != std::string::npos) {
      TRY(auto inner, parse(replaced, {}));
      for (auto& piece : inner) pieces.push_back(std::move(piece));
    } else {
      pieces.push_back({std::move(replaced), nullptr});
    }
    literal.clear();
    return {};
  };
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      literal += text[i++];
      continue;
    }
    const auto run = std::min(text.find_first_not_of('$', i), text.size()) - i;
    const auto end =
        i + run < text.size() && text[i + run] == '{' ? end_of_expression(text, i + run - 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      literal.append(run, '$');
      i += run;
      continue;
    }
    literal.append(run / 2, '$');
    if (run % 2 == 0) {  // escaped: the text of the expression stays
      literal += text.substr(i + run, end + 1 - i - run);
      i = end + 1;
      continue;
    }
    TRY_VOID(flush());
    Parser parser(text.substr(i + run + 1, end - i - run - 1), parameters);
    TRY(auto node, parser.parse_whole());
    pieces.push_back({{}, std::move(node)});
    i = end + 1;
  }
  TRY_VOID(flush());
  return pieces;
}

}  // namespace flow::el
