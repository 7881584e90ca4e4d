// Any bytes: no parser may crash, and what parses must print to a text that parses to the same tree.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sql/parser.h"
#include "sql/printer.h"
#include "sql/script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t end = 0;
  for (const base::SourceSpan& span : sql::split_statements(text)) {
    if (span.offset < end || span.offset + span.length > size) std::abort();
    end = span.offset + span.length;
  }
  (void)sql::parse_script_block(text);
  for (const auto kind : {sql::ScriptTextKind::Expression, sql::ScriptTextKind::Sql})
    (void)sql::with_binds(text, kind, [](std::string_view name) { return name.size() % 2 == 0; });
  const auto script = sql::parse_script(text);
  if (!script) return 0;
  for (const sql::Statement& statement : *script) {
    const std::string printed = sql::print(statement);
    const auto again = sql::parse_statement(std::string_view(printed));
    if (again && again->node == statement.node) continue;
    std::fprintf(stderr, "printed: %s\n%s\n", printed.c_str(), again ? "differs" : again.error().message.c_str());
    std::abort();
  }
  return 0;
}
