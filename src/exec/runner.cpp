#include "exec/runner.h"

namespace exec {

base::Result<std::unique_ptr<engine::StatementSession>> Runner::open_session(const engine::SessionSettings& settings) {
  TRY(auto session, Session::open(services_, settings));
  return std::unique_ptr<engine::StatementSession>(std::move(session));
}

std::vector<std::string> Runner::public_keys(std::string_view user) const {
  const auto record = services_.database.catalog()->find(catalog::ObjectKind::User, {}, std::string(user));
  if (!record) return {};
  std::vector<std::string> keys;
  for (const auto& [name, written] : std::get<catalog::PlainBody>(record->body).properties) {
    if (name != "RSA_PUBLIC_KEY" && name != "RSA_PUBLIC_KEY_2") continue;
    const bool quoted = written.size() >= 2 && written.starts_with('\'') && written.ends_with('\'');
    keys.push_back(quoted ? written.substr(1, written.size() - 2) : written);  // base64 has nothing that is escaped
  }
  return keys;
}

}  // namespace exec
