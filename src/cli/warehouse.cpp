#include "cli/warehouse.h"

#include "engine/database.h"
#include "exec/bootstrap.h"
#include "exec/loading.h"
#include "exec/runner.h"
#include "exec/services.h"
#include "exec/table_functions.h"
#include "load/load_history.h"

namespace cli {

struct Warehouse::State {
  State(std::unique_ptr<engine::Database> opened, const base::Clock& clock, store::ObjectStore& objects)
      : database(std::move(opened)), loading(*database, objects), services{.database = *database, .clock = clock} {
    services.table_functions = &table_functions;
    services.system_functions = &system_functions;
    services.loading = &loading;
  }

  std::unique_ptr<engine::Database> database;
  exec::Loading loading;
  exec::TableFunctions table_functions;
  exec::SystemFunctionTable system_functions;
  exec::Services services;
  exec::Runner runner{services};
};

Warehouse::Warehouse(std::unique_ptr<State> state) : state_(std::move(state)) {}
Warehouse::~Warehouse() = default;

base::Result<std::unique_ptr<Warehouse>> Warehouse::open(Options options, const base::Clock& clock,
                                                         store::ObjectStore& objects) {
  TRY(auto database, engine::Database::open({.file = std::move(options.file),
                                             .spill_directory = std::move(options.spill_directory),
                                             .threads = options.threads,
                                             .meta_tables = load::load_meta_tables()},
                                            clock));
  TRY_VOID(exec::make_account(*database));
  return std::unique_ptr<Warehouse>(new Warehouse(std::make_unique<State>(std::move(database), clock, objects)));
}

engine::StatementRunner& Warehouse::runner() { return state_->runner; }

}  // namespace cli
