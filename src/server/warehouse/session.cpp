#include "server/warehouse/session.h"

#include <fmt/format.h>

#include "base/random.h"
#include "server/json_text.h"

namespace server::warehouse {

std::string make_token() {
  std::string token;
  for (int word = 0; word < 4; ++word) token += fmt::format("{:016x}", base::entropy());
  return token;
}

std::string make_query_id() {
  const auto high = base::entropy();
  const auto low = base::entropy();
  // Version 4, variant 1 (RFC 4122).
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFF,
                     8 + (low >> 62), (low >> 48) & 0xFFF, low & 0xFFFF'FFFF'FFFF);
}

void append_names(std::string& out, const engine::SessionState& state, std::string_view prefix) {
  const auto add = [&](std::string_view name, const std::optional<std::string>& value, std::string_view end) {
    std::string key = prefix.empty() ? std::string(name) : std::string(prefix) + std::string(name);
    if (prefix.empty()) key[0] = static_cast<char>(key[0] + 32);
    append_json_string(out, key);
    out += ':';
    if (value) {
      append_json_string(out, *value);
    } else {
      out += "null";
    }
    out += end;
  };
  add("DatabaseName", state.database, ",");
  add("SchemaName", state.schema, ",");
  add("WarehouseName", state.warehouse, ",");
  add("RoleName", state.role.empty() ? std::nullopt : std::optional(state.role), "");
}

std::map<std::string, std::string> told_parameters(const Session& session, const engine::SessionState& state) {
  auto parameters = session.client_parameters;
  for (const auto& [name, value] : state.parameters) parameters[name] = value;
  return parameters;
}

std::string fold_identifier(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      out += text[i];
      if (text[i] == '"' && text[i + 1] == '"') ++i;
    }
    return out;
  }
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

}  // namespace server::warehouse
