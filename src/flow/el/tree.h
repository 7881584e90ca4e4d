#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "flow/el/date_format.h"
#include "flow/el/expression.h"
#include "flow/el/pattern.h"
#include "flow/el/value.h"
#include "flow/json_path.h"

namespace flow::el {

struct Node;
using NodePtr = std::unique_ptr<Node>;

/// What replaceByPattern() reads from "pattern:value,pattern:value".
struct Mapping {
  Pattern pattern;
  std::string value;
};
/// What a function makes of an argument that is a constant, once.
using Compiled = std::variant<Pattern, JsonPath, DatePattern, std::vector<Mapping>>;

using Answer = base::Result<Value>;

/// What a function works on: cast to the types that its table row wants, but each may be null.
struct Inputs {
  const Context& context;
  const Value& subject;  // what stands before the colon
  std::span<const Value> arguments;
  const Compiled* compiled;  // of the first argument, when that is a constant
};

/// A function of the language. The types of what it works on are letters: t text, b boolean, w whole number, d decimal,
/// n number, D date, I instant; and uncast: i only
/// an instant, J what JSON has (no date or instant), x all but true and false, * anything.
struct Function {
  std::string_view name;
  Type result;
  char subject;                // 0: it stands alone, as now() does
  std::string_view arguments;  // with a '+' at the end the last may be repeated
  std::size_t required;        // of them
  Answer (*run)(const Inputs& inputs);
  base::Result<Compiled> (*compile)(const std::string& argument) = nullptr;
  bool by_chance = false;
};

/// The argument's compiled form, made now if it was no constant; the holder keeps it then.
template <class T>
base::Result<const T*> compiled_of(const Inputs& inputs, std::optional<Compiled>& holder,
                                   base::Result<Compiled> (*compile)(const std::string&)) {
  if (inputs.compiled != nullptr) return &std::get<T>(*inputs.compiled);
  TRY(holder, compile(to_text(inputs.arguments[0])));
  return &std::get<T>(*holder);
}
base::Result<Compiled> compile_pattern(const std::string& text);
base::Result<Compiled> compile_date_pattern(const std::string& text);

/// The text of what is known to be one; the function's own failure when it is null.
base::Result<std::string_view> required_text(const Inputs& inputs, std::size_t argument);

/// Null when there is none of that name that stands alone, or works on a subject.
const Function* find_function(std::string_view name, bool stands_alone);
std::span<const Function> code_functions();
std::span<const Function> context_functions();
std::span<const Function> date_functions();
std::span<const Function> json_functions();
std::span<const Function> list_functions();
std::span<const Function> number_functions();
std::span<const Function> text_functions();
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
  std::unique_ptr<const Compiled> compiled;
};
struct Cast {
  char wanted;  // as in Function
  NodePtr operand;
};
/// A quoted text with expressions in it.
struct Joined {
  std::vector<NodePtr> parts;
};
/// The value of the text, read as a property; evaluateELString().
struct Evaluated {
  NodePtr text;
};
/// The one subject at a time of the calls that stand behind anyAttribute('a', 'b') and its kin.
struct Several {};
/// A whole chain of calls behind anyAttribute() and its kin, run for each of the subjects.
struct ForEach {
  enum class Reducer { None, Join, Count };
  Quantifier quantifier;
  Selection selection;
  std::vector<NodePtr> arguments;
  NodePtr body;
  Reducer reducer;
  NodePtr separator;
};
struct Node {
  std::variant<Constant, Attribute, Call, Cast, Joined, Evaluated, Several, ForEach> node;
  Type type = Type::Text;
};

/// A property is a row of these: literal text, or an expression.
struct Piece {
  std::string text;
  NodePtr expression;
};

base::Result<Value> evaluate(const Node& node, const Context& context);
bool uses_chance(const Node& node);

/// A property's text. Errors: as Expression::compile().
base::Result<std::vector<Piece>> parse(std::string_view text, const ParameterLookup& parameters);
base::Result<std::string> replace_parameters(std::string_view text, const ParameterLookup& parameters);
/// What stands between "${" and "}".
base::Result<NodePtr> parse_expression(std::string_view text, const ParameterLookup& parameters);
/// A text in quotes, which may hold expressions itself.
base::Result<NodePtr> parse_quoted(std::string text, const ParameterLookup& parameters);
base::Result<std::string> parameter_value(std::string_view name, const ParameterLookup& parameters);

}  // namespace flow::el
