#include "flow/el/expression.h"

#include <algorithm>

#include "base/overloaded.h"
#include "flow/el/tree.h"

namespace flow::el {
namespace {

Answer run(const Node& node, const Context& context, const Value* several);

Value look_up(std::string_view name, const Context& context) {
  if (context.first)
    if (auto found = context.first(name)) return std::move(*found);
  if (context.attributes != nullptr)
    if (const auto found = context.attributes->find(name); found != context.attributes->end()) return found->second;
  if (context.find)
    if (auto found = context.find(name)) return std::move(*found);
  return {};
}

Answer cast(char wanted, const Value& value, const Context& context) {
  if (is_null(value)) return Value{};
  switch (wanted) {
    case 't': return Value{to_text(value, context.time_zone)};
    case 'b': return to_boolean(value);
    case 'w': return to_whole(value);
    case 'd': return to_decimal(value);
    case 'n': return to_number(value);
    case 'D': return to_date(value, context.dates, context.time_zone);
    case 'I':
    case 'i': return to_instant(value);
    default: return value;
  }
}

Answer run_call(const Call& call, const Context& context, const Value* several) {
  Value subject;
  if (call.subject != nullptr) {
    TRY(subject, run(*call.subject, context, several));
  }
  std::vector<Value> arguments;
  arguments.reserve(call.arguments.size());
  for (const auto& argument : call.arguments) {
    TRY(auto value, run(*argument, context, nullptr));
    arguments.push_back(std::move(value));
  }
  return call.function->run({context, subject, arguments, call.compiled.get()});
}

base::Result<std::vector<Value>> parts_of(const std::vector<Value>& arguments) {
  const auto* text = std::get_if<std::string>(&arguments[0]);
  const auto* separator = std::get_if<std::string>(&arguments[1]);
  if (text == nullptr || separator == nullptr) return std::vector<Value>{Value{}};
  TRY(const auto pattern, Pattern::compile(*separator));
  TRY(auto parts, pattern.split(*text));
  if (parts.empty()) return std::vector<Value>{Value{}};
  return std::vector<Value>(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
}

base::Result<std::vector<Value>> matching(const std::vector<Value>& patterns, const Context& context) {
  std::vector<Value> subjects;
  for (const auto& text : patterns) {
    TRY(const auto pattern, Pattern::compile(to_text(text)));
    const auto add = [&](std::string_view name) -> base::Status {
      TRY(const bool wanted, pattern.matches(name));
      if (wanted) subjects.push_back(look_up(name, context));
      return {};
    };
    for (const auto name : context.first_names) TRY_VOID(add(name));
    if (context.attributes != nullptr)
      for (const auto& attribute : *context.attributes) TRY_VOID(add(attribute.first));
  }
  if (subjects.empty()) subjects.emplace_back();
  return subjects;
}

/// At least one, which is null when there is none.
base::Result<std::vector<Value>> subjects_of(const ForEach& each, const Context& context) {
  std::vector<Value> arguments;
  for (const auto& argument : each.arguments) {
    TRY(auto value, run(*argument, context, nullptr));
    arguments.push_back(std::move(value));
  }
  switch (each.selection) {
    case Selection::Parts: return parts_of(arguments);
    case Selection::NamePatterns: return matching(arguments, context);
    case Selection::Names: break;
  }
  std::vector<Value> subjects;
  for (const auto& name : arguments) subjects.push_back(look_up(to_text(name), context));
  if (subjects.empty()) subjects.emplace_back();
  return subjects;
}

Answer run_each(const ForEach& each, const Context& context) {
  TRY(const auto subjects, subjects_of(each, context));
  const bool any = each.quantifier == Quantifier::Any;
  std::string separator, joined;
  if (each.separator != nullptr) {
    TRY(const auto value, run(*each.separator, context, nullptr));
    separator = to_text(value);
  }
  std::int64_t count = 0;
  for (const auto& subject : subjects) {
    TRY(const auto value, run(*each.body, context, &subject));
    const auto* truth = std::get_if<bool>(&value);
    switch (each.reducer) {
      case ForEach::Reducer::None:
        // NiFi gives up at a first value that is neither true nor false; the others it skips.
        if (truth == nullptr && &subject == &subjects.front()) return Value{false};
        if (truth != nullptr && *truth == any) return Value{any};
        break;
      case ForEach::Reducer::Join:
        if (&subject != &subjects.front()) joined += separator;
        joined += to_text(value);
        break;
      case ForEach::Reducer::Count:
        if (!is_null(value) && (truth == nullptr || *truth)) ++count;
        break;
    }
  }
  if (each.reducer == ForEach::Reducer::Join) return Value{joined};
  if (each.reducer == ForEach::Reducer::Count) return Value{count};
  return Value{!any};
}

Answer run_joined(const Joined& joined, const Context& context) {
  std::string out;
  for (const auto& part : joined.parts) {
    TRY(const auto value, run(*part, context, nullptr));
    out += to_text(value, context.time_zone);
  }
  return Value{std::move(out)};
}

/// Parameters are out of sight there: they are null.
Answer run_evaluated(const Evaluated& evaluated, const Context& context, const Value* several) {
  TRY(const auto text, run(*evaluated.text, context, several));
  if (is_null(text)) return Value{};
  TRY(const auto inner, Expression::compile(to_text(text), [](std::string_view) { return std::string(); }));
  TRY(auto value, inner.evaluate(context));
  return Value{std::move(value)};
}

Answer run(const Node& node, const Context& context, const Value* several) {
  return std::visit(base::Overloaded{
                        [](const Constant& constant) -> Answer { return constant.value; },
                        [&](const Attribute& attribute) -> Answer {
                          if (const auto* name = std::get_if<Constant>(&attribute.name->node))
                            return look_up(std::get<std::string>(name->value), context);
                          TRY(const auto name, run(*attribute.name, context, nullptr));
                          return is_null(name) ? Value{} : look_up(to_text(name), context);
                        },
                        [&](const Call& call) { return run_call(call, context, several); },
                        [&](const Cast& wanted) -> Answer {
                          TRY(const auto value, run(*wanted.operand, context, several));
                          return cast(wanted.wanted, value, context);
                        },
                        [&](const Joined& joined) { return run_joined(joined, context); },
                        [&](const Evaluated& evaluated) { return run_evaluated(evaluated, context, several); },
                        [&](const Several&) -> Answer { return several == nullptr ? Value{} : *several; },
                        [&](const ForEach& each) { return run_each(each, context); },
                    },
                    node.node);
}

bool any_uses_chance(const std::vector<NodePtr>& nodes) {
  return std::ranges::any_of(nodes, [](const NodePtr& node) { return uses_chance(*node); });
}

/// The value of an attribute where it is kept; null when it must be looked for elsewhere.
const std::string* attribute_of(const Node& node, const Context& context) {
  const auto* attribute = std::get_if<Attribute>(&node.node);
  const auto* name = attribute == nullptr ? nullptr : std::get_if<Constant>(&attribute->name->node);
  if (name == nullptr || context.attributes == nullptr) return nullptr;
  const auto& text = std::get<std::string>(name->value);
  const auto found = context.attributes->find(text);
  if (found == context.attributes->end()) return nullptr;
  return context.first && context.first(text) ? nullptr : &found->second;
}

}  // namespace

Answer evaluate(const Node& node, const Context& context) { return run(node, context, nullptr); }

bool uses_chance(const Node& node) {
  return std::visit(base::Overloaded{
                        [](const Constant&) { return false; },
                        [](const Attribute& attribute) { return uses_chance(*attribute.name); },
                        [](const Call& call) {
                          return call.function->by_chance || any_uses_chance(call.arguments) ||
                                 (call.subject != nullptr && uses_chance(*call.subject));
                        },
                        [](const Cast& cast) { return uses_chance(*cast.operand); },
                        [](const Joined& joined) { return any_uses_chance(joined.parts); },
                        [](const Evaluated&) { return true; },  // nobody knows before
                        [](const Several&) { return false; },
                        [](const ForEach& each) {
                          return any_uses_chance(each.arguments) || uses_chance(*each.body) ||
                                 (each.separator != nullptr && uses_chance(*each.separator));
                        },
                    },
                    node.node);
}

Expression::Expression(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  for (const auto& piece : pieces_)
    if (piece.expression != nullptr && el::uses_chance(*piece.expression)) uses_chance_ = true;
}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

base::Result<Expression> Expression::compile(std::string_view text, const ParameterLookup& parameters) {
  TRY(auto pieces, parse(text, parameters));
  return Expression(std::move(pieces));
}

base::Result<Expression> Expression::literal(std::string_view text, const ParameterLookup& parameters) {
  std::vector<Piece> pieces(1);
  TRY(pieces[0].text, replace_parameters(text, parameters));
  return Expression(std::move(pieces));
}

bool Expression::is_literal() const {
  return std::ranges::all_of(pieces_, [](const Piece& piece) { return piece.expression == nullptr; });
}

base::Result<std::string_view> Expression::view(const Context& context, std::string& buffer) const {
  if (pieces_.empty()) return std::string_view();
  if (pieces_.size() == 1 && !context.decorate) {
    const auto& piece = pieces_.front();
    if (piece.expression == nullptr) return std::string_view(piece.text);
    if (const auto* value = attribute_of(*piece.expression, context)) return std::string_view(*value);
  }
  buffer.clear();
  for (const auto& piece : pieces_) {
    if (piece.expression == nullptr) {
      buffer += piece.text;
      continue;
    }
    if (const auto* attribute = context.decorate ? nullptr : attribute_of(*piece.expression, context)) {
      buffer += *attribute;
      continue;
    }
    TRY(const auto value, el::evaluate(*piece.expression, context));
    if (context.decorate)
      buffer += context.decorate(to_text(value, context.time_zone));
    else if (const auto* text = std::get_if<std::string>(&value))
      buffer += *text;
    else
      buffer += to_text(value, context.time_zone);
  }
  return std::string_view(buffer);
}

base::Result<std::string> Expression::evaluate(const Context& context) const {
  std::string buffer;
  TRY(const auto text, view(context, buffer));
  return text.data() == buffer.data() ? std::move(buffer) : std::string(text);
}

}  // namespace flow::el
