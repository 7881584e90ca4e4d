#pragma once

#include <string>
#include <string_view>

#include "cli/output.h"
#include "engine/statement_runner.h"
#include "engine/values/value_text.h"

namespace cli {

/// A result as text for people or programs. Table: aligned, NULL shown, numbers to the right, a single status as its
/// text alone. Csv: header and rows, NULL empty, empty text quoted.
std::string render_result(const engine::ResultSet& result, OutputFormat output, const engine::FormatSettings& settings);

/// {"statement": ..., "columns": [...], "rows": [[...]], "error": null}, one line; `result` is null after an error.
std::string render_json_line(std::string_view statement, const engine::ResultSet* result, const base::Error* error,
                             const engine::FormatSettings& settings);

/// The session's formats; parameters that the engine does not know are left out.
engine::FormatSettings settings_of(const engine::SessionState& state);

}  // namespace cli
