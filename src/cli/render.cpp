#include "cli/render.h"

#include <fmt/format.h>

#include <cmath>

#include "server/json_text.h"

namespace cli {
namespace {

using engine::Value;

/// Semi-structured values stay on one line.
std::string cell_text(const Value& value, const catalog::LogicalType& type, const engine::FormatSettings& settings) {
  if (const auto* json = std::get_if<engine::Json>(&value)) return json->text;
  return engine::to_text(value, type, settings);
}

void append_json_value(std::string& out, const Value& value, const catalog::LogicalType& type,
                       const engine::FormatSettings& settings) {
  if (engine::is_null(value)) {
    out += "null";
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* json = std::get_if<engine::Json>(&value)) {
    out += json->text;
  } else if (const auto* real = std::get_if<double>(&value); real != nullptr && std::isfinite(*real)) {
    out += engine::float_text(*real);
  } else if (std::holds_alternative<engine::Decimal>(value)) {
    out += engine::to_text(value, type, settings);
  } else {
    server::append_json_string(out, engine::to_text(value, type, settings));
  }
}

std::string render_table(const engine::ResultSet& result, const engine::FormatSettings& settings) {
  const auto& columns = result.columns();
  if (columns.size() == 1 && columns[0].name == "status" && result.row_count() == 1)
    return cell_text(result.value(0, 0), columns[0].type, settings) + "\n";
  std::vector<TextTable::Column> heads;
  for (const auto& column : columns) {
    const bool number = column.type.kind == catalog::TypeKind::Number || column.type.kind == catalog::TypeKind::Float;
    heads.push_back({one_line(column.name), number ? Align::Right : Align::Left});
  }
  TextTable table(std::move(heads));
  for (std::uint64_t row = 0; row < result.row_count(); ++row) {
    std::vector<std::string> cells;
    for (std::size_t column = 0; column < columns.size(); ++column)
      cells.push_back(one_line(cell_text(result.value(row, column), columns[column].type, settings)));
    table.add(std::move(cells));
  }
  return table.text();
}

std::string render_csv(const engine::ResultSet& result, const engine::FormatSettings& settings) {
  std::string out;
  const auto& columns = result.columns();
  for (std::size_t column = 0; column < columns.size(); ++column) {
    if (column > 0) out += ',';
    append_csv_cell(out, columns[column].name);
  }
  out += '\n';
  for (std::uint64_t row = 0; row < result.row_count(); ++row) {
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (column > 0) out += ',';
      const auto value = result.value(row, column);
      if (!engine::is_null(value)) append_csv_cell(out, cell_text(value, columns[column].type, settings));
    }
    out += '\n';
  }
  return out;
}

}  // namespace

std::string render_result(const engine::ResultSet& result, OutputFormat output,
                          const engine::FormatSettings& settings) {
  return output == OutputFormat::Csv ? render_csv(result, settings) : render_table(result, settings);
}

std::string render_json_line(std::string_view statement, const engine::ResultSet* result, const base::Error* error,
                             const engine::FormatSettings& settings) {
  std::string out = R"({"statement": )";
  server::append_json_string(out, statement);
  out += R"(, "columns": [)";
  if (result != nullptr) {
    const auto& columns = result->columns();
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (column > 0) out += ", ";
      server::append_json_string(out, columns[column].name);
    }
  }
  out += R"(], "rows": [)";
  if (result != nullptr) {
    for (std::uint64_t row = 0; row < result->row_count(); ++row) {
      out += row > 0 ? ", [" : "[";
      for (std::size_t column = 0; column < result->columns().size(); ++column) {
        if (column > 0) out += ", ";
        append_json_value(out, result->value(row, column), result->columns()[column].type, settings);
      }
      out += ']';
    }
  }
  out += R"(], "error": )";
  if (error != nullptr) {
    out += fmt::format(R"({{"code": "{:06}", "sqlstate": "{}", "message": )", error->number, error->sqlstate);
    server::append_json_string(out, error->message);
    out += "}}\n";
  } else {
    out += "null}\n";
  }
  return out;
}

engine::FormatSettings settings_of(const engine::SessionState& state) {
  engine::Parameters parameters;
  for (const auto& [name, value] : state.parameters)
    if (engine::known_parameters().contains(name) && !value.empty()) (void)parameters.set(name, value);
  return engine::format_settings(parameters);
}

}  // namespace cli
