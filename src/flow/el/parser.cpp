#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

constexpr std::string_view kSpace = " \t\r\n";
/// What a bare name cannot hold; nor can it begin with a digit.
constexpr std::string_view kNameEnd = "${}()[],:;/*' \t\r\n";
constexpr int kDepthMax = 200;

struct Kind {
  std::string_view name;
  Quantifier quantifier;
  Selection selection;
};
constexpr auto kKinds = std::to_array<Kind>({
    {"anyAttribute", Quantifier::Any, Selection::Names},
    {"allAttributes", Quantifier::All, Selection::Names},
    {"anyMatchingAttribute", Quantifier::Any, Selection::NamePatterns},
    {"allMatchingAttributes", Quantifier::All, Selection::NamePatterns},
    {"anyDelineatedValue", Quantifier::Any, Selection::Parts},
    {"allDelineatedValues", Quantifier::All, Selection::Parts},
});

/// The end of the expression that begins with "${": the index of its closing brace; npos when it is open.
std::size_t end_of_expression(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\')
      ++i;
    else if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '\'' || c == '"')
      quote = c;
    else if (c == '{')
      ++depth;
    else if (c == '}' && --depth == 0)
      return i;
  }
  return std::string_view::npos;
}

NodePtr make(Node node) { return std::make_unique<Node>(std::move(node)); }
NodePtr constant(Value value, Type type) { return make({Constant{std::move(value)}, type}); }

/// A number as the language writes it, nothing else.
NodePtr number_node(std::string_view word) {
  const auto digits = word.substr(word.starts_with('-') || word.starts_with('+') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos ||
      digits.find_first_of("0123456789") == std::string_view::npos)
    return nullptr;
  const auto from = word.starts_with('+') ? digits : word;
  const char* end = from.data() + from.size();
  if (digits.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t whole = 0;
    return std::from_chars(from.data(), end, whole).ec == std::errc{} ? constant(whole, Type::Whole) : nullptr;
  }
  double decimal = 0;
  const auto [read, error] = std::from_chars(from.data(), end, decimal);
  return error == std::errc{} && read == end ? constant(decimal, Type::Decimal) : nullptr;
}

/// Parses what stands between "${" and "}".
class Parser {
 public:
  Parser(std::string_view text, const ParameterLookup& parameters, int depth)
      : whole_(text), rest_(text), parameters_(parameters), depth_(depth) {}

  base::Result<NodePtr> parse_whole() {
    if (depth_ > kDepthMax) return invalid("too many expressions inside of each other");
    TRY(auto node, subject());
    TRY(node, chain(std::move(node)));
    TRY_VOID(skip_space());
    if (!rest_.empty()) return unexpected();
    return finished(std::move(node));
  }

 private:
  base::Failure<base::Error> unexpected() const {
    return invalid(fmt::format("unexpected '{}' at character {} of the expression '{}'",
                               rest_.empty() ? "end" : std::string(rest_.substr(0, 1)),
                               whole_.size() - rest_.size() + 1, whole_));
  }
  base::Status skip_space() {
    while (!rest_.empty()) {
      if (rest_.front() == '#' && !rest_.starts_with("#{")) {
        const auto end = rest_.find('\n');
        if (end == std::string_view::npos)
          return invalid(fmt::format("a comment without a line end after it in the expression '{}'", whole_));
        rest_.remove_prefix(end + 1);
      } else if (kSpace.find(rest_.front()) != std::string_view::npos) {
        rest_.remove_prefix(1);
      } else {
        break;
      }
    }
    return {};
  }
  base::Result<bool> take(char c) {
    TRY_VOID(skip_space());
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    const auto name = rest_.substr(0, std::min(rest_.find_first_of(kNameEnd), rest_.size()));
    rest_.remove_prefix(name.size());
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
        case '\\':
        case '\'':
        case '"': out += rest_[i]; break;
        default: (out += '\\') += rest_[i]; break;
      }
    }
    return invalid(fmt::format("open quote in the expression '{}'", whole_));
  }
  base::Result<NodePtr> nested() {
    const auto end = end_of_expression(rest_);
    if (end == std::string_view::npos) return unexpected();
    TRY(auto node, Parser(rest_.substr(2, end - 2), parameters_, depth_ + 1).parse_whole());
    rest_.remove_prefix(end + 1);
    return node;
  }
  base::Result<NodePtr> parameter() {
    const auto end = rest_.find('}');
    if (end == std::string_view::npos) return unexpected();
    TRY(auto value, parameter_value(rest_.substr(2, end - 2), parameters_));
    rest_.remove_prefix(end + 1);
    return constant(std::move(value), Type::Text);
  }

  base::Result<NodePtr> subject() {
    TRY_VOID(skip_space());
    if (rest_.empty()) return unexpected();
    if (rest_.starts_with("${")) {
      TRY(auto name, nested());
      return attribute(std::move(name));
    }
    if (rest_.starts_with("#{")) return parameter();
    if (rest_.front() == '\'' || rest_.front() == '"') {
      TRY(auto text, quoted());
      TRY(auto name, parse_quoted(std::move(text), parameters_));
      return attribute(std::move(name));
    }
    if (rest_.front() >= '0' && rest_.front() <= '9') return unexpected();
    const auto name = word();
    if (name.empty()) return unexpected();
    TRY(const bool is_call, take('('));
    if (is_call) return call(name, nullptr);
    return attribute(constant(std::string(name), Type::Text));
  }
  static NodePtr attribute(NodePtr name) { return make({Attribute{std::move(name)}}); }

  base::Result<NodePtr> chain(NodePtr node) {
    for (;;) {
      TRY(const bool more, take(':'));
      if (!more) return node;
      TRY_VOID(skip_space());
      const auto name = word();
      if (name.empty()) return unexpected();
      TRY(const bool is_call, take('('));
      if (!is_call) return unexpected();
      TRY(node, call(name, std::move(node)));
    }
  }

  /// Behind the opening parenthesis. `subject` is null for a function that stands alone.
  base::Result<NodePtr> call(std::string_view name, NodePtr subject) {
    TRY(auto arguments, parse_arguments());
    if (reducer_ != ForEach::Reducer::None)
      return invalid(fmt::format(
          "nothing may follow join() or count(), put the expression into literal(${{...}}), in '{}'", whole_));
    if (subject == nullptr) {
      for (const auto& kind : kKinds)
        if (kind.name == name) return several(kind, std::move(arguments));
    } else if (name == "join" || name == "count") {
      return reduce(name, std::move(subject), std::move(arguments));
    } else if (name == "evaluateELString") {
      if (!arguments.empty()) return wrong_count(name);
      return make({Evaluated{cast(std::move(subject), 't')}});
    }
    const auto* function = find_function(name, subject == nullptr);
    if (function == nullptr) return unknown(name, subject == nullptr);
    return call(*function, std::move(subject), std::move(arguments));
  }
  base::Result<NodePtr> call(const Function& function, NodePtr subject, std::vector<NodePtr> arguments) {
    auto wanted = function.arguments;
    const bool repeats = wanted.ends_with('+');
    if (repeats) wanted.remove_suffix(1);
    if (arguments.size() < function.required || (arguments.size() > wanted.size() && !repeats))
      return wrong_count(function.name);
    Call call{&function, nullptr, {}, nullptr};
    if (subject != nullptr) {
      TRY(call.subject, checked_cast(function, std::move(subject), function.subject));
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      TRY(auto argument, checked_cast(function, std::move(arguments[i]), wanted[std::min(i, wanted.size() - 1)]));
      call.arguments.push_back(std::move(argument));
    }
    if (function.compile != nullptr && !call.arguments.empty())
      if (const auto* first = std::get_if<Constant>(&call.arguments.front()->node))
        if (const auto* text = std::get_if<std::string>(&first->value)) {
          auto compiled = function.compile(*text);
          if (!compiled) return invalid(fmt::format("{}, in '{}'", compiled.error().message, whole_));
          call.compiled = std::make_unique<const Compiled>(std::move(*compiled));
        }
    return make({std::move(call), function.result});
  }
  base::Failure<base::Error> wrong_count(std::string_view name) const {
    return invalid(fmt::format("expression function '{}' has a wrong number of arguments, in '{}'", name, whole_));
  }
  base::Failure<base::Error> unknown(std::string_view name, bool stands_alone) const {
    if (find_function(name, !stands_alone) == nullptr)
      return invalid(fmt::format("expression function '{}' is not supported, in '{}'", name, whole_));
    return invalid(fmt::format("expression function '{}' {}, in '{}'", name,
                               stands_alone ? "needs something before it" : "stands alone", whole_));
  }

  static NodePtr cast(NodePtr node, char wanted) {
    if (std::string_view("*xJ").find(wanted) != std::string_view::npos) return node;
    const auto type = node->type;
    const bool number = type == Type::Whole || type == Type::Decimal || type == Type::Number;
    const bool fits = (wanted == 't' && type == Type::Text) || (wanted == 'b' && type == Type::Boolean) ||
                      (wanted == 'w' && type == Type::Whole) || (wanted == 'd' && type == Type::Decimal) ||
                      (wanted == 'n' && number) || (wanted == 'D' && type == Type::Date) ||
                      ((wanted == 'I' || wanted == 'i') && type == Type::Instant);
    if (fits) return node;
    if (auto* value = std::get_if<Constant>(&node->node); value != nullptr && wanted == 't' && !is_null(value->value))
      return constant(to_text(value->value), Type::Text);
    return make({Cast{wanted, std::move(node)}, Type::Text});
  }
  /// As NiFi's compiler: what can never be cast is refused before anything runs.
  base::Result<NodePtr> checked_cast(const Function& function, NodePtr node, char wanted) const {
    const auto type = node->type;
    const auto refused = [&](std::string_view as) {
      return invalid(fmt::format("expression function '{}' cannot take {} for {}, in '{}'", function.name,
                                 name_of(type), as, whole_));
    };
    switch (wanted) {
      case 'b':
        if (type != Type::Boolean && type != Type::Text) return refused("true or false");
        break;
      case 'w':
      case 'n':
      case 'x':
        if (type == Type::Boolean) return refused("a number");
        break;
      case 'd':
        if (type == Type::Boolean || type == Type::Instant) return refused("a decimal number");
        break;
      case 'D':
        if (type == Type::Boolean) return refused("a date");
        break;
      case 'i':
        if (type != Type::Instant) return refused("an instant");
        break;
      case 'J':
        if (type == Type::Date || type == Type::Instant) return refused("a value of JSON");
        break;
      default: break;
    }
    return cast(std::move(node), wanted);
  }

  base::Result<NodePtr> several(const Kind& kind, std::vector<NodePtr> arguments) {
    const bool right = kind.selection == Selection::Parts ? arguments.size() == 2 : !arguments.empty();
    if (!right) return wrong_count(kind.name);
    for_each_.emplace(ForEach{kind.quantifier, kind.selection, {}, nullptr, ForEach::Reducer::None, nullptr});
    for (auto& argument : arguments) {
      const auto* value = std::get_if<Constant>(&argument->node);
      if (kind.selection == Selection::NamePatterns && value != nullptr)
        if (auto pattern = Pattern::compile(to_text(value->value)); !pattern)
          return invalid(fmt::format("{}, in '{}'", pattern.error().message, whole_));
      for_each_->arguments.push_back(cast(std::move(argument), 't'));
    }
    return make({Several{}});
  }
  base::Result<NodePtr> reduce(std::string_view name, NodePtr subject, std::vector<NodePtr> arguments) {
    const bool count = name == "count";
    if (arguments.size() != (count ? 0 : 1)) return wrong_count(name);
    if (!for_each_)  // of a single value, which is a list of one
      for_each_.emplace(ForEach{Quantifier::All, Selection::Names, {}, nullptr, ForEach::Reducer::None, nullptr});
    else if (for_each_->quantifier == Quantifier::Any)
      return invalid(fmt::format("{}() wants one of the functions that begin with 'all', in '{}'", name, whole_));
    reducer_ = count ? ForEach::Reducer::Count : ForEach::Reducer::Join;
    if (!count) for_each_->separator = cast(std::move(arguments[0]), 't');
    if (!count) subject = cast(std::move(subject), 't');
    return subject;
  }
  /// Puts what several subjects go through into one node.
  base::Result<NodePtr> finished(NodePtr node) {
    if (!for_each_) return node;
    if (reducer_ == ForEach::Reducer::None && node->type != Type::Boolean)
      return invalid(
          fmt::format("several attributes give several values: end with a function that is true or false, join() or "
                      "count(), in '{}'",
                      whole_));
    for_each_->body = std::move(node);
    for_each_->reducer = reducer_;
    const auto type = reducer_ == ForEach::Reducer::None    ? Type::Boolean
                      : reducer_ == ForEach::Reducer::Count ? Type::Whole
                                                            : Type::Text;
    return make({std::move(*for_each_), type});
  }

  base::Result<std::vector<NodePtr>> parse_arguments() {
    std::vector<NodePtr> arguments;
    TRY(const bool empty, take(')'));
    if (empty) return arguments;
    for (;;) {
      TRY(auto argument, parse_argument());
      arguments.push_back(std::move(argument));
      TRY(const bool more, take(','));
      if (more) continue;
      TRY(const bool closed, take(')'));
      if (!closed) return unexpected();
      return arguments;
    }
  }
  base::Result<NodePtr> parse_argument() {
    TRY_VOID(skip_space());
    if (rest_.empty()) return unexpected();
    if (rest_.starts_with("${")) return nested();
    if (rest_.starts_with("#{")) return parameter();
    if (rest_.front() == '\'' || rest_.front() == '"') {
      TRY(auto text, quoted());
      return parse_quoted(std::move(text), parameters_);
    }
    const auto before = rest_;
    const auto name = word();
    if (name == "true" || name == "false") return constant(name == "true", Type::Boolean);
    if (name == "null") return constant({}, Type::Text);
    if (auto number = number_node(name)) return number;
    TRY(const bool is_call, take('('));
    rest_ = before;
    if (name.empty() || !is_call) return unexpected();
    return standing_alone();
  }
  /// now():toNumber() as an argument, without "${" and "}" around it.
  base::Result<NodePtr> standing_alone() {
    Parser inner(rest_, parameters_, depth_ + 1);
    if (inner.depth_ > kDepthMax) return invalid("too many expressions inside of each other");
    TRY(auto node, inner.subject());
    TRY(node, inner.chain(std::move(node)));
    rest_ = inner.rest_;
    return inner.finished(std::move(node));
  }

  const std::string_view whole_;
  std::string_view rest_;
  const ParameterLookup& parameters_;
  const int depth_;
  std::optional<ForEach> for_each_;  // what the chain begins with
  ForEach::Reducer reducer_ = ForEach::Reducer::None;
};

}  // namespace

base::Result<NodePtr> parse_expression(std::string_view text, const ParameterLookup& parameters) {
  return Parser(text, parameters, 0).parse_whole();
}

const Function* find_function(std::string_view name, bool stands_alone) {
  for (const auto group : {text_functions(), truth_functions(), number_functions(), date_functions(), code_functions(),
                           list_functions(), json_functions(), context_functions()})
    for (const auto& function : group)
      if (function.name == name && (function.subject == 0) == stands_alone) return &function;
  return nullptr;
}

}  // namespace flow::el
