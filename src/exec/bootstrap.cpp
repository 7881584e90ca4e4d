#include "exec/bootstrap.h"

#include <array>

namespace exec {

using catalog::ObjectKind;

base::Status make_account(engine::Database& database) {
  if (!database.catalog()->all().empty()) return {};
  const auto session = database.open_session();
  TRY(auto work, session->begin_work({.query_id = "", .now = database.clock().now()}));
  TRY_VOID(work->start());
  const auto add = [&](ObjectKind kind, std::string name, catalog::Properties properties = {}) {
    return work->put({.id = work->new_object_id(),
                      .kind = kind,
                      .container = {},
                      .name = std::move(name),
                      .owner = "",
                      .comment = {},
                      .created = database.clock().now(),
                      .dropped = std::nullopt,
                      .body = catalog::PlainBody{std::move(properties)}});
  };
  for (const char* role : {"ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC", "ORGADMIN"})
    TRY_VOID(add(ObjectKind::Role, role));
  TRY_VOID(add(ObjectKind::Warehouse, "COMPUTE_WH",
               {{"WAREHOUSE_SIZE", "'X-SMALL'"}, {"AUTO_SUSPEND", "600"}, {"AUTO_RESUME", "TRUE"}}));
  TRY_VOID(add(ObjectKind::User, "FRESHET", {{"DEFAULT_ROLE", "ACCOUNTADMIN"}}));
  return work->commit();
}

}  // namespace exec
