#include "proc/routine_check.h"

#include <cctype>
#include <set>
#include <string>

#include "sql/script.h"

namespace proc {
namespace {

base::Error refused(std::string message) { return {base::ErrorKind::Unsupported, 2, "0A000", std::move(message), {}}; }

/// Whether JavaScript (sloppy mode) can declare that name.
bool declarable(std::string_view name) {
  static const std::set<std::string_view> reserved{
      "break", "case",   "catch", "class",      "const",   "continue", "debugger", "default", "delete",
      "do",    "else",   "enum",  "export",     "extends", "false",    "finally",  "for",     "function",
      "if",    "import", "in",    "instanceof", "new",     "null",     "return",   "super",   "switch",
      "this",  "throw",  "true",  "try",        "typeof",  "var",      "void",     "while",   "with"};
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '$' && (c & 0x80) == 0) return false;
  return !reserved.contains(name);
}

bool javascript_takes(catalog::TypeKind kind) {
  return kind != catalog::TypeKind::Number && kind != catalog::TypeKind::Time;
}

base::Status check_javascript(std::string_view name, const catalog::ProcedureBody& routine) {
  if (!declarable(name)) return base::fail(refused(fmt::format("Invalid UDF function name: '{}'", name)));
  std::string invalid;
  for (const catalog::Argument& argument : routine.arguments)
    if (!declarable(argument.name)) invalid += fmt::format("{}'{}'", invalid.empty() ? "" : ", ", argument.name);
  if (!invalid.empty()) return base::fail(refused("Invalid argument name(s): " + invalid));
  const auto check_type = [](const catalog::LogicalType& type) -> base::Status {
    if (javascript_takes(type.kind)) return {};
    return base::fail(refused(fmt::format("Language JAVASCRIPT does not support type '{}' for argument or return type.",
                                          catalog::to_text(type))));
  };
  for (const catalog::Argument& argument : routine.arguments) TRY_VOID(check_type(argument.type));
  if (routine.returns_table)
    return base::fail(refused(fmt::format("RETURNS TABLE is not supported for LANGUAGE JAVASCRIPT: '{}'", name)));
  return check_type(routine.returns);
}

}  // namespace

base::Status check_routine(std::string_view name, const catalog::ProcedureBody& routine) {
  if (routine.arguments.size() > 500)
    return base::fail(refused(fmt::format("A routine has at most 500 arguments: '{}'", name)));
  if (routine.language == "JAVASCRIPT") return check_javascript(name, routine);
  if (routine.language == "SQL" && !routine.is_function)
    if (auto block = sql::parse_script_block(routine.body); !block && block.error().kind == base::ErrorKind::Syntax)
      return base::fail(std::move(block).error());
  for (const std::string_view language : {"SQL", "PYTHON", "JAVA", "SCALA"})
    if (routine.language == language) return {};
  return base::fail(
      refused(fmt::format("Unsupported language '{}': use SQL, JAVASCRIPT, PYTHON, JAVA or SCALA.", routine.language)));
}

base::Status check_callable(std::string_view name, const catalog::ProcedureBody& routine) {
  if (routine.language == "SQL" || routine.language == "JAVASCRIPT") return {};
  return base::fail(refused(fmt::format(
      "Language {} is stored but does not run here: '{}' cannot be called. Rewrite it in SQL or JAVASCRIPT.",
      routine.language, name)));
}

}  // namespace proc
