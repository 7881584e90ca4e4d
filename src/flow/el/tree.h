#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "flow/el/expression.h"
#include "flow/el/value.h"

namespace flow::el {

struct Node;
using NodePtr = std::unique_ptr<Node>;

/// A function of the language; `subject` is what stands before the colon.
struct Function {
  std::string_view name;
  int arguments_min;
  int arguments_max;
  base::Result<Value> (*run)(const Context& context, const Value& subject, std::span<const Value> arguments);
  bool subjectless = false;  // may stand alone: now(), literal('x')
};

const Function* find_function(std::string_view name);
std::span<const Function> text_functions();
std::span<const Function> code_functions();
std::span<const Function> number_functions();
std::span<const Function> date_functions();
std::span<const Function> truth_functions();

enum class Quantifier { Any, All };
enum class Selection { Names, NamePatterns, Parts };

struct Constant {
  Value value;
};
struct Attribute {
  NodePtr name;
};
struct Call {
  const Function* function;
  NodePtr subject;
  std::vector<NodePtr> arguments;
};
/// anyAttribute('a', 'b') and its kin: several subjects for the calls behind it.
struct Several {
  Quantifier quantifier;
  Selection selection;
  std::vector<NodePtr> arguments;
};
/// join(', ') and count() over Several.
struct Reduce {
  bool count;
  NodePtr subject;
  NodePtr separator;
};
struct Node {
  std::variant<Constant, Attribute, Call, Several, Reduce> node;
};

/// A property is a row of these: literal text, or an expression.
struct Piece {
  std::string text;
  NodePtr expression;
};

base::Result<Value> evaluate(const Node& node, const Context& context);
base::Result<std::vector<Piece>> parse(std::string_view text, const ParameterLookup& parameters);
base::Result<std::string> replace_parameters(std::string_view text, const ParameterLookup& parameters);

}  // namespace flow::el
