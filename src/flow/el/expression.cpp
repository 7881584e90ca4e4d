#include "flow/el/expression.h"

#include "base/overloaded.h"
#include "flow/el/tree.h"

namespace flow::el {
namespace {

base::Result<Value> run(const Node& node, const Context& context, const Value* several);

base::Result<std::vector<Value>> run_all(const std::vector<NodePtr>& nodes, const Context& context) {
  std::vector<Value> values;
  for (const auto& node : nodes) {
    TRY(auto value, run(*node, context, nullptr));
    values.push_back(std::move(value));
  }
  return values;
}

Value look_up(const std::string& name, const Context& context) {
  if (context.find)
    if (auto found = context.find(name)) return std::move(*found);
  return {};
}

const Several* several_below(const Node& node) {
  if (const auto* several = std::get_if<Several>(&node.node)) return several;
  const auto* call = std::get_if<Call>(&node.node);
  return call == nullptr || call->subject == nullptr ? nullptr : several_below(*call->subject);
}

base::Result<std::vector<Value>> subjects_of(const Several& several, const Context& context) {
  TRY(auto arguments, run_all(several.arguments, context));
  std::vector<Value> subjects;
  if (several.selection == Selection::Parts) {
    const auto text = to_text(arguments[0]);
    const auto separator = arguments.size() > 1 ? to_text(arguments[1]) : ",";
    for (std::size_t begin = 0; begin <= text.size();) {
      auto end = separator.empty() ? std::string::npos : text.find(separator, begin);
      if (end == std::string::npos) end = text.size();
      subjects.emplace_back(text.substr(begin, end - begin));
      begin = end + std::max<std::size_t>(separator.size(), 1);
    }
    return subjects;
  }
  for (const auto& name : arguments) subjects.push_back(look_up(to_text(name), context));
  return subjects;
}

base::Result<Value> run_each(const Node& node, const Several& several, const Context& context) {
  TRY(const auto subjects, subjects_of(several, context));
  const bool any = several.quantifier == Quantifier::Any;
  for (const auto& subject : subjects) {
    TRY(const auto value, run(node, context, &subject));
    const auto truth = to_boolean(value);
    const bool holds = !is_null(truth) && std::get<bool>(truth);
    if (holds == any) return Value{any};
  }
  return Value{!any};
}

base::Result<Value> run_reduce(const Reduce& reduce, const Context& context) {
  const auto* several = several_below(*reduce.subject);
  TRY(const auto subjects, subjects_of(*several, context));
  std::string separator;
  if (reduce.separator != nullptr) {
    TRY(const auto value, run(*reduce.separator, context, nullptr));
    separator = to_text(value);
  }
  std::string joined;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    TRY(const auto value, run(*reduce.subject, context, &subjects[i]));
    if (i > 0) joined += separator;
    joined += to_text(value);
    if (!is_null(value)) ++count;
  }
  if (reduce.count) return Value{count};
  return Value{joined};
}

base::Result<Value> run(const Node& node, const Context& context, const Value* several) {
  return std::visit(base::Overloaded{
                        [](const Constant& constant) -> base::Result<Value> { return constant.value; },
                        [&](const Attribute& attribute) -> base::Result<Value> {
                          TRY(const auto name, run(*attribute.name, context, nullptr));
                          return look_up(to_text(name), context);
                        },
                        [&](const Call& call) -> base::Result<Value> {
                          Value subject;
                          if (call.subject != nullptr) {
                            TRY(subject, run(*call.subject, context, several));
                          }
                          TRY(const auto arguments, run_all(call.arguments, context));
                          return call.function->run(context, subject, arguments);
                        },
                        [&](const Several&) -> base::Result<Value> { return several == nullptr ? Value{} : *several; },
                        [&](const Reduce& reduce) -> base::Result<Value> { return run_reduce(reduce, context); },
                    },
                    node.node);
}

}  // namespace

const Function* find_function(std::string_view name) {
  for (const auto group : {text_functions(), code_functions(), number_functions(), date_functions(), truth_functions()})
    for (const auto& function : group)
      if (function.name == name) return &function;
  return nullptr;
}

base::Result<Value> evaluate(const Node& node, const Context& context) {
  if (const auto* several = several_below(node)) return run_each(node, *several, context);
  return run(node, context, nullptr);
}

Expression::Expression(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}
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
  for (const auto& piece : pieces_)
    if (piece.expression != nullptr) return false;
  return true;
}

base::Result<std::string> Expression::evaluate(const Context& context) const {
  std::string out;
  for (const auto& piece : pieces_) {
    if (piece.expression == nullptr) {
      out += piece.text;
      continue;
    }
    TRY(const auto value, el::evaluate(*piece.expression, context));
    out += context.decorate ? context.decorate(to_text(value)) : to_text(value);
  }
  return out;
}

}  // namespace flow::el
